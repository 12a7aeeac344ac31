#include "query/holds.h"

#include <string.h>

#include "util/percent.h"
#include "util/text.h"

enum {
	DIGITS_MIN = 7, /* fewer are a short code: any figure may look like it */
	DIGITS_MAX = 15,
	DEPTH = 3,     /* how often a text is decoded */
	SEXTET = 6,    /* bits of a character of Base64 */
	RUN_MAX = 4096 /* characters of Base64 on each side that are decoded */
};

enum found {
	FOUND_NOT,
	FOUND_PERHAPS, /* an escape beside it must be decoded first */
	FOUND
};

/* ---- what is looked for ---- */

static bool holds_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The digits of a phone number; absent when it is none. */
static struct span holds_digits(struct span address)
{
	struct span scheme = span_head(address, span_find(address, ':'));
	struct span rest = address;
	if (scheme.len < address.len && text_all_of(scheme, "") &&
	    !holds_is_digit(scheme.ptr[0]))
		rest = span_from(address, scheme.len + 1);
	if (rest.len > 0 && rest.ptr[0] == '+')
		rest = span_from(rest, 1);
	for (size_t i = 0; i < rest.len; i++)
		if (!holds_is_digit(rest.ptr[i]))
			return (struct span){0};
	return rest.len < DIGITS_MIN || rest.len > DIGITS_MAX ? (struct span){0} : rest;
}

/* The characters of Base64 that depend on the address alone, when it stands `shift` bytes
 * after a multiple of three. */
static void holds_make_base64(struct buf *out, struct span needle, size_t shift)
{
	size_t first = (8 * shift + SEXTET - 1) / SEXTET;
	size_t end = 8 * (shift + needle.len) / SEXTET;
	struct buf bytes = {0};
	buf_add(&bytes, "\0\0", shift);
	buf_put(&bytes, needle);
	struct buf text = {0};
	buf_reserve(&text, 4 * (bytes.len / 3 + 1) + 1);
	text.len = text_base64(text.ptr, bytes.ptr, bytes.len);
	buf_put(out, (struct span){text.ptr + first, end - first});
	buf_free(&bytes);
	buf_free(&text);
}

void holds_init(struct holds *holds, struct span address)
{
	struct span digits = holds_digits(address);
	bool named = span_find(address, ':') < address.len ||
		     span_find(address, '@') < address.len;
	*holds = (struct holds){.how = digits.ptr != NULL ? HOLDS_NUMBER
				       : named            ? HOLDS_NAME
							  : HOLDS_VALUE};
	buf_put(&holds->needle, digits.ptr != NULL ? digits : address);
	for (size_t i = 0; i < HOLDS_SHIFTS && holds->how != HOLDS_VALUE; i++)
		holds_make_base64(&holds->base64[i], buf_span(&holds->needle), i);
}

void holds_clear(struct holds *holds)
{
	buf_free(&holds->needle);
	for (size_t i = 0; i < HOLDS_SHIFTS; i++)
		buf_free(&holds->base64[i]);
	buf_free(&holds->decoded[0]);
	buf_free(&holds->decoded[1]);
}

/* ---- decoding ---- */

