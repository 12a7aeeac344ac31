#include "util/utf8.h"

#include "util/word.h"

static bool utf8_is_tail(unsigned char byte)
{
	return (byte & 0xC0U) == 0x80U;
}

size_t utf8_next(struct span bytes, uint32_t *code)
{
	const unsigned char *p = (const unsigned char *)bytes.ptr;
	if (p[0] < 0x80) {
		*code = p[0];
		return 1;
	}
	if (p[0] >= 0xC2 && p[0] < 0xE0 && bytes.len >= 2 && utf8_is_tail(p[1])) {
		*code = (uint32_t)(p[0] & 0x1FU) << 6 | (p[1] & 0x3FU);
		return 2;
	}
	if (p[0] >= 0xE0 && p[0] < 0xF0 && bytes.len >= 3 && utf8_is_tail(p[1]) &&
	    utf8_is_tail(p[2])) {
		*code = (uint32_t)(p[0] & 0x0FU) << 12 | (uint32_t)(p[1] & 0x3FU) << 6 |
			(p[2] & 0x3FU);
		bool surrogate = *code >= 0xD800 && *code <= 0xDFFF;
		return *code < 0x800 || surrogate ? 0 : 3;
	}
	if (p[0] >= 0xF0 && p[0] < 0xF5 && bytes.len >= 4 && utf8_is_tail(p[1]) &&
	    utf8_is_tail(p[2]) && utf8_is_tail(p[3])) {
		*code = (uint32_t)(p[0] & 0x07U) << 18 |
			(uint32_t)(p[1] & 0x3FU) << 12 | (uint32_t)(p[2] & 0x3FU) << 6 |
			(p[3] & 0x3FU);
		return *code < 0x10000 || *code > 0x10FFFF ? 0 : 4;
	}
	return 0;
}

/* How many leading bytes are ASCII. */
static size_t utf8_ascii_len(struct span bytes)
{
	size_t at = 0;
	while (bytes.len - at >= sizeof(uint64_t) &&
	       word_beyond_ascii(word_load(bytes.ptr + at)) == 0)
		at += sizeof(uint64_t);
	while (at < bytes.len && (unsigned char)bytes.ptr[at] < 0x80)
		at++;
	return at;
}

/* How many leading bytes are valid. */
static size_t utf8_valid_len(struct span bytes)
{
	size_t at = 0;
	uint32_t code;
	while (at < bytes.len) {
		at += utf8_ascii_len(span_from(bytes, at));
		if (at == bytes.len)
			break;
		size_t len = utf8_next(span_from(bytes, at), &code);
		if (len == 0)
			break;
		at += len;
	}
	return at;
}

bool utf8_valid(struct span bytes)
{
	return utf8_valid_len(bytes) == bytes.len;
}

struct span utf8_repair(struct span bytes, struct arena *arena)
{
	if (utf8_valid(bytes))
		return bytes;
	char *out = arena_alloc(arena, bytes.len * 3 + 1);
	size_t len = 0;
	while (bytes.len > 0) {
		size_t good = utf8_valid_len(bytes);
		memcpy(out + len, bytes.ptr, good);
		len += good;
		bytes = span_from(bytes, good);
		if (bytes.len > 0) {
			memcpy(out + len, "\xEF\xBF\xBD", 3);
			len += 3;
			bytes = span_from(bytes, 1);
		}
	}
	out[len] = '\0';
	return (struct span){out, len};
}

size_t utf8_count(struct span bytes)
{
	size_t count = 0;
	uint32_t code;
	for (size_t at = 0; at < bytes.len; count++) {
		size_t len = utf8_next(span_from(bytes, at), &code);
		at += len == 0 ? 1 : len;
	}
	return count;
}

struct span utf8_cut(struct span bytes, size_t count)
{
	size_t at = 0;
	uint32_t code;
	while (at < bytes.len && count-- > 0) {
		size_t len = utf8_next(span_from(bytes, at), &code);
		at += len == 0 ? 1 : len;
	}
	return span_head(bytes, at);
}
