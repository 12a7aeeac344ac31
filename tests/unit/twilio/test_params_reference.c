/* Parameters beside a second reading of the rules in params.h, a byte at a time: of the
 * recorded webhooks, of those with bytes changed, and of random forms. */
#include "test.h"

#include <stdint.h>
#include <stdlib.h>

#include "twilio/params.h"
#include "util/text.h"
#include "util/utf8.h"

enum { ROUNDS = 20000, ROOM = 4096, MOST = 64 };

static uint64_t random_next(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

static size_t random_below(uint64_t *state, size_t end)
{
	return (size_t)(random_next(state) % end);
}

/* ---- the reference ---- */

static int slow_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c == '\0' ? NULL : strchr(digits, c);
	return at == NULL ? -1 : (int)((at - digits) % 16);
}

static bool slow_decode(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '%') {
			int high = i + 1 < text.len ? slow_digit(text.ptr[i + 1]) : -1;
			int low = i + 2 < text.len ? slow_digit(text.ptr[i + 2]) : -1;
			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '+') {
			c = ' ';
		}
		buf_putc(out, c);
	}
	return true;
}

static bool slow_parse(struct params *out, struct span form, struct arena *arena)
{
	*out = (struct params){
	    .items = arena_zalloc(arena, (form.len + 1) * sizeof(*out->items))};
	while (form.len > 0) {
		struct span piece = span_head(form, span_find(form, '&'));
		form =
		    span_from(form, piece.len < form.len ? piece.len + 1 : piece.len);
		if (piece.len == 0)
			continue;
		size_t equals = span_find(piece, '=');
		struct buf name = {0}, value = {0};
		bool good = slow_decode(&name, span_head(piece, equals));
		if (equals < piece.len)
			good =
			    good && slow_decode(&value, span_from(piece, equals + 1));
		out->items[out->count++] =
		    (struct pair){arena_copy(arena, buf_span(&name)),
			arena_copy(arena, buf_span(&value))};
		buf_free(&name);
		buf_free(&value);
		if (!good)
			return false;
	}
	return true;
}

static void slow_string(struct buf *out, struct span text)
{
	buf_putc(out, '"');
	while (text.len > 0) {
		uint32_t code = 0;
		size_t len = utf8_next(text, &code);
		const char *escape = code < 0x80 && code > 0
					 ? strchr("\"\"\\\\\bb\tt\nn\ff\rr", (int)code)
					 : NULL;
		if (len == 0)
			buf_puts(out, "\xEF\xBF\xBD");
		else if (escape != NULL && (code < ' ' || strchr("\"\\", (int)code)))
			buf_printf(out, "\\%c", escape[1]);
		else if (len == 1 && (code < ' ' || code == 0x7F))
			buf_printf(out, "\\u%04x", (unsigned)code);
		else
			buf_add(out, text.ptr, len);
		text = span_from(text, len == 0 ? 1 : len);
	}
	buf_putc(out, '"');
}

static void slow_json(struct buf *out, const struct params *params)
{
	buf_putc(out, '{');
	for (size_t i = 0; i < params->count; i++) {
		struct span name = params->items[i].name;
		size_t times = 0, first = i;
		for (size_t k = 0; k < params->count; k++) {
			bool same = span_eq(params->items[k].name, name);
			first = same && k < first ? k : first;
			times += same;
		}
		if (first < i)
			continue;
		if (i > 0)
			buf_putc(out, ',');
		slow_string(out, name);
		buf_puts(out, times > 1 ? ":[" : ":");
		size_t written = 0;
		for (size_t k = i; k < params->count; k++) {
			if (!span_eq(params->items[k].name, name))
				continue;
			if (written++ > 0)
				buf_putc(out, ',');
			slow_string(out, params->items[k].value);
		}
		if (times > 1)
			buf_putc(out, ']');
	}
	buf_putc(out, '}');
}

static bool slow_text(const struct params *params)
{
	bool text = true;
	for (size_t i = 0; i < params->count; i++)
		text = text && utf8_valid(params->items[i].name) &&
		       utf8_valid(params->items[i].value);
	return text;
}

static int compare_bytes(struct span a, struct span b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++)
		if (a.ptr[i] != b.ptr[i])
			return (unsigned char)a.ptr[i] < (unsigned char)b.ptr[i] ? -1
										 : 1;
	return (a.len > b.len) - (a.len < b.len);
}

static int compare_pairs(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;
	int order = compare_bytes(a->name, b->name);
	return order != 0 ? order : compare_bytes(a->value, b->value);
}

/* ---- beside it ---- */

static void check_order(const struct params *got, const struct params *want)
{
	assert_int_equal(got->count, want->count);
	for (size_t i = 0; i < got->count; i++) {
		assert_true(span_eq(got->items[i].name, want->items[i].name));
		assert_true(span_eq(got->items[i].value, want->items[i].value));
	}
}

static void check_get(const struct params *params)
{
	for (size_t i = 0; i < params->count; i++) {
		struct span name = params->items[i].name;
		size_t first = 0;
		if (memchr(name.ptr, '\0', name.len) != NULL)
			continue;
		while (!span_eq(params->items[first].name, name))
			first++;
		struct span got = params_get(params, name.ptr);
		assert_ptr_equal(got.ptr, params->items[first].value.ptr);
		assert_int_equal(got.len, params->items[first].value.len);
	}
	assert_null(params_get(params, "No such parameter").ptr);
}

