#include "test.h"

#include <stdlib.h>

#include "view/csv.h"

/* The table that an array of objects becomes; the caller frees it. */
static char *table_of(const char *json, bool safe, bool printable)
{
	char *text = NULL;
	size_t len, i;
	json_t *all = json_loads(json, 0, NULL), *object;
	FILE *out = open_memstream(&text, &len);
	struct csv *csv = csv_new(safe, printable);
	assert_non_null(all);
	json_array_foreach(all, i, object)
		csv_learn(csv, object);
	csv_header(csv, out);
	json_array_foreach(all, i, object)
		csv_row(csv, out, object);
	assert_int_equal(fclose(out), 0);
	csv_free(csv);
	json_decref(all);
	return text;
}

TEST(objects_become_rows)
{

	static const struct {
		const char *json;
		bool safe;
		const char *want;
	} rows[] = {
	    {"[]", false, "\r\n"},
	    {"[{\"a\":\"x\",\"b\":1}]", false, "a,b\r\nx,1\r\n"},
	    {"[{\"a\":1},{\"b\":2,\"a\":null}]", false, "a,b\r\n1,\r\n,2\r\n"},
	    {"[{\"a\":\"x,y\",\"b\":\"say \\\"hi\\\"\"}]", false,
		"a,b\r\n\"x,y\",\"say \"\"hi\"\"\"\r\n"},
	    {"[{\"a\":\"two\\nlines\"}]", false, "a\r\n\"two\nlines\"\r\n"},
	    {"[{\"a\":[1,\"b\"],\"b\":{\"c\":true}}]", false,
		"a,b\r\n\"[1,\"\"b\"\"]\",\"{\"\"c\"\":true}\"\r\n"},
	    {"[{\"a\":true,\"b\":-1.5,\"c\":\"\"}]", false, "a,b,c\r\ntrue,-1.5,\r\n"},
	    {"[{\"a\":\"=1+1\"}]", false, "a\r\n=1+1\r\n"},
	    {"[{\"a\":\"=1+1\",\"b\":\"+1555\",\"c\":-1,\"d\":\"@x\"}]", true,
		"a,b,c,d\r\n'=1+1,'+1555,-1,'@x\r\n"},
	    {"[{\"a\":\"=HYPERLINK(\\\"x\\\",\\\"y\\\")\"}]", true,
		"a\r\n\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"\r\n"},
	    {"[{\"a\":\"\\n=1\",\"b\":\"＝1\",\"c\":\"１\"}]", true,
		"a,b,c\r\n\"'\n=1\",'＝1,１\r\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *got = table_of(rows[i].json, rows[i].safe, false);
		assert_string_equal(got, rows[i].want);
		free(got);
	}
}

/* faults 5.14: exact for programs, harmless on a terminal */
TEST(a_terminal_gets_no_control_characters)
{
	static const char json[] =
	    "[{\"a\":\"x\\u001b[2J\\u009b\\u202ey\",\"b\\u0007\":\"two\\nlines\"}]";
	char *exact = table_of(json, false, false);
	assert_string_equal(
	    exact, "a,b\a\r\nx\033[2J\xc2\x9b\xe2\x80\xaey,\"two\nlines\"\r\n");
	free(exact);
	char *shown = table_of(json, false, true);
	assert_string_equal(shown, "a,b\\x07\r\nx\\x1b[2J\\x9b\\u202ey,two⏎lines\r\n");
	free(shown);
}
