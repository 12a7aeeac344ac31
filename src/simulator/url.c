#include "simulator/url.h"

int url_split(struct url *out, struct span text, struct error *err)
{
	static const char *const schemes[] = {"https", "http", "wss", "ws"};

	enum { SCHEMES = sizeof(schemes) / sizeof(schemes[0]) };

	size_t n = 0;
	struct span scheme = span_head(text, span_find(text, ':'));
	while (n < SCHEMES && !span_ieq(scheme, span_of(schemes[n])))
		n++;
	if (n == SCHEMES || !span_starts(span_from(text, scheme.len), SPAN("://")))
		return error_set(err,
		    "--url: \"%.*s\" does not begin with http://, https:// or wss://, "
		    "nor is it a path such as /twilio/sms",
		    SPAN_ARG(text));
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.ptr[i] <= ' ')
			return error_set(err, "--url: a URL has no blanks");
	}
	out->scheme = span_of(schemes[n]);
	struct span rest = span_from(text, out->scheme.len + 3);
	rest = span_head(rest, span_find(rest, '#'));
	size_t end = 0;
	while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?')
		end++;
	out->host = span_head(rest, end);
	out->target = span_from(rest, end);
	/* A password may have one, too. */
	const char *at = memrchr(out->host.ptr, '@', out->host.len);
	if (at != NULL)
		out->host = span_from(out->host, (size_t)(at - out->host.ptr) + 1);
	return out->host.len > 0 ? 0 : error_set(err, "--url: it names no host");
}
