#include "twilio/params.h"

#include <endian.h>
#include <stdint.h>

#include "util/jsonw.h"
#include "util/percent.h"
#include "util/utf8.h"

enum { TOLD_WORD = 64, BUCKETS = 64 };

/* The parameters by name: those of a bucket in their order. */
struct named {
	uint64_t head; /* name_head */
	uint16_t next; /* of its bucket, from 1; 0: none */
};

/* What was found out about these very items. */
struct params_told {
	const struct pair *items;
	size_t count;
	struct pair *sorted; /* NULL: not yet */
	bool some_odd;
	/* A bit each: whether its name or value has a byte that JSON escapes, or one
	 * beyond ASCII. */
	uint64_t odd[(PARAMS_MAX + TOLD_WORD - 1) / TOLD_WORD];
	struct named *named;
	uint16_t buckets[BUCKETS]; /* the first of each, from 1; 0: none */
};

/* A form that is decoded in place. Most bytes stay as they are; the search goes from
 * one byte to the next that does not. */
struct form {
	char *at, *end;
	char *percent, *plus; /* the next one of each, or end */
	char *changed;        /* the first of the two */
	char *odd;            /* the next byte as in params_told, as posted; or end */
	bool odd_escape;      /* since it was set to false, such a byte was decoded */
};

static char *next_of(char *from, char *end, char c)
{
	char *found = memchr(from, c, (size_t)(end - from));
	return found != NULL ? found : end;
}

static char *next_odd(char *from, char *end)
{
	return from + jsonw_plain_len((struct span){from, (size_t)(end - from)});
}

static void form_changed(struct form *form)
{
	form->changed = form->percent < form->plus ? form->percent : form->plus;
}

/* Moves behind `end`, where a separator or the form's own NUL is: so there is room for a
 * NUL behind the text, which did not grow. */
static void form_end_text(
    struct span *out, struct form *form, const char *text, char *to)
{
	form->at += form->at < form->end ? 1 : 0;
	*to = '\0';
	*out = (struct span){text, (size_t)(to - text)};
}

/* Decodes up to `end`, which comes after form->changed. */
static bool decode_changed(struct span *out, struct form *form, char *end)
{
	char *text = form->at;
	char *to = text;
	for (;;) {
		char *stop = form->changed < end ? form->changed : end;
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
			form_changed(form);
			continue;
		}
		int byte = percent_byte((struct span){stop, (size_t)(end - stop)});
		if (byte < 0)
			return false;
		form->odd_escape |= !jsonw_is_plain((unsigned char)byte);
		*to++ = (char)byte;
		form->at += 3;
		form->percent = next_of(form->at, form->end, '%');
		form_changed(form);
	}
	form_end_text(out, form, text, to);
	return true;
}

static bool decode(struct span *out, struct form *form, char *end)
{
	char *text = form->at;
	if (form->changed < end)
		return decode_changed(out, form, end);
	form->at = end;
	form_end_text(out, form, text, end);
	return true;
}

/* Notes whether the parameter that was just decoded has an odd byte. */
static void form_note_odd(
    struct params_told *told, size_t index, struct form *form, const char *piece_end)
{
	bool odd = form->odd < piece_end;
	if (odd)
		form->odd = next_odd(form->at, form->end);
	if (!odd && !form->odd_escape)
		return;
	form->odd_escape = false;
	told->some_odd = true;
	told->odd[index / TOLD_WORD] |= UINT64_C(1) << index % TOLD_WORD;
}

static bool params_odd(const struct params_told *told, size_t index)
{
	return told == NULL ||
	       (told->some_odd &&
		   (told->odd[index / TOLD_WORD] >> index % TOLD_WORD & 1) != 0);
}

/* The first eight bytes of a name as a number that compares like them. Twilio's names
 * differ early. */
static uint64_t name_head(struct span name)
{
	const char *text = name.ptr;
	uint64_t head = 0;
	uint32_t first = 0, last = 0;
	if (name.len >= sizeof(head)) {
		memcpy(&head, text, sizeof(head));
		return be64toh(head);
	}
	size_t shift = 64 - 8 * name.len;
	if (name.len >= sizeof(first)) {
		memcpy(&first, text, sizeof(first));
		memcpy(&last, text + name.len - sizeof(last), sizeof(last));
		return (uint64_t)be32toh(first) << 32 | (uint64_t)be32toh(last)
							    << shift;
	}
	for (size_t i = 0; i < name.len; i++)
		head = head << 8 | (unsigned char)text[i];
	return name.len == 0 ? 0 : head << shift;
}

static size_t name_bucket(uint64_t head, size_t len)
{
	return (size_t)((head + len) * UINT64_C(0x9E3779B97F4A7C15) >> 58) % BUCKETS;
}

