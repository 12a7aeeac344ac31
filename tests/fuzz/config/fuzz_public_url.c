/* A public URL that is taken has a host and no end slash, and is the same when it is put
 * together and read again. The input is the URL. */
#include "config/public_url.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	struct arena *arena = arena_new();
	struct public_url url, again;
	struct error err = {""};
	if (public_url_parse(&url, text, arena, &err) < 0) {
		must(err.text[0] != '\0');
	} else {
		struct span whole = span_of(arena_printf(arena, "%.*s://%.*s%.*s",
		    SPAN_ARG(url.scheme), SPAN_ARG(url.host), SPAN_ARG(url.prefix)));
		must(url.host.len > 0 &&
		     memchr(url.host.ptr, '@', url.host.len) == NULL);
		must(url.prefix.len == 0 ||
		     (url.prefix.ptr[0] == '/' &&
			 url.prefix.ptr[url.prefix.len - 1] != '/'));
		must(public_url_parse(&again, whole, arena, &err) == 0);
		must(span_eq(url.scheme, again.scheme) &&
		     span_eq(url.host, again.host) &&
		     span_eq(url.prefix, again.prefix));
		must(!again.had_userinfo && !again.had_fragment);
	}
	arena_free(arena);
	return 0;
}
