#include "test.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "util/printable.h"

/* faults 5.14 */
TEST(what_could_change_a_terminal_is_written_out)
{
	static const struct {
		const char *text, *want, *want_json;
	} rows[] = {
	    {"plain é ü 漢字 👍🏽", "plain é ü 漢字 👍🏽", NULL},
	    {"\033[2J", "\\x1b[2J", ""},
	    {"\a\b\x7f", "\\x07\\x08\\x7f", ""},
	    {"\xc2\x9b"
	     "31m",
		"\\x9b31m", "\\u009b31m"},
	    {"a\xe2\x80\xae"
	     "b",
		"a\\u202eb", "a\\u202eb"},
	    {"\xe2\x81\xa6\xe2\x81\xa9\xd8\x9c", "\\u2066\\u2069\\u061c",
		"\\u2066\\u2069\\u061c"},
	    {"a\xe2\x80\x8b\xef\xbb\xbf"
	     "b",
		"a\\u200b\\ufeffb", "a\\u200b\\ufeffb"},
	    {"\xe2\x80\xa8", "\\u2028", "\\u2028"},
	    {"\xf3\xa0\x81\xa7", "\\U000e0067", "\\udb40\\udc67"},
	    {"👨\xe2\x80\x8d👩", "👨\xe2\x80\x8d👩", NULL}, /* one emoji */
	    {"a\xe2\x80\x8d"
	     "b",
		"a\\u200db", "a\\u200db"},
	    {"\xe2\x80\x8d", "\\u200d", "\\u200d"},
	    {"\xff\xc3(\xed\xa0\x80", "\\xff\\xc3(\\xed\\xa0\\x80",
		"\\ufffd\\ufffd(\\ufffd\\ufffd\\ufffd"},
	    {"a\tb\nc\r\nd\re", "a b⏎c⏎d\\x0de", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = {0};
		struct span text = span_of(rows[i].text);
		printable_text(&out, text, false);
		assert_string_equal(buf_text(&out), rows[i].want);
		buf_clear(&out);
		const char *json = rows[i].want_json;
		printable_json(&out, text);
		if (json == NULL || *json != '\0')
			assert_string_equal(
			    buf_text(&out), json == NULL ? rows[i].text : json);
		buf_free(&out);
	}
	struct buf out = {0};
	printable_text(&out, SPAN("a\nb\033"), true);
	assert_string_equal(buf_text(&out), "a\nb\\x1b");
	buf_free(&out);
}

TEST(json_says_the_same)
{
	static const char value[] = "x\xc2\x9b\xe2\x80\xae\x7f\xf3\xa0\x81\xa7\n\"é👍";
	struct buf out = {0};
	json_t *before = json_pack("{s:s, s:[i]}", value, value, "n", 1);
	char *text = json_dumps(before, JSON_INDENT(2));
	printable_json(&out, span_of(text));
	assert_null(memchr(out.ptr, 0x7f, out.len));
	assert_null(strstr(buf_text(&out), "\xc2\x9b"));
	json_t *after = json_loads(buf_text(&out), 0, NULL);
	assert_true(json_equal(before, after));
	json_decref(before);
	json_decref(after);
	free(text);
	buf_free(&out);
}

TEST(ascii_is_told_from_the_rest)
{
	assert_true(printable_ascii(SPAN("")));
	assert_true(printable_ascii(SPAN("0123456789abcdef\n\x7f")));
	for (size_t at = 0; at < 20; at++) {
		char text[20];
		memset(text, 'a', sizeof(text));
		text[at] = (char)0x80;
		assert_false(printable_ascii((struct span){text, sizeof(text)}));
	}
}