static void told_index(struct params_told *told, struct arena *arena)
{
	told->named = arena_alloc(arena, told->count * sizeof(*told->named));
	for (size_t i = told->count; i-- > 0;) {
		struct span name = told->items[i].name;
		uint64_t head = name_head(name);
		uint16_t *bucket = &told->buckets[name_bucket(head, name.len)];
		told->named[i] = (struct named){head, *bucket};
		*bucket = (uint16_t)(i + 1);
	}
}

/* The first of that name from `at` on, along the bucket; from 1, 0: none. */
static uint16_t told_find(
    const struct params_told *told, uint16_t at, uint64_t head, struct span name)
{
	while (at != 0 && (told->named[at - 1].head != head ||
			      !span_eq(told->items[at - 1].name, name)))
		at = told->named[at - 1].next;
	return at;
}

/* NULL: these are not the items it was told of. */
static struct params_told *params_told(const struct params *params)
{
	struct params_told *told = params->told;
	return told != NULL && told->items == params->items &&
		       told->count == params->count
		   ? told
		   : NULL;
}

enum { MAX_GUESS = 32 * 1024 };

enum params_status params_parse(
    struct params *out, struct span form, struct arena *arena)
{
	char *text = arena_strndup(arena, form);
	char *end = text + form.len;
	struct params_told *told = arena_zalloc(arena, sizeof(*told));
	struct form rest = {.at = text,
	    .end = end,
	    .percent = next_of(text, end, '%'),
	    .plus = next_of(text, end, '+'),
	    .odd = next_odd(text, end)};
	form_changed(&rest);
	/* Counting first would cost as much as parsing: a parameter of Twilio's has some
	 * thirty bytes. */
	size_t room = 8 + (form.len < MAX_GUESS ? form.len : MAX_GUESS) / 32;
	*out = (struct params){
	    .items = arena_alloc(arena, room * sizeof(*out->items)), .told = told};
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
		struct pair *param = &out->items[out->count];
		char *equals = next_of(rest.at, piece_end, '=');
		if (!decode(&param->name, &rest, equals))
			return PARAMS_BAD_ESCAPE;
		param->value = (struct span){param->name.ptr + param->name.len, 0};
		if (equals < piece_end && !decode(&param->value, &rest, piece_end))
			return PARAMS_BAD_ESCAPE;
		form_note_odd(told, out->count++, &rest, piece_end);
	}
	told->items = out->items;
	told->count = out->count;
	told_index(told, arena);
	return PARAMS_OK;
}

const struct pair *params_find(const struct params *params, struct span name)
{
	const struct params_told *told = params_told(params);
	if (told != NULL) {
		uint64_t head = name_head(name);
		uint16_t bucket = told->buckets[name_bucket(head, name.len)];
		uint16_t found = told_find(told, bucket, head, name);
		return found > 0 ? &told->items[found - 1] : NULL;
	}
	for (size_t i = 0; i < params->count; i++)
		if (span_eq(params->items[i].name, name))
			return &params->items[i];
	return NULL;
}

struct span params_get(const struct params *params, const char *name)
{
	const struct pair *found = params_find(params, span_of(name));
	return found != NULL ? found->value : (struct span){0};
}

struct span params_get_filled(const struct params *params, const char *name)
{
	struct span value = params_get(params, name);
	return value.len > 0 ? value : (struct span){0};
}

/* Whether two names may be the same: no is certain. */
static bool names_may_repeat(
    const struct params *params, const struct params_told *told)
{
	for (size_t i = 0; told != NULL && i < params->count; i++) {
		const struct named *named = &told->named[i];
		if (told_find(told, named->next, named->head, params->items[i].name) >
		    0)
			return true;
	}
	return told == NULL;
}

