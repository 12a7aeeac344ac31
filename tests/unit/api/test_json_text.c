/* json_text: what jansson itself would write, byte for byte. */
#include "test.h"

#include <stdlib.h>

#include "api/json_text.h"
#include "util/jsoncheck.h"

/* Takes the tree. */
static void check_as_jansson(json_t *json)
{
	struct buf got = {0};
	char *want = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	buf_puts(&got, "before");
	assert_int_equal(json_text(&got, json), want != NULL);
	if (want != NULL)
		assert_string_equal(buf_text(&got) + strlen("before"), want);
	free(want);
	buf_free(&got);
	json_decref(json);
}

TEST(each_character_is_written_as_jansson_writes_it)
{
	for (uint32_t code = 0; code < 0x300; code++) {
		char text[3] = {(char)code, 'x', 0};
		size_t len = 2;
		if (code >= 0x80) {
			text[0] = (char)(0xC0 | code >> 6);
			text[1] = (char)(0x80 | (code & 0x3F));
		}
		check_as_jansson(json_stringn_nocheck(text, len));
		json_t *object = json_object();
		(void)json_object_setn_new_nocheck(object, text, len, json_null());
		check_as_jansson(object);
	}
	check_as_jansson(json_string("\xE2\x80\xA8 \xF0\x9F\x98\x80 \xEF\xBF\xBF /"));
}

TEST(each_number_is_written_as_jansson_writes_it)
{
	static const json_int_t whole[] = {
	    0, 1, -1, 10, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
	static const double reals[] = {0.0, -0.0, 1.0, 0.1, -2.5, 1e15, 1e17, 1e300,
	    5e-324, 1.7976931348623157e308, 3.141592653589793, 1e-7};
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		check_as_jansson(json_integer(whole[i]));
	for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++)
		check_as_jansson(json_real(reals[i]));
	check_as_jansson(json_pack("[n,b,b,[],{},[[]],{s:{}}]", 1, 0, "a"));
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

static json_t *some_text(uint32_t *seed)
{
	static const char *const pieces[] = {"plain", "\"", "\\", "\n", "\x01", "\x7f",
	    "é", "😀", " ", "longer than a word"};
	char text[128] = "";
	for (uint32_t left = next_random(seed) % 6; left > 0; left--)
		(void)strcat(text, pieces[next_random(seed) % 10]);
	return json_string(text);
}

static json_t *some_tree(uint32_t *seed, int depth)
{
	json_t *made = NULL;
	switch (next_random(seed) % (depth > 4 ? 4 : 6)) {
	case 0:
		return json_integer((json_int_t)next_random(seed) - 5000000);
	case 1:
		return json_real(next_random(seed) / 7.0);
	case 2:
		return next_random(seed) % 2 == 0 ? json_null() : json_true();
	case 3:
		return some_text(seed);
	case 4:
		made = json_array();
		for (uint32_t left = next_random(seed) % 5; left > 0; left--)
			(void)json_array_append_new(made, some_tree(seed, depth + 1));
		return made;
	default:
		break;
	}
	made = json_object();
	for (uint32_t left = next_random(seed) % 5; left > 0; left--) {
		json_t *name = some_text(seed);
		(void)json_object_set_new(
		    made, json_string_value(name), some_tree(seed, depth + 1));
		json_decref(name);
	}
	return made;
}

TEST(each_tree_is_written_as_jansson_writes_it)
{
	uint32_t seed = 1;
	for (int i = 0; i < 3000; i++)
		check_as_jansson(some_tree(&seed, 0));
	/* Deeper than a document may be, as a filter may be. */
	json_t *deep = json_array();
	for (int i = 0; i < 2 * JSONCHECK_DEPTH; i++)
		deep = json_pack("{s:[o]}", "a", deep);
	check_as_jansson(deep);
}

TEST(what_jansson_does_not_write_is_told)
{
	json_t *within = json_object(), *inner = json_array();
	(void)json_object_set(within, "inner", inner);
	(void)json_array_append(inner, within);
	check_as_jansson(json_incref(within));
	(void)json_array_clear(inner);
	json_decref(inner);
	json_decref(within);
	check_as_jansson(json_string_nocheck("a \xFF"));
	check_as_jansson(json_string_nocheck("\xED\xA0\x80"));
	check_as_jansson(json_pack("[o]", json_string_nocheck("\xC3")));
	json_t *object = json_object();
	(void)json_object_set_new_nocheck(object, "\x80", json_null());
	check_as_jansson(object);
	check_as_jansson(NULL);
}
