#include "test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query/filter.h"

#include "query_fixture.h"

static const struct {
	const char *spec, *want;
} refused[] = {
    {"5", "a filter is an object"},
    {"[]", "a filter is an object"},
    {"{\"a\": {\"$get\": 1}}", "at \"a\": \"$get\" is not an operator; did you mean"},
    {"{\"a\": {\"$gtee\": 1}}", "did you mean $gte?"},
    {"{\"a\": {\"$GTE\": 1}}", "did you mean $gte?"},
    {"{\"a\": {\"$exist\": true}}", "did you mean $exists?"},
    {"{\"a\": {\"$elemMatch\": {}}}", "\"$elemMatch\" is not an operator; there are"},
    {"{\"a\": {\"$gt\": 1, \"b\": 2}}",
	"at \"a\": operators and the field \"b\" cannot stand in one object"},
    {"{\"a\": {\"b\": 2, \"$gt\": 1}}", "\"$gt\" stands within a plain value"},
    {"{\"a\": {\"b\": {\"$gt\": 1}}}", "write the path with dots"},
    {"{\"a\": [{\"$gt\": 1}]}", "\"$gt\" stands within a plain value"},
    {"{\"$gt\": 1}", "\"$gt\" cannot stand outside of a field"},
    {"{\"$not\": {\"a\": 1}}", "cannot stand outside of a field"},
    {"{\"$an\": []}", "did you mean $and?"},
    {"{\"$where\": \"1\"}", "\"$where\" cannot stand"},
    {"{\"$and\": []}", "$and takes a list of at least one filter"},
    {"{\"$or\": {}}", "$or takes a list of at least one filter"},
    {"{\"$nor\": [5]}", "$nor[0]: a filter is an object"},
    {"{\"$or\": [{}, {\"a\": {\"$in\": 1}}]}", "$or[1]: at \"a\": $in takes a list"},
    {"{\"a\": {\"$or\": [{}]}}", "$or cannot stand below a field"},
    {"{\"a\": {\"$in\": [{\"$regex\": \"x\"}]}}", "$in takes plain values"},
    {"{\"a\": {\"$gt\": null}}", "$gt takes a number, a string or a boolean"},
    {"{\"a\": {\"$lte\": [1]}}", "$lte takes a number"},
    {"{\"a\": {\"$exists\": 1}}", "$exists takes true or false"},
    {"{\"a\": {\"$regex\": 1}}", "$regex takes a string"},
    {"{\"a\": {\"$regex\": \"(\"}}", "$regex is not a regular expression: "},
    {"{\"a\": {\"$regex\": \"\\\\C\"}}", "$regex is not a regular expression: "},
    {"{\"a\": {\"$regex\": \"a\", \"$options\": \"g\"}}", "letters of \"imsx\""},
    {"{\"a\": {\"$regex\": \"a\", \"$options\": 1}}", "$options takes a string"},
    {"{\"a\": {\"$options\": \"i\"}}", "$options belongs beside a $regex"},
    {"{\"a\": {\"$not\": 5}}", "$not takes operators"},
    {"{\"a\": {\"$not\": {}}}", "$not takes operators"},
    {"{\"a\": {\"$not\": {\"$foo\": 1}}}", "at \"a\": \"$foo\" is not an operator"},
    {"{\"\": 1}", "has an empty name"},
    {"{\"a..b\": 1}", "\"a..b\" has an empty name"},
    {"{\".a\": 1}", "has an empty name"},
    {"{\"a.\": 1}", "has an empty name"},
    {"{\"a.$b\": 1}", "do not start with \"$\""},
};

TEST(what_is_not_understood_is_named)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct error err = {0};
		struct filter *filter = NULL;
		json_t *spec = parse(refused[i].spec);
		if (filter_compile(&filter, spec, &err) == 0)
			fail_msg("%s: compiled", refused[i].spec);
		if (strstr(err.text, refused[i].want) == NULL)
			fail_msg("%s: got \"%s\", want \"%s\"", refused[i].spec,
			    err.text, refused[i].want);
		json_decref(spec);
		assert_int_equal(filter_compile(&filter, NULL, NULL), -1);
	}
}

/* `depth` objects within each other around a number. */
static json_t *nested(size_t depth)
{
	json_t *value = json_integer(1);
	for (size_t i = 0; i < depth; i++)
		value = json_pack("{s:o}", "a", value);
	return value;
}

