#include "test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query/update.h"

#include "query_fixture.h"

TEST(what_is_not_understood_is_named)
{
	static const struct {
		const char *spec, *want;
	} rows[] = {
	    {"{}", "an update is an object of operators such as {\"$set\""},
	    {"[]", "an update is an object of operators"},
	    {"5", "an update is an object of operators"},
	    {"{\"status\": 1}", "to set a field write {\"$set\": {\"status\": …}}"},
	    {"{\"$set\": {\"a\": 1}, \"b\": 2}", "\"b\" is not an operator"},
	    {"{\"$sett\": {\"a\": 1}}",
		"\"$sett\" is not an update operator; did you mean $set"},
	    {"{\"$addtoset\": {}}", "did you mean $addToSet?"},
	    {"{\"$mul\": {\"a\": 1}}", "there are $set $unset"},
	    {"{\"$set\": 5}",
		"$set takes an object of paths: {\"$set\": {\"path\": …}}"},
	    {"{\"$set\": [\"a\"]}", "$set takes an object of paths"},
	    {"{\"$set\": {\"a..b\": 1}}",
		"$set at \"a..b\": \"a..b\" has an empty name"},
	    {"{\"$set\": {\"$a\": 1}}", "do not start with \"$\""},
	    {"{\"$inc\": {\"n\": \"1\"}}", "$inc at \"n\": needs a number"},
	    {"{\"$inc\": {\"n\": null}}", "$inc at \"n\": needs a number"},
	    {"{\"$push\": {\"l\": {\"$each\": 1}}}",
		"$push at \"l\": takes a value, or"},
	    {"{\"$push\": {\"l\": {\"$each\": [], \"$slice\": 2}}}",
		"nothing beside $each"},
	    {"{\"$addToSet\": {\"l\": {\"$in\": [1]}}}",
		"$addToSet at \"l\": takes a value"},
	    {"{\"$pull\": {\"l\": {\"$foo\": 1}}}",
		"$pull at \"l\": \"$foo\" is not an oper"},
	    {"{\"$pull\": {\"l\": {\"a\": {\"$gtt\": 1}}}}",
		"$pull at \"l\": at \"a\": \"$gtt\" is not"},
	    {"{\"$rename\": {\"a\": 1}}", "$rename at \"a\": needs the new path"},
	    {"{\"$rename\": {\"a\": \"b.\"}}",
		"$rename at \"a\": \"b.\" has an empty name"},
	    {"{\"$set\": {\"_id\": 1}}",
		"$set at \"_id\": a document's _id never changes"},
	    {"{\"$unset\": {\"_id.x\": 1}}", "a document's _id never changes"},
	    {"{\"$rename\": {\"_id\": \"a\"}}", "a document's _id never changes"},
	    {"{\"$rename\": {\"a\": \"_id\"}}", "a document's _id never changes"},
	    {"{\"$setOnInsert\": {\"_id\": 1}}", "a document's _id never changes"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = {0};
		struct update *update = NULL;
		json_t *spec = parse(rows[i].spec);
		if (update_compile(&update, spec, &err) == 0)
			fail_msg("%s: compiled", rows[i].spec);
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s: got \"%s\", want \"%s\"", rows[i].spec, err.text,
			    rows[i].want);
		json_decref(spec);
	}
	update_free(NULL);
}

TEST(one_value_is_changed_once)
{
	static const struct {
		const char *spec;
		bool conflict;
	} rows[] = {
	    {"{\"$set\": {\"a\": 1}, \"$inc\": {\"a\": 1}}", true},
	    {"{\"$set\": {\"a\": 1}, \"$unset\": {\"a.b\": 1}}", true},
	    {"{\"$set\": {\"a.b.c\": 1, \"a.b\": 1}}", true},
	    {"{\"$set\": {\"a.b\": 1, \"x\": 1, \"a.c\": 1, \"a\": 1}}", true},
	    {"{\"$rename\": {\"a\": \"b\"}, \"$set\": {\"b\": 1}}", true},
	    {"{\"$rename\": {\"a\": \"b.c\"}, \"$set\": {\"b\": 1}}", true},
	    {"{\"$rename\": {\"a\": \"a\"}}", true},
	    {"{\"$rename\": {\"a\": \"a.b\"}}", true},
	    {"{\"$rename\": {\"a\": \"b\", \"b\": \"c\"}}", true},
	    {"{\"$set\": {\"a\": 1}, \"$setOnInsert\": {\"a\": 1}}", true},
	    {"{\"$set\": {\"a.b\": 1}, \"$inc\": {\"a.c\": 1}}", false},
	    {"{\"$set\": {\"a\": 1, \"ab\": 1, \"a-b\": 1, \"b.a\": 1}}", false},
	    {"{\"$set\": {\"a-.x\": 1, \"a.x\": 1, \"a0\": 1}}", false},
	    {"{\"$rename\": {\"a.b\": \"a.c\"}}", false},
	    {"{\"$set\": {}}", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = {0};
		struct update *update = NULL;
		json_t *spec = parse(rows[i].spec);
		int rc = update_compile(&update, spec, &err);
		if (rc != (rows[i].conflict ? -1 : 0))
			fail_msg("%s: %s", rows[i].spec, err.text);
		if (rc != 0)
			assert_non_null(strstr(err.text, "cannot change both \""));
		json_decref(spec);
		if (rc == 0)
			update_free(update);
	}
}

TEST(changes_and_nesting_have_limits)
{
	for (int count = 1000; count <= 1001; count++) {
		struct update *update = NULL;
		json_t *fields = json_object();
		for (int i = 0; i < count; i++) {
			char name[16];
			(void)snprintf(name, sizeof(name), "f%d", i);
			(void)json_object_set_new(fields, name, json_integer(i));
		}
		json_t *spec = json_pack("{s:o}", "$set", fields);
		assert_int_equal(
		    update_compile(&update, spec, NULL), count <= 1000 ? 0 : -1);
		update_free(update);
		json_decref(spec);
	}
	for (int depth = 60; depth < 70; depth++) {
		struct update *update = NULL;
		json_t *value = json_array();
		for (int i = 3; i < depth; i++)
			value = json_pack("[o]", value);
		json_t *spec = json_pack("{s:{s:o}}", "$set", "a", value);
		assert_int_equal(update_compile(&update, spec, NULL),
		    depth <= UPDATE_NESTING_MAX ? 0 : -1);
		update_free(update);
		json_decref(spec);
	}
}