static int compare_bytes(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;
	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* What is sorted is a number a parameter: the head of its name and, in place of the last
 * bits, which one it is. */
struct sorting {
	const struct pair *params;
	uint64_t *items;
	uint64_t index_mask;
};

static bool comes_after(const struct sorting *sorting, uint64_t a, uint64_t b)
{
	if ((a ^ b) > sorting->index_mask)
		return a > b;
	const struct pair *left = &sorting->params[a & sorting->index_mask];
	const struct pair *right = &sorting->params[b & sorting->index_mask];
	int order = compare_bytes(left->name, right->name);
	if (order == 0)
		order = compare_bytes(left->value, right->value);
	return order > 0;
}

enum { LETTERS = 64, FEW = 64 };

/* A name's first byte, those of letters and digits apart, in its order. */
static size_t letter_of(uint64_t head)
{
	size_t byte = (size_t)(head >> 56);
	return byte < '0' ? 0 : byte - '0' < LETTERS ? byte - '0' : LETTERS - 1;
}

/* By their first letters, which leaves little to sort. */
static void sort_letters(uint64_t *out, const uint64_t *items, size_t count)
{
	uint8_t place[LETTERS + 1] = {0};
	for (size_t i = 0; i < count; i++)
		place[letter_of(items[i]) + 1]++;
	for (size_t i = 1; i < LETTERS; i++)
		place[i] = (uint8_t)(place[i] + place[i - 1]);
	for (size_t i = 0; i < count; i++)
		out[place[letter_of(items[i])]++] = items[i];
}

/* Shell sort, which is fast enough for a thousand that an attacker chose; of few that
 * lie almost in order its last round alone. */
static void sort(const struct sorting *sorting, size_t count)
{
	static const size_t gaps[] = {301, 132, 57, 23, 10, 4, 1};

	enum { ROUNDS = sizeof(gaps) / sizeof(gaps[0]) };

	uint64_t *items = sorting->items;
	for (size_t g = count <= FEW ? ROUNDS - 1 : 0; g < ROUNDS; g++) {
		size_t gap = gaps[g];
		for (size_t i = gap; i < count; i++) {
			uint64_t moved = items[i];
			size_t to = i;
			for (;
			     to >= gap && comes_after(sorting, items[to - gap], moved);
			     to -= gap)
				items[to] = items[to - gap];
			items[to] = moved;
		}
	}
}

struct params params_sort(const struct params *params, struct arena *arena)
{
	const struct params_told *told = params_told(params);
	struct params out = {.count = params->count};
	if (told != NULL && told->sorted != NULL) {
		out.items = told->sorted;
		return out;
	}
	uint64_t few[FEW];
	struct sorting sorting = {.params = params->items,
	    .items = arena_alloc(arena, params->count * sizeof(uint64_t)),
	    .index_mask = FEW - 1};
	uint64_t *items = params->count <= FEW ? few : sorting.items;
	while (sorting.index_mask + 1 < params->count)
		sorting.index_mask = 2 * sorting.index_mask + 1;
	for (size_t i = 0; i < params->count; i++) {
		uint64_t head = told != NULL ? told->named[i].head
					     : name_head(params->items[i].name);
		items[i] = (head & ~sorting.index_mask) | i;
	}
	if (params->count <= FEW)
		sort_letters(sorting.items, few, params->count);
	sort(&sorting, params->count);
	out.items = arena_alloc(arena, params->count * sizeof(*out.items));
	for (size_t i = 0; i < params->count; i++)
		out.items[i] = params->items[sorting.items[i] & sorting.index_mask];
	return out;
}

void params_keep_sorted(struct params *params, struct arena *arena)
{
	struct params_told *told = params_told(params);
	if (told != NULL && told->sorted == NULL)
		told->sorted = params_sort(params, arena).items;
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

/* "name":"value" of a parameter without an odd byte. */
static void json_plain(struct buf *out, const struct pair *param)
{
	struct span name = param->name, value = param->value;
	buf_reserve(out, name.len + value.len + 6);
	char *at = out->ptr + out->len;
	if (at[-1] != '{')
		*at++ = ',';
	*at++ = '"';
	memcpy(at, name.ptr, name.len);
	at += name.len;
	memcpy(at, "\":\"", 3);
	at += 3;
	memcpy(at, value.ptr, value.len);
	at += value.len;
	*at++ = '"';
	*at = '\0';
	out->len = (size_t)(at - out->ptr);
}

static bool named_before(const struct params *params, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (span_eq(params->items[i].name, params->items[index].name))
			return true;
	return false;
}

void params_json(struct buf *out, const struct params *params)
{
	const struct params_told *told = params_told(params);
	bool repeats = names_may_repeat(params, told);
	buf_putc(out, '{');
	for (size_t i = 0; i < params->count; i++) {
		const struct pair *param = &params->items[i];
		if (repeats && named_before(params, i))
			continue;
		if (!repeats && !params_odd(told, i)) {
			json_plain(out, param);
			continue;
		}
		jsonw_key(out, param->name);
		if (repeats)
			json_values(out, params, i);
		else
			jsonw_string(out, param->value);
	}
	buf_putc(out, '}');
}

bool params_are_text(const struct params *params)
{
	const struct params_told *told = params_told(params);
	if (told != NULL && !told->some_odd)
		return true;
	for (size_t i = 0; i < params->count; i++)
		if (params_odd(told, i) && (!utf8_valid(params->items[i].name) ||
					       !utf8_valid(params->items[i].value)))
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