TEST(nesting_has_a_limit)
{
	for (size_t depth = 30; depth < 36; depth++) {
		struct filter *filter = NULL;
		json_t *spec = nested(depth);
		int want = depth <= FILTER_NESTING_MAX ? 0 : -1;
		assert_int_equal(filter_compile(&filter, spec, NULL), want);
		filter_free(filter);
		json_decref(spec);
	}
}

static int compile_many(size_t count, const char *operator_name)
{
	struct filter *filter = NULL;
	json_t *list = json_array();
	json_t *spec = json_object();
	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(list, json_integer((json_int_t)i));
	(void)json_object_set_new(spec, "a", json_pack("{s:o}", operator_name, list));
	int rc = filter_compile(&filter, spec, NULL);
	filter_free(filter);
	json_decref(spec);
	return rc;
}

TEST(lists_and_conditions_have_limits)
{
	assert_int_equal(compile_many(10000, "$in"), 0);
	assert_int_equal(compile_many(10001, "$in"), -1);
	assert_int_equal(compile_many(10001, "$nin"), -1);
	for (int count = 900; count <= 1100; count += 200) {
		struct filter *filter = NULL;
		json_t *spec = json_object();
		for (int i = 0; i < count; i++) {
			char name[16];
			(void)snprintf(name, sizeof(name), "f%d", i);
			(void)json_object_set_new(spec, name, json_integer(i));
		}
		assert_int_equal(
		    filter_compile(&filter, spec, NULL), count < 1000 ? 0 : -1);
		filter_free(filter);
		json_decref(spec);
	}
}

TEST(the_demanded_scalars_are_known)
{
	static const struct {
		const char *spec, *path, *want;
	} rows[] = {
	    {"{\"a\": 1}", "a", "1"},
	    {"{\"a\": \"x\", \"b\": 2}", "b", "2"},
	    {"{\"a.b\": true}", "a.b", "true"},
	    {"{\"a\": {\"$eq\": \"x\"}}", "a", "\"x\""},
	    {"{\"a\": {\"$eq\": 5, \"$gt\": 3}}", "a", "5"},
	    {"{\"$and\": [{\"b\": 1}, {\"$and\": [{\"a\": 7}]}]}", "a", "7"},
	    {"{\"a\": 1}", "b", NULL},
	    {"{\"a\": null}", "a", NULL},
	    {"{\"a\": [1]}", "a", NULL},
	    {"{\"a\": {\"b\": 1}}", "a", NULL},
	    {"{\"a\": {\"b\": 1}}", "a.b", NULL},
	    {"{\"a\": {\"$ne\": 1}}", "a", NULL},
	    {"{\"a\": {\"$gte\": 1}}", "a", NULL},
	    {"{\"a\": {\"$not\": {\"$eq\": 1}}}", "a", NULL},
	    {"{\"$or\": [{\"a\": 1}, {\"a\": 2}]}", "a", NULL},
	    {"{\"$nor\": [{\"a\": 1}]}", "a", NULL},
	    {"{}", "a", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct filter *filter = NULL;
		json_t *spec = parse(rows[i].spec);
		assert_int_equal(filter_compile(&filter, spec, NULL), 0);
		json_decref(spec);
		const json_t *got = filter_equals(filter, rows[i].path);
		json_t *want = rows[i].want == NULL ? NULL : parse(rows[i].want);
		if ((got == NULL) != (want == NULL) ||
		    (got != NULL && !json_equal(got, want)))
			fail_msg("%s: \"%s\"", rows[i].spec, rows[i].path);
		json_decref(want);
		filter_free(filter);
	}
}

TEST(what_is_below_and_is_demanded_too)
{
	struct filter *filter = NULL;
	json_t *spec =
	    parse("{\"a\": 1, \"$and\": [{\"b\": 2}, {\"c\": 3}], \"d\": 4}");
	static const char paths[][2] = {"a", "b", "c", "d"};
	assert_int_equal(filter_compile(&filter, spec, NULL), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(
		    json_integer_value(filter_equals(filter, paths[i])), i + 1);
	assert_null(filter_equals(filter, "e"));
	filter_free(filter);
	filter_free(NULL);
	json_decref(spec);
}

TEST(a_compiled_filter_does_not_need_its_text)
{
	struct filter *filter = NULL;
	json_t *spec = parse("{\"a\": \"x\", \"b\": {\"$in\": [\"p\", \"q\"]}}");
	assert_int_equal(filter_compile(&filter, spec, NULL), 0);
	(void)json_string_set(json_object_get(spec, "a"), "changed");
	json_decref(spec);
	json_t *doc = parse("{\"a\": \"x\", \"b\": \"q\"}");
	assert_true(fits(filter, doc));
	json_decref(doc);
	filter_free(filter);
}
