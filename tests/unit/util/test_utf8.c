#include "test.h"

#include "util/utf8.h"

TEST(next_knows_rfc_3629)
{

	static const struct {
		const char *bytes;
		size_t len;
		size_t want;
		uint32_t code;
	} rows[] = {
	    {"a", 1, 1, 'a'},
	    {"\xC3\xA9", 2, 2, 0xE9},
	    {"\xE2\x82\xAC", 3, 3, 0x20AC},
	    {"\xF0\x9F\x98\x80", 4, 4, 0x1F600},
	    {"\xF4\x8F\xBF\xBF", 4, 4, 0x10FFFF},
	    {"\xC0\x80", 2, 0, 0},
	    {"\xC1\xBF", 2, 0, 0},
	    {"\xE0\x80\x80", 3, 0, 0},
	    {"\xED\xA0\x80", 3, 0, 0},
	    {"\xF0\x80\x80\x80", 4, 0, 0},
	    {"\xF4\x90\x80\x80", 4, 0, 0},
	    {"\xF5\x80\x80\x80", 4, 0, 0},
	    {"\x80", 1, 0, 0},
	    {"\xC3", 1, 0, 0},
	    {"\xE2\x82", 2, 0, 0},
	    {"\xF0\x9F\x98", 3, 0, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t code = 0;
		size_t got =
		    utf8_next((struct span){rows[i].bytes, rows[i].len}, &code);
		assert_int_equal(got, rows[i].want);
		if (got > 0)
			assert_int_equal(code, rows[i].code);
	}
}

TEST(repair_replaces_each_bad_byte)
{

	static const struct {
		const char *in, *want;
	} rows[] = {
	    {"plain", "plain"},
	    {"", ""},
	    {"caf\xC3\xA9", "caf\xC3\xA9"},
	    {"a\xFFz", "a\xEF\xBF\xBDz"},
	    {"\xC3", "\xEF\xBF\xBD"},
	    {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_new();
		struct span got = utf8_repair(span_of(rows[i].in), arena);
		assert_true(span_is(got, rows[i].want));
		assert_true(utf8_valid(got));
		arena_free(arena);
	}
}

TEST(counting_and_cutting_agree)
{
	struct span text = SPAN("h\xC3\xA9llo \xF0\x9F\x98\x80\xFF!");
	assert_int_equal(utf8_count(text), 9);
	for (size_t count = 0; count <= 9; count++)
		assert_int_equal(utf8_count(utf8_cut(text, count)), count);
	assert_true(span_eq(utf8_cut(text, 100), text));
	assert_true(span_is(utf8_cut(text, 2), "h\xC3\xA9"));
}
