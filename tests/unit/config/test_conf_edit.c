/* A setting that changes in a settings file, and the rest of the file, which does not. */
#include "test.h"

#include "config/conf_edit.h"

TEST(one_line_changes_and_the_rest_stays)
{
	static const struct {
		const char *text, *value, *want;
		bool changes;
	} rows[] = {
	    {"", "x", "listen = x\n", true},
	    {"# mine\ndata = /d\n", "x", "# mine\ndata = /d\nlisten = x\n", true},
	    {"data = /d", "x", "data = /d\nlisten = x\n", true},
	    {"listen = y\ndata = /d\n", "x", "listen = x\ndata = /d\n", true},
	    {"  listen=y # old\n", "x", "listen = x\n", true},
	    {"# about\n#listen = y\n\n#data = /d\n", "x",
		"# about\nlisten = x\n\n#data = /d\n", true},
	    {"#listen = z\nlisten = y", "x", "#listen = z\nlisten = x\n", true},
	    {"listen = x\n", "x", "listen = x\n", false},
	    {"listen = \"x\"", "x", "listen = \"x\"", false},
	    {"redirect-listen = y\n", "x", "redirect-listen = y\nlisten = x\n", true},
	    {"", "\"x\"", "listen = \"\"x\"\"\n", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = {0};
		bool changes = conf_edit_set(
		    &out, span_of(rows[i].text), "listen", span_of(rows[i].value));
		assert_string_equal(buf_text(&out), rows[i].want);
		assert_int_equal(changes, rows[i].changes);
		buf_free(&out);
	}
}

TEST(what_a_file_cannot_say_is_refused)
{
	static const struct {
		const char *value;
		int rc;
	} rows[] = {{"https://a/#x", 0}, {"a b", 0}, {"a #b", -1}, {"#b", -1},
	    {"a\nb = c", -1}, {"", -1}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    conf_edit_check(span_of(rows[i].value), NULL), rows[i].rc);
}
