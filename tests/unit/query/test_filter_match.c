#include "test.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "query/filter.h"

#include "query_fixture.h"

struct row {
	const char *filter, *doc;
	bool want;
};

static bool matches(const char *filter_text, const char *doc_text)
{
	struct error err = {0};
	struct filter *filter = NULL;
	json_t *spec = parse(filter_text), *doc = parse(doc_text);
	if (filter_compile(&filter, spec, &err) != 0)
		fail_msg("%s: %s", filter_text, err.text);
	json_decref(spec);
	bool got = fits(filter, doc);
	json_decref(doc);
	filter_free(filter);
	return got;
}

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (matches(rows[i].filter, rows[i].doc) != rows[i].want)
			fail_msg("%s on %s: want %s", rows[i].filter, rows[i].doc,
			    rows[i].want ? "a match" : "no match");
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

TEST(a_plain_value_means_equal)
{
	static const struct row rows[] = {
	    {"{}", "{}", true},
	    {"{}", "{\"a\": 1}", true},
	    {"{\"a\": 1}", "{\"a\": 1}", true},
	    {"{\"a\": 1}", "{\"a\": 2}", false},
	    {"{\"a\": 1}", "{\"a\": \"1\"}", false},
	    {"{\"a\": \"x\"}", "{\"a\": \"x\"}", true},
	    {"{\"a\": \"x\"}", "{\"a\": \"X\"}", false},
	    {"{\"a\": true}", "{\"a\": true}", true},
	    {"{\"a\": true}", "{\"a\": 1}", false},
	    {"{\"a\": false}", "{}", false},
	    {"{\"a\": 1, \"b\": 2}", "{\"a\": 1, \"b\": 2}", true},
	    {"{\"a\": 1, \"b\": 2}", "{\"a\": 1, \"b\": 3}", false},
	    {"{\"a\": {\"$eq\": 1}}", "{\"a\": 1}", true},
	    {"{\"a\": {\"$eq\": {\"$gt\": 1}}}", "{\"a\": {\"$gt\": 1}}", true},
	    {"{\"a\": \"x\\u0000y\"}", "{\"a\": \"x\\u0000y\"}", true},
	    {"{\"a\": \"x\\u0000y\"}", "{\"a\": \"x\\u0000z\"}", false},
	};
	CHECK(rows);
}

TEST(objects_are_equal_whatever_their_order)
{
	static const struct row rows[] = {
	    {"{\"a\": {\"x\": 1, \"y\": 2}}", "{\"a\": {\"y\": 2, \"x\": 1}}", true},
	    {"{\"a\": {\"x\": 1}}", "{\"a\": {\"x\": 1, \"y\": 2}}", false},
	    {"{\"a\": {\"x\": 1, \"y\": 2}}", "{\"a\": {\"x\": 1}}", false},
	    {"{\"a\": {\"x\": null}}", "{\"a\": {}}", false},
	    {"{\"a\": {}}", "{\"a\": {}}", true},
	    {"{\"a\": {}}", "{\"a\": null}", false},
	    {"{\"a\": {}}", "{\"a\": {\"b\": 1}}", false},
	};
	CHECK(rows);
}

TEST(null_equals_a_missing_field)
{
	static const struct row rows[] = {
	    {"{\"a\": null}", "{}", true},
	    {"{\"a\": null}", "{\"a\": null}", true},
	    {"{\"a\": null}", "{\"a\": 0}", false},
	    {"{\"a\": null}", "{\"a\": []}", false},
	    {"{\"a\": null}", "{\"a\": [1, null]}", true},
	    {"{\"a.b\": null}", "{\"a\": {}}", true},
	    {"{\"a.b\": null}", "{\"a\": 4}", true},
	    {"{\"a.b\": null}", "{}", true},
	    {"{\"a.b\": null}", "{\"a\": [{\"b\": 3}, {}]}", true},
	    {"{\"a.b\": null}", "{\"a\": [{\"b\": 3}, {\"b\": 4}]}", false},
	    {"{\"a.b\": null}", "{\"a\": []}", false},
	    {"{\"a.b\": null}", "{\"a\": [1, 2]}", false},
	    {"{\"a.1\": null}", "{\"a\": [1]}", true},
	    {"{\"a\": {\"$ne\": null}}", "{}", false},
	    {"{\"a\": {\"$ne\": null}}", "{\"a\": 0}", true},
	    {"{\"a\": {\"$in\": [null, 5]}}", "{}", true},
	    {"{\"a\": {\"$nin\": [null]}}", "{}", false},
	};
	CHECK(rows);
}

