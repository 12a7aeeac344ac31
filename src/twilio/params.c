#include "twilio/params.h"

#include <endian.h>
#include <stdint.h>

#include "util/jsonw.h"
#include "util/percent.h"
#include "util/utf8.h"

/* A form that is decoded in place. Most bytes stay as they are; the search goes from
 * one byte to the next that does not. */
struct form {
	char *at, *end;
	char *percent, *plus; /* the next one of each, or end */
};

static char *next_of(char *from, char *end, char c)
{
	char *found = memchr(from, c, (size_t)(end - from));
	return found != NULL ? found : end;
}

/* Decodes up to `end`, moves behind it, and ends the text with a NUL. There is room for
 * the NUL: the text did not grow, and a separator or the form's own NUL was behind it. */
static bool decode(struct span *out, struct form *form, char *end)
{
	char *text = form->at;
	char *to = text;
	for (;;) {
		char *stop = form->percent < form->plus ? form->percent : form->plus;
		stop = stop < end ? stop : end;
		size_t plain = (size_t)(stop - form->at);
		if (to != form->at)
			memmove(to, form->at, plain);
		to += plain;
		form->at = stop;
		if (stop == end)
			break;
		if (*stop == '+') {
			*to++ = ' ';
			form->at++;
			form->plus = next_of(form->at, form->end, '+');
			continue;
		}
		int byte = percent_byte((struct span){stop, (size_t)(end - stop)});
		if (byte < 0)
			return false;
		*to++ = (char)byte;
		form->at += 3;
		form->percent = next_of(form->at, form->end, '%');
	}
	form->at += end < form->end ? 1 : 0;
	*to = '\0';
	*out = (struct span){text, (size_t)(to - text)};
	return true;
}

enum { MAX_GUESS = 32 * 1024 };

enum params_status params_parse(
    struct params *out, struct span form, struct arena *arena)
{
	char *text = arena_strndup(arena, form);
	char *end = text + form.len;
	struct form rest = {
	    text, end, next_of(text, end, '%'), next_of(text, end, '+')};
	/* Counting first would cost as much as parsing: a parameter of Twilio's has some
	 * thirty bytes. */
	size_t room = 8 + (form.len < MAX_GUESS ? form.len : MAX_GUESS) / 32;
	out->items = arena_alloc(arena, room * sizeof(*out->items));
	out->count = 0;
	while (rest.at < end) {
		char *piece_end = next_of(rest.at, end, '&');
		if (piece_end == rest.at) {
			rest.at++;
			continue;
		}
		if (out->count == PARAMS_MAX)
			return PARAMS_TOO_MANY;
		if (out->count == room) {
			struct pair *items =
			    arena_alloc(arena, 2 * room * sizeof(*items));
			memcpy(items, out->items, room * sizeof(*items));
			out->items = items;
			room *= 2;
		}
		struct pair *param = &out->items[out->count++];
		char *equals = next_of(rest.at, piece_end, '=');
		if (!decode(&param->name, &rest, equals))
			return PARAMS_BAD_ESCAPE;
		param->value = (struct span){param->name.ptr + param->name.len, 0};
		if (equals < piece_end && !decode(&param->value, &rest, piece_end))
			return PARAMS_BAD_ESCAPE;
	}
	return PARAMS_OK;
}

struct span params_get(const struct params *params, const char *name)
{
	struct span wanted = span_of(name);
	for (size_t i = 0; i < params->count; i++)
		if (span_eq(params->items[i].name, wanted))
			return params->items[i].value;
	return (struct span){0};
}

struct span params_get_filled(const struct params *params, const char *name)
{
	struct span value = params_get(params, name);
	return value.len > 0 ? value : (struct span){0};
}

/* A parameter and the first eight bytes of its name as a number. Twilio's names differ
 * early, so most comparisons compare two numbers. */
struct sorted {
	uint64_t head;
	const struct pair *param;
};

static struct sorted sorted_of(const struct pair *param)
{
	uint64_t head = 0;
	size_t len = param->name.len < sizeof(head) ? param->name.len : sizeof(head);
	if (len > 0)
		memcpy(&head, param->name.ptr, len);
	return (struct sorted){be64toh(head), param};
}

