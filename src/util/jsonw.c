#include "util/jsonw.h"

#include "util/clock.h"
#include "util/utf8.h"

/* Looks at 8 bytes at once. The result has the top bit of each byte set that cannot be
 * written as it is: controls, the quote, the backslash, DEL, and all beyond ASCII. Only
 * the lowest such byte is exact; bytes above it may be marked wrongly. */
static uint64_t jsonw_odd_bytes(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101U;
	uint64_t quote = word ^ (ones * '"');
	uint64_t slash = word ^ (ones * '\\');
	uint64_t below = (word - ones * 0x20) | (quote - ones) | (slash - ones);
	return (below | (word + ones) | word) & (ones * 0x80);
}

size_t jsonw_plain_len(struct span text)
{
	size_t at = 0;
	uint64_t word;
	while (text.len - at >= sizeof(word)) {
		memcpy(&word, text.ptr + at, sizeof(word));
		if (jsonw_odd_bytes(word) != 0)
			break;
		at += sizeof(word);
	}
	/* The rest once more with the bytes before it. */
	if (text.len >= sizeof(word) && text.len - at < sizeof(word)) {
		memcpy(&word, text.ptr + text.len - sizeof(word), sizeof(word));
		if (jsonw_odd_bytes(word) == 0)
			return text.len;
	}
	while (at < text.len) {
		unsigned char c = (unsigned char)text.ptr[at];
		if (c < 0x20 || c == '"' || c == '\\' || c >= 0x7F)
			break;
		at++;
	}
	return at;
}

const char *jsonw_short_escape(unsigned char c)
{
	static const char *const shorts[] = {['\b'] = "\\b",
	    ['\t'] = "\\t",
	    ['\n'] = "\\n",
	    ['\f'] = "\\f",
	    ['\r'] = "\\r",
	    ['"'] = "\\\"",
	    ['\\'] = "\\\\"};
	return c < sizeof(shorts) / sizeof(shorts[0]) ? shorts[c] : NULL;
}

static void jsonw_escape(struct buf *out, unsigned char c)
{
	const char *brief = jsonw_short_escape(c);
	if (brief != NULL)
		buf_add(out, brief, 2);
	else
		buf_printf(out, "\\u%04x", c);
}

void jsonw_string(struct buf *out, struct span text)
{
	if (text.ptr == NULL) {
		buf_add(out, "null", 4);
		return;
	}
	buf_reserve(out, text.len + 2);
	buf_putc(out, '"');
	for (;;) {
		size_t plain = jsonw_plain_len(text);
		buf_add(out, text.ptr, plain);
		text = span_from(text, plain);
		if (text.len == 0)
			break;
		uint32_t code;
		size_t len = utf8_next(text, &code);
		if (len == 0)
			buf_add(out, "\xEF\xBF\xBD", 3);
		else if (len > 1)
			buf_add(out, text.ptr, len);
		else
			jsonw_escape(out, (unsigned char)text.ptr[0]);
		text = span_from(text, len == 0 ? 1 : len);
	}
	buf_putc(out, '"');
}

void jsonw_comma(struct buf *out)
{
	if (out->len == 0)
		return;
	char last = out->ptr[out->len - 1];
	if (last != '{' && last != '[')
		buf_putc(out, ',');
}

void jsonw_key(struct buf *out, struct span name)
{
	jsonw_comma(out);
	jsonw_string(out, name);
	buf_putc(out, ':');
}

void jsonw_field(struct buf *out, const char *name, struct span text)
{
	jsonw_key(out, span_of(name));
	jsonw_string(out, text);
}

void jsonw_int(struct buf *out, int64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	do
		digits[--at] = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (value < 0)
		digits[--at] = '-';
	buf_add(out, digits + at, sizeof(digits) - at);
}

void jsonw_field_int(struct buf *out, const char *name, int64_t value)
{
	jsonw_key(out, span_of(name));
	jsonw_int(out, value);
}

void jsonw_field_null(struct buf *out, const char *name)
{
	jsonw_key(out, span_of(name));
	buf_add(out, "null", 4);
}

void jsonw_field_time(struct buf *out, const char *name, int64_t wall_ms)
{
	char iso[CLOCK_ISO_SIZE];
	clock_iso(iso, wall_ms);
	jsonw_field(out, name, (struct span){iso, CLOCK_ISO_SIZE - 1});
}