TEST(exists_asks_for_the_field_not_its_value)
{
	static const struct row rows[] = {
	    {"{\"a\": {\"$exists\": true}}", "{\"a\": null}", true},
	    {"{\"a\": {\"$exists\": true}}", "{}", false},
	    {"{\"a\": {\"$exists\": false}}", "{}", true},
	    {"{\"a\": {\"$exists\": false}}", "{\"a\": null}", false},
	    {"{\"a\": {\"$exists\": true}}", "{\"a\": []}", true},
	    {"{\"a.b\": {\"$exists\": true}}", "{\"a\": [{\"c\": 1}, {\"b\": 1}]}",
		true},
	    {"{\"a.b\": {\"$exists\": true}}", "{\"a\": [{\"c\": 1}]}", false},
	    {"{\"a.b\": {\"$exists\": false}}", "{\"a\": []}", true},
	    {"{\"a.1\": {\"$exists\": true}}", "{\"a\": [1, 2]}", true},
	    {"{\"a.2\": {\"$exists\": true}}", "{\"a\": [1, 2]}", false},
	};
	CHECK(rows);
}

TEST(order_is_within_a_type)
{
	static const struct row rows[] = {
	    {"{\"a\": {\"$gt\": 1}}", "{\"a\": 2}", true},
	    {"{\"a\": {\"$gt\": 1}}", "{\"a\": 1}", false},
	    {"{\"a\": {\"$gte\": 1}}", "{\"a\": 1.0}", true},
	    {"{\"a\": {\"$gt\": 1}}", "{\"a\": \"2\"}", false},
	    {"{\"a\": {\"$lt\": 1}}", "{\"a\": null}", false},
	    {"{\"a\": {\"$lt\": 1}}", "{}", false},
	    {"{\"a\": {\"$lte\": \"b\"}}", "{\"a\": \"a\"}", true},
	    {"{\"a\": {\"$lt\": \"B\"}}", "{\"a\": \"a\"}", false},
	    {"{\"a\": {\"$lt\": \"a\"}}", "{\"a\": \"\"}", true},
	    {"{\"a\": {\"$gt\": \"a\"}}", "{\"a\": \"a\\u0000\"}", true},
	    {"{\"a\": {\"$gt\": \"z\"}}", "{\"a\": \"\\u00e9\"}", true},
	    {"{\"a\": {\"$lt\": true}}", "{\"a\": false}", true},
	    {"{\"a\": {\"$lt\": true}}", "{\"a\": 0}", false},
	    {"{\"a\": {\"$gt\": 1, \"$lt\": 5}}", "{\"a\": 3}", true},
	    {"{\"a\": {\"$gt\": 1, \"$lt\": 5}}", "{\"a\": 5}", false},
	    {"{\"a\": {\"$not\": {\"$gt\": 1}}}", "{}", true},
	    {"{\"a\": {\"$not\": {\"$gt\": 1}}}", "{\"a\": \"x\"}", true},
	    {"{\"a\": {\"$not\": {\"$gt\": 1}}}", "{\"a\": 2}", false},
	};
	CHECK(rows);
}

TEST(integers_and_reals_compare_exactly)
{
	static const struct row rows[] = {
	    {"{\"a\": 1}", "{\"a\": 1.0}", true},
	    {"{\"a\": 0}", "{\"a\": -0.0}", true},
	    {"{\"a\": 9007199254740993}", "{\"a\": 9007199254740992.0}", false},
	    {"{\"a\": {\"$gt\": 9007199254740992.0}}", "{\"a\": 9007199254740993}",
		true},
	    {"{\"a\": {\"$lt\": 9007199254740993}}", "{\"a\": 9007199254740992.0}",
		true},
	    {"{\"a\": 9223372036854775807}", "{\"a\": 9223372036854775808.0}", false},
	    {"{\"a\": {\"$lt\": 9.3e18}}", "{\"a\": 9223372036854775807}", true},
	    {"{\"a\": {\"$gt\": -1e300}}", "{\"a\": -9223372036854775808}", true},
	    {"{\"a\": -9223372036854775808}", "{\"a\": -9223372036854775808.0}", true},
	    {"{\"a\": {\"$gt\": 2}}", "{\"a\": 2.5}", true},
	    {"{\"a\": {\"$lt\": -2}}", "{\"a\": -2.5}", true},
	    {"{\"a\": {\"$gt\": -2.5}}", "{\"a\": -2}", true},
	};
	CHECK(rows);
}

