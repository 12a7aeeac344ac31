#include "util/jsonw.h"

#include "util/clock.h"
#include "util/utf8.h"
#include "util/word.h"

/* Not 0 when one of the bytes cannot be written as it is: controls, the quote, the
 * backslash, DEL, and all beyond ASCII. */
static uint64_t jsonw_odd_bytes(uint64_t word)
{
	uint64_t odd = word_below(word, 0x20) | word_is(word, '"') |
		       word_is(word, '\\') | word | (word + WORD_ONES);
	return odd & WORD_TOPS;
}

/* Copies bytes that can be written as they are, and says how many; at most as many as
 * the text has are written. */
static size_t jsonw_copy_plain(char *out, struct span text)
{
	const char *in = text.ptr;
	size_t at = 0;
	uint64_t word;
	uint32_t first, last;
	if (text.len >= sizeof(word)) {
		size_t end = text.len - sizeof(word);
		for (; at < end; at += sizeof(word)) {
			word = word_load(in + at);
			if (jsonw_odd_bytes(word) != 0)
				break;
			word_store(out + at, word);
		}
		word = word_load(in + end);
		if (at >= end && jsonw_odd_bytes(word) == 0) {
			word_store(out + end, word);
			return text.len;
		}
	} else if (text.len >= sizeof(first)) {
		size_t end = text.len - sizeof(last);
		memcpy(&first, in, sizeof(first));
		memcpy(&last, in + end, sizeof(last));
		if (jsonw_odd_bytes((uint64_t)first << 32 | last) == 0) {
			memcpy(out, &first, sizeof(first));
			memcpy(out + end, &last, sizeof(last));
			return text.len;
		}
	}
	for (; at < text.len && jsonw_is_plain((unsigned char)in[at]); at++)
		out[at] = in[at];
	return at;
}

size_t jsonw_plain_len(struct span text)
{
	size_t at = 0;
	while (text.len - at >= sizeof(uint64_t) &&
	       jsonw_odd_bytes(word_load(text.ptr + at)) == 0)
		at += sizeof(uint64_t);
	while (at < text.len && jsonw_is_plain((unsigned char)text.ptr[at]))
		at++;
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

/* What follows the plain bytes that a string begins with. */
static void jsonw_rest(struct buf *out, struct span text)
{
	while (text.len > 0) {
		uint32_t code;
		size_t len = utf8_next(text, &code);
		if (len == 0)
			buf_add(out, "\xEF\xBF\xBD", 3);
		else if (len > 1)
			buf_add(out, text.ptr, len);
		else
			jsonw_escape(out, (unsigned char)text.ptr[0]);
		text = span_from(text, len == 0 ? 1 : len);
		size_t plain = jsonw_plain_len(text);
		buf_add(out, text.ptr, plain);
		text = span_from(text, plain);
	}
}

void jsonw_string(struct buf *out, struct span text)
{
	if (text.ptr == NULL) {
		buf_add(out, "null", 4);
		return;
	}
	buf_reserve(out, text.len + 2);
	char *at = out->ptr + out->len;
	*at++ = '"';
	size_t plain = jsonw_copy_plain(at, text);
	out->len += 1 + plain;
	if (plain < text.len)
		jsonw_rest(out, span_from(text, plain));
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
