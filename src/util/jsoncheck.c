#include "util/jsoncheck.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "util/jsonw.h"
#include "util/percent.h"
#include "util/utf8.h"

enum { SURELY_64_BITS = 19 /* characters */ };

static bool jsoncheck_take(struct span *rest, char c)
{
	if (rest->len == 0 || rest->ptr[0] != c)
		return false;
	*rest = span_from(*rest, 1);
	return true;
}

static bool jsoncheck_word(struct span *rest, struct span word)
{
	if (!span_starts(*rest, word))
		return false;
	*rest = span_from(*rest, word.len);
	return true;
}

static void jsoncheck_blanks(struct span *rest)
{
	while (rest->len > 0 && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t' ||
				    rest->ptr[0] == '\n' || rest->ptr[0] == '\r'))
		*rest = span_from(*rest, 1);
}

static bool jsoncheck_digits(struct span *rest)
{
	size_t count = 0;
	while (count < rest->len && rest->ptr[count] >= '0' && rest->ptr[count] <= '9')
		count++;
	*rest = span_from(*rest, count);
	return count > 0;
}

/* Not beyond what a double or 64 bits hold. */
static bool jsoncheck_in_range(struct span number, bool whole)
{
	char copy[JSONCHECK_NUMBER + 1];
	if (number.len > JSONCHECK_NUMBER)
		return false;
	memcpy(copy, number.ptr, number.len);
	copy[number.len] = '\0';
	if (!whole)
		return isfinite(strtod(copy, NULL)) != 0;
	errno = 0;
	(void)strtoll(copy, NULL, 10);
	return errno == 0;
}

static bool jsoncheck_number(struct span *rest)
{
	struct span start = *rest;
	(void)jsoncheck_take(rest, '-');
	if (!jsoncheck_take(rest, '0') && !jsoncheck_digits(rest))
		return false;
	bool fraction = jsoncheck_take(rest, '.');
	if (fraction && !jsoncheck_digits(rest))
		return false;
	bool exponent = jsoncheck_take(rest, 'e') || jsoncheck_take(rest, 'E');
	if (exponent && !jsoncheck_take(rest, '+'))
		(void)jsoncheck_take(rest, '-');
	if (exponent && !jsoncheck_digits(rest))
		return false;
	bool whole = !fraction && !exponent;
	struct span number = span_head(start, start.len - rest->len);
	return (whole && number.len < SURELY_64_BITS) ||
	       jsoncheck_in_range(number, whole);
}

/* The code of a uXXXX; -1 where there is none. */
static int jsoncheck_code(struct span *rest)
{
	int code = 0;
	if (!jsoncheck_take(rest, 'u') || rest->len < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		int digit = percent_digit(rest->ptr[i]);
		if (digit < 0)
			return -1;
		code = code * 16 + digit;
	}
	*rest = span_from(*rest, 4);
	return code;
}

/* After the backslash. A surrogate counts only as the first of a pair. */
static bool jsoncheck_escape(struct span *rest)
{
	for (const char *c = "\"\\/bfnrt"; *c != '\0'; c++)
		if (jsoncheck_take(rest, *c))
			return true;
	int code = jsoncheck_code(rest);
	if ((code & 0xFC00) == 0xD800)
		return jsoncheck_take(rest, '\\') &&
		       (jsoncheck_code(rest) & ~0x3FF) == 0xDC00;
	return code > 0 && (code & 0xFC00) != 0xDC00;
}

/* After the opening quote. */
static bool jsoncheck_string(struct span *rest)
{
	for (;;) {
		*rest = span_from(*rest, jsonw_plain_len(*rest));
		if (jsoncheck_take(rest, '"'))
			return true;
		bool fits = rest->len > 0 && (unsigned char)rest->ptr[0] >= ' ';
		if (jsoncheck_take(rest, '\\'))
			fits = jsoncheck_escape(rest);
		else if (fits)
			*rest = span_from(*rest, 1);
		if (!fits)
			return false;
	}
}

static bool jsoncheck_name(struct span *rest)
{
	jsoncheck_blanks(rest);
	if (!jsoncheck_take(rest, '"') || !jsoncheck_string(rest))
		return false;
	jsoncheck_blanks(rest);
	return jsoncheck_take(rest, ':');
}

static bool jsoncheck_value(struct span *rest, int depth)
{
	jsoncheck_blanks(rest);
	if (jsoncheck_take(rest, '"'))
		return jsoncheck_string(rest);
	bool object = jsoncheck_take(rest, '{');
	if (!object && !jsoncheck_take(rest, '['))
		return jsoncheck_word(rest, SPAN("true")) ||
		       jsoncheck_word(rest, SPAN("false")) ||
		       jsoncheck_word(rest, SPAN("null")) || jsoncheck_number(rest);
	if (depth == JSONCHECK_DEPTH)
		return false;
	char end = object ? '}' : ']';
	jsoncheck_blanks(rest);
	if (jsoncheck_take(rest, end))
		return true;
	do {
		if (object && !jsoncheck_name(rest))
			return false;
		if (!jsoncheck_value(rest, depth + 1))
			return false;
		jsoncheck_blanks(rest);
	} while (jsoncheck_take(rest, ','));
	return jsoncheck_take(rest, end);
}

bool jsoncheck_object(struct span text)
{
	struct span rest = span_trim(text);
	return rest.len > 0 && rest.ptr[0] == '{' && jsoncheck_value(&rest, 0) &&
	       rest.len == 0 && utf8_valid(text);
}