/* Whether two names may be the same: no is certain, yes is rarely wrong. */
static bool names_may_repeat(const struct params *params)
{
	uint64_t seen[64] = {0};
	for (size_t i = 0; i < params->count; i++) {
		struct span name = params->items[i].name;
		uint64_t tail = 0;
		if (name.len >= sizeof(tail))
			memcpy(&tail, name.ptr + name.len - sizeof(tail), sizeof(tail));
		uint64_t mixed = sorted_of(&params->items[i]).head + name.len;
		mixed = (mixed * 31 + tail) * UINT64_C(0x9E3779B97F4A7C15);
		uint64_t bit = UINT64_C(1) << (mixed >> 58);
		uint64_t *word = &seen[(mixed >> 52) & 63];
		if ((*word & bit) != 0)
			return true;
		*word |= bit;
	}
	return false;
}

static int compare_bytes(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;
	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static bool comes_after(const struct sorted *a, const struct sorted *b)
{
	if (a->head != b->head)
		return a->head > b->head;
	int order = compare_bytes(a->param->name, b->param->name);
	if (order == 0)
		order = compare_bytes(a->param->value, b->param->value);
	return order > 0;
}

/* Shell sort: as fast as insertion sort for the usual thirty, and fast enough for a
 * thousand that an attacker chose. */
static void sort(struct sorted *items, size_t count)
{
	static const size_t gaps[] = {301, 132, 57, 23, 10, 4, 1};
	for (size_t g = 0; g < sizeof(gaps) / sizeof(gaps[0]); g++) {
		size_t gap = gaps[g];
		for (size_t i = gap; i < count; i++) {
			struct sorted moved = items[i];
			size_t to = i;
			for (; to >= gap && comes_after(&items[to - gap], &moved);
			     to -= gap)
				items[to] = items[to - gap];
			items[to] = moved;
		}
	}
}

struct params params_sort(const struct params *params, struct arena *arena)
{
	struct sorted *items = arena_alloc(arena, params->count * sizeof(*items));
	for (size_t i = 0; i < params->count; i++)
		items[i] = sorted_of(&params->items[i]);
	sort(items, params->count);
	struct params out = {.count = params->count};
	out.items = arena_alloc(arena, params->count * sizeof(*out.items));
	for (size_t i = 0; i < params->count; i++)
		out.items[i] = *items[i].param;
	return out;
}

/* The values of a name whose first one is at index: a string, or an array when the name
 * is repeated. */
static void json_values(struct buf *out, const struct params *params, size_t index)
{
	const struct pair *first = &params->items[index];
	size_t start = out->len;
	bool repeated = false;
	jsonw_string(out, first->value);
	for (size_t i = index + 1; i < params->count; i++) {
		if (!span_eq(params->items[i].name, first->name))
			continue;
		if (!repeated) {
			out->len = start;
			buf_putc(out, '[');
			jsonw_string(out, first->value);
			repeated = true;
		}
		jsonw_comma(out);
		jsonw_string(out, params->items[i].value);
	}
	if (repeated)
		buf_putc(out, ']');
}

void params_json(struct buf *out, const struct params *params)
{
	bool repeats = names_may_repeat(params);
	buf_putc(out, '{');
	for (size_t i = 0; i < params->count; i++) {
		if (!repeats) {
			jsonw_key(out, params->items[i].name);
			jsonw_string(out, params->items[i].value);
			continue;
		}
		bool named_before = false;
		for (size_t n = 0; n < i && !named_before; n++)
			named_before =
			    span_eq(params->items[n].name, params->items[i].name);
		if (named_before)
			continue;
		jsonw_key(out, params->items[i].name);
		json_values(out, params, i);
	}
	buf_putc(out, '}');
}

bool params_are_text(const struct params *params)
{
	for (size_t i = 0; i < params->count; i++)
		if (!utf8_valid(params->items[i].name) ||
		    !utf8_valid(params->items[i].value))
			return false;
	return true;
}

static void encode(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		bool letter = ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
		bool digit = c >= '0' && c <= '9';
		if (letter || digit || c == '-' || c == '_' || c == '.' || c == '*')
			buf_putc(out, (char)c);
		else if (c == ' ')
			buf_putc(out, '+');
		else
			buf_printf(out, "%%%02X", c);
	}
}

void params_encode(struct buf *out, const struct params *params)
{
	for (size_t i = 0; i < params->count; i++) {
		if (i > 0)
			buf_putc(out, '&');
		encode(out, params->items[i].name);
		buf_putc(out, '=');
		encode(out, params->items[i].value);
	}
}
