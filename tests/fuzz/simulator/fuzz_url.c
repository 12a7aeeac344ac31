/* The URL that `send` signs: its parts are the text, but for user and fragment. The input is
 * the URL. */
#include "fuzz/fuzz.h"
#include "simulator/url.h"
#include "twilio/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	struct signed_request request = {0};
	struct error err = {""};
	struct url url;
	if (url_split(&url, text, &err) < 0) {
		must(err.text[0] != '\0');
		return 0;
	}
	const char *end = url.target.ptr + url.target.len;
	must(url.host.len > 0 && span_find(url.host, '@') == url.host.len);
	must(url.host.ptr + url.host.len == url.target.ptr);
	must(end == text.ptr + text.len || *end == '#');
	must(url.target.len == 0 || strchr("/?", url.target.ptr[0]) != NULL);
	/* What checks signatures cuts it in the same way. */
	if (url.host.ptr == text.ptr + url.scheme.len + 3) {
		must(signature_split_url(&request, text));
		must(span_eq(request.host, url.host) &&
		     span_eq(request.target, url.target));
	}
	return 0;
}