TEST(a_list_matches_by_itself_or_by_an_element)
{
	static const struct row rows[] = {
	    {"{\"a\": 2}", "{\"a\": [1, 2]}", true},
	    {"{\"a\": 3}", "{\"a\": [1, 2]}", false},
	    {"{\"a\": [1, 2]}", "{\"a\": [1, 2]}", true},
	    {"{\"a\": [2, 1]}", "{\"a\": [1, 2]}", false},
	    {"{\"a\": [1, 2]}", "{\"a\": [0, [1, 2]]}", true},
	    {"{\"a\": 1}", "{\"a\": [[1]]}", false},
	    {"{\"a\": {\"$gt\": 5}}", "{\"a\": [1, 9]}", true},
	    {"{\"a\": {\"$gt\": 5, \"$lt\": 3}}", "{\"a\": [1, 9]}", true},
	    {"{\"a\": {\"$ne\": 2}}", "{\"a\": [1, 2]}", false},
	    {"{\"a\": {\"$ne\": 3}}", "{\"a\": [1, 2]}", true},
	    {"{\"a\": {\"$nin\": [3, 2]}}", "{\"a\": [1, 2]}", false},
	    {"{\"a\": {\"$not\": {\"$gt\": 5}}}", "{\"a\": [1, 9]}", false},
	    {"{\"a\": {\"$in\": [[1, 2]]}}", "{\"a\": [1, 2]}", true},
	    {"{\"a\": {\"$in\": [7, 2]}}", "{\"a\": [1, 2]}", true},
	    {"{\"a\": {\"$in\": []}}", "{\"a\": 1}", false},
	    {"{\"a\": {\"$nin\": []}}", "{\"a\": 1}", true},
	    {"{\"a\": {\"$regex\": \"^b\"}}", "{\"a\": [\"a\", \"b\"]}", true},
	};
	CHECK(rows);
}

TEST(paths_go_through_objects_and_lists)
{
	static const char media[] =
	    "{\"media\": [{\"url\": \"u1\", \"type\": \"image/png\"}, {\"url\": \"u2\"}]}";
	static const struct row rows[] = {
	    {"{\"a.b\": 1}", "{\"a\": {\"b\": 1}}", true},
	    {"{\"a.b\": 1}", "{\"a\": {\"b\": 2}}", false},
	    {"{\"a.b\": 1}", "{\"a.b\": 1}", false},
	    {"{\"media.url\": \"u2\"}", media, true},
	    {"{\"media.url\": \"u3\"}", media, false},
	    {"{\"media.0.url\": \"u1\"}", media, true},
	    {"{\"media.0.url\": \"u2\"}", media, false},
	    {"{\"media.url\": {\"$ne\": \"u2\"}}", media, false},
	    {"{\"media.type\": {\"$exists\": true}}", media, true},
	    {"{\"a.0\": 1}", "{\"a\": [1, 2]}", true},
	    {"{\"a.0\": 2}", "{\"a\": [1, 2]}", false},
	    {"{\"a.00\": 1}", "{\"a\": [1, 2]}", false},
	    {"{\"a.0\": 1}", "{\"a\": {\"0\": 1}}", true},
	    {"{\"a.0\": 2}", "{\"a\": [[1, 2]]}", true},
	    {"{\"a.0.1\": 2}", "{\"a\": [[1, 2]]}", true},
	    {"{\"a.b.c\": 1}", "{\"a\": [{\"b\": [{\"c\": 2}, {\"c\": 1}]}]}", true},
	    {"{\"a.b\": 1}", "{\"a\": [[{\"b\": 1}]]}", false},
	    {"{\"a.b\": 1}", "{\"a\": [{\"b\": [3, 1]}]}", true},
	};
	CHECK(rows);
}

