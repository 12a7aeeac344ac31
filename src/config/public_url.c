#include "config/public_url.h"

#include <ctype.h>

#include "util/text.h"

/* "name", "name:port", "[v6]" or "[v6]:port". */
static int check_host(struct span host, struct error *err)
{
	size_t end = 0;
	int64_t port;
	if (host.len > 0 && host.ptr[0] == '[') {
		end = span_find(host, ']');
		if (end == host.len)
			return error_set(err, "the host's [ has no ]");
		end++;
	} else {
		for (; end < host.len; end++) {
			char c = host.ptr[end];
			if (!isalnum((unsigned char)c) && c != '.' && c != '-' &&
			    c != '_')
				break;
		}
	}
	if (end == 0)
		return error_set(err, "it names no host");
	if (end == host.len)
		return 0;
	if (host.ptr[end] != ':')
		return error_set(
		    err, "its host \"%.*s\" is not a host name", SPAN_ARG(host));
	if (!text_int(span_from(host, end + 1), 1, 65535, &port))
		return error_set(err, "its port is not a number from 1 to 65535");
	return 0;
}

int public_url_parse(
    struct public_url *out, struct span text, struct arena *arena, struct error *err)
{
	struct public_url url = {0};
	bool https = span_istarts(text, SPAN("https://"));
	url.scheme = https ? SPAN("https") : SPAN("http");
	if ((!https && !span_istarts(text, SPAN("http://"))) ||
	    text.len == url.scheme.len + strlen("://"))
		return error_set(err,
		    "a public URL begins with https:// or http:// and a host, as in "
		    "https://example.com");
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f)
			return error_set(
			    err, "a URL has no blanks or control characters");
	}
	struct span rest = span_from(text, url.scheme.len + 3);
	size_t fragment = span_find(rest, '#');
	url.had_fragment = fragment < rest.len;
	rest = span_head(rest, fragment);
	if (span_find(rest, '?') < rest.len)
		return error_set(err,
		    "a public URL has no query (\"?…\"): Twilio's own "
		    "requests bring theirs");
	size_t slash = span_find(rest, '/');
	struct span host = span_head(rest, slash);
	struct span prefix = span_from(rest, slash);
	size_t at = span_find(host, '@');
	url.had_userinfo = at < host.len;
	if (url.had_userinfo)
		host = span_from(host, at + 1);
	while (prefix.len > 0 && prefix.ptr[prefix.len - 1] == '/')
		prefix.len--;
	if (check_host(host, err) != 0)
		return -1;
	url.has_underscore = span_find(host, '_') < host.len;
	url.host = arena_copy(arena, host);
	url.prefix = arena_copy(arena, prefix);
	*out = url;
	return 0;
}