/* The value of `count` hexadecimal digits, or -1. */
static int holds_hex(struct span text, size_t count)
{
	int value = 0;
	if (text.len < count)
		return -1;
	for (size_t i = 0; i < count; i++) {
		int digit = percent_digit(text.ptr[i]);
		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static void holds_put_code(struct buf *out, unsigned code)
{
	if (code < 0x80) {
		buf_putc(out, (char)code);
	} else if (code < 0x800) {
		buf_putc(out, (char)(0xc0 | code >> 6));
		buf_putc(out, (char)(0x80 | (code & 0x3f)));
	} else {
		buf_putc(out, (char)(0xe0 | code >> 12));
		buf_putc(out, (char)(0x80 | (code >> 6 & 0x3f)));
		buf_putc(out, (char)(0x80 | (code & 0x3f)));
	}
}

/* Writes what the escape at the start of the text stands for; returns its length, 0 when
 * there is none. */
static size_t holds_unescape_one(struct buf *out, struct span text)
{
	static const struct {
		const char *entity, *is;
	} entities[] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""},
	    {"&apos;", "'"}};

	int code = percent_byte(text);
	if (code >= 0) {
		buf_putc(out, (char)code);
		return 3;
	}
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
		struct span entity = span_of(entities[i].entity);
		if (!span_starts(text, entity))
			continue;
		buf_puts(out, entities[i].is);
		return entity.len;
	}
	if (text.len < 2 || text.ptr[0] != '\\')
		return 0;
	code = text.ptr[1] == 'u' ? holds_hex(span_from(text, 2), 4) : -1;
	if (code >= 0) {
		holds_put_code(out, (unsigned)code);
		return 6;
	}
	if (strchr("bfnrt", text.ptr[1]) != NULL)
		buf_putc(out, '\n');
	else
		buf_putc(out, text.ptr[1]);
	return 2;
}

/* Decodes once; false when there was nothing to decode. */
static bool holds_unescape(struct buf *out, struct span text)
{
	bool any = false;
	buf_clear(out);
	buf_reserve(out, text.len);
	while (text.len > 0) {
		size_t plain = 0, len = 0;
		while (plain < text.len && text.ptr[plain] != '%' &&
		       text.ptr[plain] != '\\' && text.ptr[plain] != '&')
			plain++;
		buf_put(out, span_head(text, plain));
		text = span_from(text, plain);
		if (text.len > 0)
			len = holds_unescape_one(out, text);
		any = any || len > 0;
		if (text.len > 0 && len == 0)
			buf_putc(out, text.ptr[len++]);
		text = span_from(text, len);
	}
	return any;
}

/* ---- what stands beside it ---- */

/* Whether the character before `at` may be the end of an escape. */
static bool holds_ends_escape(struct span text, size_t at)
{
	return (at >= 3 && percent_byte(span_from(text, at - 3)) >= 0) ||
	       (at >= 6 && text.ptr[at - 6] == '\\' && text.ptr[at - 5] == 'u') ||
	       (at >= 2 && text.ptr[at - 2] == '\\');
}

static bool holds_begins_escape(struct span text, size_t at)
{
	return at < text.len &&
	       (text.ptr[at] == '%' || text.ptr[at] == '\\' || text.ptr[at] == '&');
}

static bool holds_in_word(char c)
{
	return holds_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || (unsigned char)c >= 0x80;
}

/* Whether the name goes on at `at`, in that direction. "." ends one, ".com" does not. */
static bool holds_name_goes_on(struct span text, size_t at, int step)
{
	size_t beyond = at + (size_t)step;
	if (at >= text.len)
		return false;
	if (holds_in_word(text.ptr[at]))
		return true;
	return strchr(".-@", text.ptr[at]) != NULL && text.ptr[at] != '\0' &&
	       beyond < text.len && holds_in_word(text.ptr[beyond]);
}

/* Whether something longer goes on at `at`, the place before (step -1; before the start
 * it is SIZE_MAX) or after (1) what was found. */
static bool holds_goes_on(
    const struct holds *holds, struct span text, size_t at, int step)
{
	switch (holds->how) {
	case HOLDS_NUMBER:
		return at < text.len && holds_is_digit(text.ptr[at]);
	case HOLDS_NAME:
		return holds_name_goes_on(text, at, step);
	case HOLDS_VALUE:
		break;
	}
	return at < text.len &&
	       (text.ptr[at] == '\0' || strchr("\"/&=?#", text.ptr[at]) == NULL);
}

static enum found holds_judge(
    const struct holds *holds, struct span text, size_t at, bool last)
{
	size_t end = at + holds->needle.len;
	bool before = holds_goes_on(holds, text, at - 1, -1);
	bool after = holds_goes_on(holds, text, end, 1);
	if (!last &&
	    ((before && holds_ends_escape(text, at)) || holds_begins_escape(text, end)))
		return FOUND_PERHAPS;
	return before || after ? FOUND_NOT : FOUND;
}

/* ---- the search ---- */