TEST(logic_combines_filters)
{
	static const struct row rows[] = {
	    {"{\"$and\": [{\"a\": 1}, {\"b\": 2}]}", "{\"a\": 1, \"b\": 2}", true},
	    {"{\"$and\": [{\"a\": 1}, {\"b\": 2}]}", "{\"a\": 1}", false},
	    {"{\"$or\": [{\"a\": 1}, {\"b\": 2}]}", "{\"b\": 2}", true},
	    {"{\"$or\": [{\"a\": 1}, {\"b\": 2}]}", "{\"c\": 2}", false},
	    {"{\"$nor\": [{\"a\": 1}, {\"b\": 2}]}", "{\"c\": 2}", true},
	    {"{\"$nor\": [{\"a\": 1}, {\"b\": 2}]}", "{\"a\": 1}", false},
	    {"{\"$or\": [{\"a\": 1}, {\"a\": 2}], \"b\": 3}", "{\"a\": 2, \"b\": 3}",
		true},
	    {"{\"$or\": [{\"a\": 1}, {\"a\": 2}], \"b\": 3}", "{\"a\": 2, \"b\": 4}",
		false},
	    {"{\"$and\": [{}]}", "{}", true},
	    {"{\"$nor\": [{}]}", "{}", false},
	    {"{\"$or\": [{\"$and\": [{\"a\": 1}, {\"b\": 1}]}, {\"c\": 1}]}",
		"{\"a\": 1, \"b\": 1}", true},
	};
	CHECK(rows);
}

TEST(regular_expressions_search_strings)
{
	static const struct row rows[] = {
	    {"{\"a\": {\"$regex\": \"ell\"}}", "{\"a\": \"hello\"}", true},
	    {"{\"a\": {\"$regex\": \"^ell\"}}", "{\"a\": \"hello\"}", false},
	    {"{\"a\": {\"$regex\": \"HELLO\"}}", "{\"a\": \"hello\"}", false},
	    {"{\"a\": {\"$regex\": \"HELLO\", \"$options\": \"i\"}}",
		"{\"a\": \"hello\"}", true},
	    {"{\"a\": {\"$options\": \"i\", \"$regex\": \"HELLO\"}}",
		"{\"a\": \"hello\"}", true},
	    {"{\"a\": {\"$regex\": \"^b$\"}}", "{\"a\": \"a\\nb\"}", false},
	    {"{\"a\": {\"$regex\": \"^b$\", \"$options\": \"m\"}}",
		"{\"a\": \"a\\nb\"}", true},
	    {"{\"a\": {\"$regex\": \"a.b\"}}", "{\"a\": \"a\\nb\"}", false},
	    {"{\"a\": {\"$regex\": \"a.b\", \"$options\": \"s\"}}",
		"{\"a\": \"a\\nb\"}", true},
	    {"{\"a\": {\"$regex\": \"a b # c\", \"$options\": \"x\"}}",
		"{\"a\": \"ab\"}", true},
	    {"{\"a\": {\"$regex\": \"^.$\"}}", "{\"a\": \"\\u00e9\"}", true},
	    {"{\"a\": {\"$regex\": \"(a)(b)(c)\"}}", "{\"a\": \"abc\"}", true},
	    {"{\"a\": {\"$regex\": \"1\"}}", "{\"a\": 1}", false},
	    {"{\"a\": {\"$regex\": \"\"}}", "{}", false},
	    {"{\"a\": {\"$not\": {\"$regex\": \"^h\"}}}", "{\"a\": \"hello\"}", false},
	    {"{\"a\": {\"$not\": {\"$regex\": \"^h\"}}}", "{}", true},
	    {"{\"a\": {\"$regex\": \"^h\", \"$ne\": \"hello\"}}", "{\"a\": \"hi\"}",
		true},
	};
	CHECK(rows);
}

TEST(only_objects_are_documents)
{
	static const struct row rows[] = {
	    {"{}", "[]", false},
	    {"{}", "5", false},
	    {"{\"0\": 1}", "[1]", false},
	    {"{\"a\": null}", "null", false},
	};
	CHECK(rows);
}

TEST(long_lists_of_values_find_each)
{
	struct filter *filter = NULL;
	json_t *list = json_array();
	for (json_int_t i = 9999; i >= 0; i--)
		(void)json_array_append_new(list, json_integer(2 * i));
	json_t *spec = json_pack("{s:{s:o}}", "a", "$in", list);
	assert_int_equal(filter_compile(&filter, spec, NULL), 0);
	json_decref(spec);
	for (int i = 0; i < 20000; i++) {
		json_t *doc = json_pack("{s:i}", "a", i);
		assert_int_equal(fits(filter, doc), i % 2 == 0);
		json_decref(doc);
	}
	filter_free(filter);
}