static void check_form(struct span form)
{
	struct arena *arena = arena_new();
	struct params got, want;
	struct buf json = {0}, want_json = {0};
	bool good = slow_parse(&want, form, arena);
	enum params_status status = params_parse(&got, form, arena);
	if (want.count > PARAMS_MAX) {
		assert_int_not_equal(status, PARAMS_OK);
		good = false;
	} else {
		assert_int_equal(status, good ? PARAMS_OK : PARAMS_BAD_ESCAPE);
	}
	if (good) {
		check_order(&got, &want);
		params_json(&json, &got);
		slow_json(&want_json, &want);
		assert_string_equal(buf_text(&json), buf_text(&want_json));
		assert_int_equal(json.len, want_json.len);
		assert_int_equal(params_are_text(&got), slow_text(&want));
		check_get(&got);
		struct params sorted = params_sort(&got, arena);
		qsort(want.items, want.count, sizeof(*want.items), compare_pairs);
		check_order(&sorted, &want);
		params_keep_sorted(&got, arena);
		sorted = params_sort(&got, arena);
		check_order(&sorted, &want);
	}
	buf_free(&json);
	buf_free(&want_json);
	arena_free(arena);
}

/* Changes, cuts, doubles or leaves the form; what is left is at most ROOM bytes. */
static struct span spoil(char room[ROOM], struct span form, uint64_t *state)
{
	static const char bytes[] =
	    "&&==%%++\"\\\x7f\x1f\n\t AZaz09\xC3\xA9\xF0\x9F\x98\x80\xED\xA0\xFF";
	size_t len = form.len < ROOM / 2 ? form.len : ROOM / 2;
	memcpy(room, form.ptr, len);
	for (size_t n = random_below(state, 6); n > 0 && len > 1; n--) {
		size_t at = random_below(state, len);
		char byte = bytes[random_below(state, sizeof(bytes))];
		switch (random_below(state, 3)) {
		case 0:
			room[at] = byte;
			break;
		case 1:
			memmove(room + at, room + at + 1, len - at - 1);
			len--;
			break;
		case 2:
			memmove(room + at + 1, room + at, len - at);
			room[at] = byte;
			len++;
			break;
		}
	}
	if (random_below(state, 8) == 0) {
		memcpy(room + len, form.ptr, len < form.len ? len : form.len);
		len += len < form.len ? len : form.len;
	}
	return (struct span){room, len};
}

TEST(recorded_forms_and_changed_ones_are_read_by_the_rules)
{
	size_t len = 0;
	uint64_t seed = 1;
	char room[ROOM];
	char *text = text_read_file(TEST_DATA_DIR "/webhooks.txt", 1 << 20, &len);
	assert_non_null(text);
	struct span rest = {text, len};
	size_t lines = 0;
	while (rest.len > 0) {
		struct span line = span_head(rest, span_find(rest, '\n'));
		rest = span_from(rest, line.len < rest.len ? line.len + 1 : line.len);
		size_t kind = span_find(line, ' ');
		if (line.len == 0 || line.ptr[0] == '#' || kind == line.len)
			continue;
		struct span form = span_from(line, kind + 1);
		form = span_from(form, span_find(form, ' '));
		check_form(form);
		check_form(span_from(form, form.len > 0));
		for (int round = 0; round < 100; round++)
			check_form(spoil(room, form, &seed));
		lines++;
	}
	assert_true(lines > 50);
	free(text);
}

/* Few letters, so that names repeat, begin with one another and are of all lengths. */
TEST(random_forms_are_read_by_the_rules)
{
	static const char letters[] = "aab&=+%0aF2\"\\\x7f\x01\xC3\xA9\xE2\x82\xAC";
	uint64_t seed = 2;
	char room[MOST];
	for (int round = 0; round < ROUNDS; round++) {
		size_t len = random_below(&seed, MOST);
		size_t kinds = 4 + random_below(&seed, sizeof(letters) - 4);
		for (size_t i = 0; i < len; i++)
			room[i] = letters[random_below(&seed, kinds)];
		check_form((struct span){room, len});
	}
}

/* Each length, with each kind of odd byte in each place, and one without any. */
TEST(an_odd_byte_is_found_wherever_it_stands)
{
	static const char odd[] = "\"\\\n\x7f\x80\xFF\x01";
	char room[40];
	for (size_t len = 0; len <= 24; len++) {
		for (size_t at = 0; at <= len; at++) {
			for (size_t i = 0; i + 1 < sizeof(odd); i++) {
				memset(room, 'x', sizeof(room));
				memcpy(room, "ab&n=", 5);
				room[5 + at] = odd[i];
				if (at == len)
					room[5 + at] = '&';
				check_form((struct span){room, 5 + len});
				memcpy(room, "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnn=v&", 32);
				room[at] = at == len ? 'n' : odd[i];
				check_form((struct span){room, 32});
			}
		}
	}
}
