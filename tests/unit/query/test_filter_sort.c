#include "test.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "query/filter.h"

#include "query_fixture.h"

TEST(a_sort_names_paths_and_directions)
{
	static const struct {
		const char *sort, *want;
	} rows[] = {
	    {"{}", NULL},
	    {"{\"a\": 1}", NULL},
	    {"{\"a.b.0\": -1, \"c\": 1}", NULL},
	    {"[]", "a sort is an object"},
	    {"{\"a\": 0}", "\"a\" needs 1 (ascending) or -1"},
	    {"{\"a\": \"desc\"}", "\"a\" needs 1 (ascending) or -1"},
	    {"{\"a\": true}", "\"a\" needs 1"},
	    {"{\"a..b\": 1}", "sort: \"a..b\" has an empty name"},
	    {"{\"$a\": 1}", "do not start with \"$\""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = {0};
		json_t *sort = parse(rows[i].sort);
		int rc = filter_sort_check(sort, &err);
		json_decref(sort);
		assert_int_equal(rc, rows[i].want == NULL ? 0 : -1);
		if (rows[i].want != NULL && strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s: got \"%s\"", rows[i].sort, err.text);
	}
}

TEST(documents_sort_by_each_path_in_turn)
{
	static const struct {
		const char *sort, *a, *b;
		int want;
	} rows[] = {
	    {"{\"a\": 1}", "{\"a\": 1}", "{\"a\": 2}", -1},
	    {"{\"a\": -1}", "{\"a\": 1}", "{\"a\": 2}", 1},
	    {"{\"a\": 1}", "{}", "{\"a\": 0}", -1},
	    {"{\"a\": 1}", "{}", "{\"a\": null}", 0},
	    {"{\"a\": 1, \"b\": -1}", "{\"a\": 1, \"b\": 1}", "{\"a\": 1, \"b\": 2}",
		1},
	    {"{\"b\": 1, \"a\": 1}", "{\"a\": 2, \"b\": 1}", "{\"a\": 1, \"b\": 2}",
		-1},
	    {"{\"a.b\": 1}", "{\"a\": {\"b\": \"x\"}}", "{\"a\": {\"b\": \"y\"}}", -1},
	    {"{\"a.1\": 1}", "{\"a\": [5, 1]}", "{\"a\": [1, 5]}", -1},
	    {"{}", "{\"a\": 1}", "{\"a\": 2}", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *sort = parse(rows[i].sort);
		json_t *a = parse(rows[i].a), *b = parse(rows[i].b);
		int got = filter_sort_compare(sort, a, b);
		if ((got > 0) - (got < 0) != rows[i].want)
			fail_msg("%s: %s and %s", rows[i].sort, rows[i].a, rows[i].b);
		json_decref(sort);
		json_decref(a);
		json_decref(b);
	}
}

TEST(a_path_leads_to_one_value)
{
	static const char doc_text[] =
	    "{\"a\": {\"b\": [10, {\"c\": 11}]}, \"0\": {\"1\": 12}, \"d.e\": 13, \"\": 14}";

	static const struct {
		const char *path;
		int want; /* 0: none */
	} rows[] = {
	    {"a.b.0", 10},
	    {"a.b.1.c", 11},
	    {"0.1", 12},
	    {"a.b.c", 0},
	    {"a.b.2", 0},
	    {"a.b.0.x", 0},
	    {"a.b.99999999999999999999", 0},
	    {"a.x.y", 0},
	    {"d.e", 0},
	    {"a.", 0},
	    {"x", 0},
	};

	json_t *doc = parse(doc_text);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (json_integer_value(filter_path(doc, rows[i].path)) != rows[i].want)
			fail_msg("%s: want %d", rows[i].path, rows[i].want);
	json_decref(doc);
}