static const char *holds_next(struct span text, size_t from, struct span needle)
{
	return text.len - from < needle.len
		   ? NULL
		   : memmem(text.ptr + from, text.len - from, needle.ptr, needle.len);
}

static enum found holds_search(const struct holds *holds, struct span text, bool last)
{
	struct span needle = buf_span(&holds->needle);
	enum found best = FOUND_NOT;
	size_t from = 0;
	const char *at;
	while (best != FOUND && (at = holds_next(text, from, needle)) != NULL) {
		size_t place = (size_t)(at - text.ptr);
		enum found found = holds_judge(holds, text, place, last);
		best = found > best ? found : best;
		from = place + 1;
	}
	return best;
}

static int holds_sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (holds_is_digit(c))
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

static void holds_decode_base64(struct buf *out, struct span text)
{
	unsigned bits = 0;
	buf_clear(out);
	for (size_t i = 0; i < text.len; i++) {
		bits = bits << SEXTET | (unsigned)holds_sextet(text.ptr[i]);
		if (i % 4 != 0)
			buf_putc(out, (char)(bits >> (SEXTET - 2 * (i % 4))));
	}
}

/* A run of characters of Base64 may begin before the first of them was meant so: after a
 * path's slash. */
static bool holds_run(struct span run, const struct holds *holds)
{
	struct buf bytes = {0}, decoded = {0};
	bool found = false;
	for (size_t skip = 0; skip < 4 && skip < run.len && !found; skip++) {
		holds_decode_base64(&bytes, span_from(run, skip));
		found = holds_search(holds, buf_span(&bytes), false) == FOUND;
		if (!found && holds_unescape(&decoded, buf_span(&bytes)))
			found = holds_search(holds, buf_span(&decoded), true) == FOUND;
		else if (!found)
			found = holds_search(holds, buf_span(&bytes), true) == FOUND;
	}
	buf_free(&bytes);
	buf_free(&decoded);
	return found;
}

static enum found holds_search_base64(const struct holds *holds, struct span text)
{
	enum found best = FOUND_NOT;
	for (size_t i = 0; i < HOLDS_SHIFTS && best != FOUND; i++) {
		struct span needle = buf_span(&holds->base64[i]);
		size_t from = 0;
		const char *at;
		while (needle.len > 0 && best != FOUND &&
		       (at = holds_next(text, from, needle)) != NULL) {
			size_t start = (size_t)(at - text.ptr),
			       end = start + needle.len;
			from = end;
			while (start > 0 && from - start < RUN_MAX &&
			       holds_sextet(text.ptr[start - 1]) >= 0)
				start--;
			while (end < text.len && end - from < RUN_MAX &&
			       holds_sextet(text.ptr[end]) >= 0)
				end++;
			best = holds_run(
				   (struct span){text.ptr + start, end - start}, holds)
				   ? FOUND
				   : FOUND_PERHAPS;
		}
	}
	return best;
}

/* Whether a character of the address may be in the text as an escape. */
static bool holds_may_be_escaped(const struct holds *holds, struct span text)
{
	if (holds->how == HOLDS_NUMBER)
		return holds_next(text, 0, SPAN("%3")) != NULL ||
		       holds_next(text, 0, SPAN("u003")) != NULL;
	return span_find(text, '%') < text.len || span_find(text, '\\') < text.len ||
	       span_find(text, '&') < text.len;
}

bool holds_text(struct holds *holds, struct span text)
{
	for (int depth = 0; text.len > 0; depth++) {
		enum found found = holds_search(holds, text, depth == DEPTH);
		if (found != FOUND) {
			enum found coded = holds_search_base64(holds, text);
			found = coded > found ? coded : found;
		}
		if (found == FOUND || depth == DEPTH ||
		    (found == FOUND_NOT && !holds_may_be_escaped(holds, text)))
			return found == FOUND;
		struct buf *decoded = &holds->decoded[depth % 2];
		if (!holds_unescape(decoded, text))
			return holds_search(holds, text, true) == FOUND;
		text = buf_span(decoded);
	}
	return false;
}
