#include "simulator/url.h"

int url_split(struct url *out, struct span text, struct error *err)
{
	bool https = span_istarts(text, SPAN("https://"));
	if (!https && !span_istarts(text, SPAN("http://")))
		return error_set(err,
		    "--url: \"%.*s\" does not begin with http:// or https://",
		    SPAN_ARG(text));
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.ptr[i] <= ' ')
			return error_set(err, "--url: a URL has no blanks");
	}
	out->scheme = https ? SPAN("https") : SPAN("http");
	struct span rest = span_from(text, out->scheme.len + 3);
	rest = span_head(rest, span_find(rest, '#'));
	size_t end = 0;
	while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?')
		end++;
	out->host = span_head(rest, end);
	out->target = span_from(rest, end);
	size_t at = span_find(out->host, '@');
	if (at < out->host.len)
		out->host = span_from(out->host, at + 1);
	return out->host.len > 0 ? 0 : error_set(err, "--url: it names no host");
}
