#include "http/head.h"

#include "util/text.h"

bool head_target_valid(struct span target)
{
	if (target.len == 0 || target.ptr[0] != '/')
		return false;
	for (size_t i = 0; i < target.len; i++)
		if (target.ptr[i] <= ' ' || target.ptr[i] >= 0x7F ||
		    target.ptr[i] == '#')
			return false;
	return true;
}

bool head_token_valid(struct span name)
{
	return text_all_of(name, "-_!#$%&'*+.^`|~");
}

/* A name, an IPv4 address or an IPv6 address in brackets, then perhaps a port. RFC 3986
 * allows rarer characters in names (commas, percent signs …), but no such name
 * resolves. */
static bool head_host_valid(struct span host)
{
	size_t end;
	int64_t port;
	if (host.len > 0 && host.ptr[0] == '[') {
		end = span_find(host, ']');
		if (end == host.len ||
		    !text_all_of((struct span){host.ptr + 1, end - 1}, ":."))
			return false;
		end++;
	} else {
		end = span_find(host, ':');
		if (!text_all_of(span_head(host, end), ".-_"))
			return false;
	}
	struct span rest = span_from(host, end);
	return rest.len == 0 ||
	       (rest.ptr[0] == ':' && span_find(rest, '-') == rest.len &&
		   text_int(span_from(rest, 1), 0, 65535, &port));
}

static bool head_length_valid(struct span value, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] < '0' || value.ptr[i] > '9')
			return false;
		*out = *out * 10 + (uint64_t)(value.ptr[i] - '0');
	}
	return value.len > 0 && value.len <= 18;
}

const char *head_check(const struct request *request, struct framing *framing)
{
	size_t hosts = 0;
	size_t lengths = 0;
	size_t encodings = 0;
	bool chunked = true;
	bool host_fine = true;
	bool length_fine = true;
	framing->expect = EXPECT_NOTHING;
	framing->length = 0;
	for (size_t i = 0; i < request->header_count; i++) {
		struct span name = request->headers[i].name;
		struct span value = request->headers[i].value;
		if (span_ieq(name, SPAN("host"))) {
			hosts++;
			host_fine = head_host_valid(value);
		} else if (span_ieq(name, SPAN("content-length"))) {
			lengths++;
			length_fine = head_length_valid(value, &framing->length);
		} else if (span_ieq(name, SPAN("transfer-encoding"))) {
			encodings++;
			chunked = span_ieq(value, SPAN("chunked"));
		} else if (span_ieq(name, SPAN("expect"))) {
			framing->expect = span_ieq(value, SPAN("100-continue"))
					      ? EXPECT_CONTINUE
					      : EXPECT_UNKNOWN;
		}
	}
	framing->chunked = encodings > 0;
	if (hosts > 1 || !host_fine || (hosts == 0 && framing->minor > 0))
		return "exactly one valid Host header is needed";
	if (lengths > 1 || !length_fine)
		return "Content-Length must be one decimal number, once";
	if (encodings > 1 || !chunked || (encodings > 0 && framing->minor == 0))
		return "the only Transfer-Encoding understood is \"chunked\"";
	if (encodings > 0 && lengths > 0)
		return "Content-Length and Transfer-Encoding exclude each other";
	/* HTTP/1.0 has no expectations (RFC 9110, 10.1.1). */
	if (framing->minor == 0)
		framing->expect = EXPECT_NOTHING;
	return NULL;
}
