#include "util/jsoncheck.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "util/utf8.h"

enum { NUMBER_MAX = 400, SURELY_64_BITS = 19 /* characters */ };

/* A text and where it is being read; past the end there are NULs, which fit nowhere. */
struct reader {
	struct span rest;
};

static char peek(const struct reader *reader)
{
	if (reader->rest.len == 0)
		return '\0';
	return reader->rest.ptr[0];
}

static void skip(struct reader *reader, size_t count)
{
	reader->rest = span_from(reader->rest, count);
}

static bool take(struct reader *reader, char c)
{
	if (reader->rest.len == 0 || reader->rest.ptr[0] != c)
		return false;
	skip(reader, 1);
	return true;
}

static void skip_blanks(struct reader *reader)
{
	while (peek(reader) == ' ' || peek(reader) == '\t' || peek(reader) == '\n' ||
	       peek(reader) == '\r')
		skip(reader, 1);
}

static bool take_word(struct reader *reader, struct span word)
{
	if (!span_starts(reader->rest, word))
		return false;
	skip(reader, word.len);
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool take_digits(struct reader *reader)
{
	size_t count = 0;
	while (count < reader->rest.len && is_digit(reader->rest.ptr[count]))
		count++;
	skip(reader, count);
	return count > 0;
}

/* Not beyond what a double or 64 bits hold. */
static bool in_range(struct span number, bool whole)
{
	char copy[NUMBER_MAX + 1];
	if (number.len > NUMBER_MAX)
		return false;
	memcpy(copy, number.ptr, number.len);
	copy[number.len] = '\0';
	errno = 0;
	if (!whole)
		return isfinite(strtod(copy, NULL)) != 0;
	return strtoll(copy, NULL, 10) == 0 || errno == 0;
}

static bool take_number(struct reader *reader)
{
	struct span start = reader->rest;
	bool whole = true;
	(void)take(reader, '-');
	if (!take(reader, '0') && !take_digits(reader))
		return false;
	if (take(reader, '.')) {
		whole = false;
		if (!take_digits(reader))
			return false;
	}
	if (take(reader, 'e') || take(reader, 'E')) {
		whole = false;
		if (!take(reader, '+'))
			(void)take(reader, '-');
		if (!take_digits(reader))
			return false;
	}
	struct span number = span_head(start, start.len - reader->rest.len);
	return (whole && number.len < SURELY_64_BITS) || in_range(number, whole);
}

/* The four digits after \u; -1 when they are none. */
static int take_hex(struct reader *reader)
{
	int value = 0;
	for (int i = 0; i < 4; i++) {
		char c = peek(reader);
		if (isxdigit((unsigned char)c) == 0)
			return -1;
		value = value * 16 + (is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
		skip(reader, 1);
	}
	return value;
}

/* After the backslash. A surrogate counts only as the first of a pair. */
static bool take_escape(struct reader *reader)
{
	char c = peek(reader);
	if (c == '\0' || strchr("\"\\/bfnrtu", c) == NULL)
		return false;
	skip(reader, 1);
	if (c != 'u')
		return true;
	int code = take_hex(reader);
	if (code <= 0 || (code & 0xFC00) == 0xDC00)
		return false;
	if ((code & 0xFC00) != 0xD800)
		return true;
	return take(reader, '\\') && take(reader, 'u') &&
	       (take_hex(reader) & ~0x3FF) == 0xDC00;
}

static bool take_string(struct reader *reader)
{
	if (!take(reader, '"'))
		return false;
	for (;;) {
		size_t plain = 0;
		const char *text = reader->rest.ptr;
		while (plain < reader->rest.len && (unsigned char)text[plain] >= ' ' &&
		       text[plain] != '"' && text[plain] != '\\')
			plain++;
		skip(reader, plain);
		if (take(reader, '"'))
			return true;
		if (!take(reader, '\\') || !take_escape(reader))
			return false;
	}
}

static bool take_scalar(struct reader *reader)
{
	switch (peek(reader)) {
	case '"':
		return take_string(reader);
	case 't':
		return take_word(reader, SPAN("true"));
	case 'f':
		return take_word(reader, SPAN("false"));
	case 'n':
		return take_word(reader, SPAN("null"));
	default:
		return take_number(reader);
	}
}

static bool take_name(struct reader *reader)
{
	skip_blanks(reader);
	if (!take_string(reader))
		return false;
	skip_blanks(reader);
	return take(reader, ':');
}

static bool take_value(struct reader *reader, int depth)
{
	skip_blanks(reader);
	char c = peek(reader);
	if (c != '{' && c != '[')
		return take_scalar(reader);
	if (depth == JSONCHECK_DEPTH)
		return false;
	char end = c == '{' ? '}' : ']';
	skip(reader, 1);
	skip_blanks(reader);
	if (take(reader, end))
		return true;
	do {
		if (c == '{' && !take_name(reader))
			return false;
		if (!take_value(reader, depth + 1))
			return false;
		skip_blanks(reader);
	} while (take(reader, ','));
	return take(reader, end);
}

bool jsoncheck_object(struct span text)
{
	struct reader reader = {text};
	skip_blanks(&reader);
	if (peek(&reader) != '{' || !take_value(&reader, 0))
		return false;
	skip_blanks(&reader);
	return reader.rest.len == 0 && utf8_valid(text);
}
