#include "test.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "query/update.h"

#include "query_fixture.h"

static int apply(const char *spec_text, json_t *doc, bool inserting, struct error *err)
{
	struct update *update = NULL;
	json_t *spec = parse(spec_text);
	if (update_compile(&update, spec, err) != 0)
		fail_msg("%s: %s", spec_text, err->text);
	json_decref(spec);
	int rc = run_update(update, doc, inserting, err);
	update_free(update);
	return rc;
}

struct row {
	const char *doc, *spec, *want; /* want is the document after it */
};

static void check(const struct row *rows, size_t count, bool inserting)
{
	for (size_t i = 0; i < count; i++) {
		struct error err = {0};
		json_t *doc = parse(rows[i].doc), *want = parse(rows[i].want);
		int want_rc = json_equal(doc, want) ? 0 : 1;
		int rc = apply(rows[i].spec, doc, inserting, &err);
		if (rc != want_rc || !json_equal(doc, want)) {
			char *got = json_dumps(doc, 0);
			fail_msg("%s on %s: %d %s, got %s", rows[i].spec, rows[i].doc,
			    rc, err.text, got);
		}
		json_decref(doc);
		json_decref(want);
	}
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]), false)

TEST(set_makes_what_is_missing)
{
	static const struct row rows[] = {
	    {"{}", "{\"$set\": {\"a\": 1}}", "{\"a\": 1}"},
	    {"{\"a\": 1}", "{\"$set\": {\"a\": 1}}", "{\"a\": 1}"},
	    {"{\"a\": 1}", "{\"$set\": {\"a\": 1.0}}", "{\"a\": 1.0}"},
	    {"{\"a\": 1}", "{\"$set\": {\"a\": null}}", "{\"a\": null}"},
	    {"{}", "{\"$set\": {\"a\": null}}", "{\"a\": null}"},
	    {"{}", "{\"$set\": {\"a.b.c\": 1, \"a.d\": 2}}",
		"{\"a\": {\"b\": {\"c\": 1}, \"d\": 2}}"},
	    {"{\"a\": null}", "{\"$set\": {\"a.b\": 1}}", "{\"a\": {\"b\": 1}}"},
	    {"{\"a\": {\"b\": 1}}", "{\"$set\": {\"a\": {\"c\": 1}}}",
		"{\"a\": {\"c\": 1}}"},
	    {"{}", "{\"$set\": {\"a.0\": 1}}", "{\"a\": {\"0\": 1}}"},
	    {"{\"a\": [1, 2]}", "{\"$set\": {\"a.1\": 3}}", "{\"a\": [1, 3]}"},
	    {"{\"a\": [{\"b\": 1}]}", "{\"$set\": {\"a.0.b\": 2}}",
		"{\"a\": [{\"b\": 2}]}"},
	    {"{\"a\": [1]}", "{\"$set\": {\"a.3\": 4}}", "{\"a\": [1, null, null, 4]}"},
	    {"{\"a\": []}", "{\"$set\": {\"a.2\": 3, \"a.0.b\": 1, \"a.1\": 2}}",
		"{\"a\": [{\"b\": 1}, 2, 3]}"},
	    {"{\"a\": [0, 0]}", "{\"$set\": {\"a.5\": 5}, \"$inc\": {\"a.3\": 3}}",
		"{\"a\": [0, 0, null, 3, null, 5]}"},
	    {"{}", "{\"$set\": {}}", "{}"},
	    {"{}", "{\"$set\": {\"a\": {\"$b\": 1}}}", "{\"a\": {\"$b\": 1}}"},
	    {"{}", "{\"$setOnInsert\": {\"a\": 1}, \"$set\": {\"b\": 2}}",
		"{\"b\": 2}"},
	};
	static const struct row inserts[] = {
	    {"{}", "{\"$setOnInsert\": {\"a.b\": 1}}", "{\"a\": {\"b\": 1}}"},
	    {"{\"a\": 1}", "{\"$setOnInsert\": {\"a\": 1}}", "{\"a\": 1}"},
	};
	CHECK(rows);
	check(inserts, sizeof(inserts) / sizeof(inserts[0]), true);
}

TEST(unset_removes)
{
	static const struct row rows[] = {
	    {"{\"a\": 1, \"b\": 2}", "{\"$unset\": {\"a\": \"\"}}", "{\"b\": 2}"},
	    {"{\"a\": null}", "{\"$unset\": {\"a\": \"\"}}", "{}"},
	    {"{\"b\": 2}", "{\"$unset\": {\"a\": 1}}", "{\"b\": 2}"},
	    {"{\"a\": {\"b\": 1}}", "{\"$unset\": {\"a.b\": 1}}", "{\"a\": {}}"},
	    {"{\"a\": 5}", "{\"$unset\": {\"a.b\": 1}}", "{\"a\": 5}"},
	    {"{}", "{\"$unset\": {\"a.b.c\": 1}}", "{}"},
	    {"{\"a\": [1, 2]}", "{\"$unset\": {\"a.0\": 1}}", "{\"a\": [null, 2]}"},
	    {"{\"a\": [1, 2]}", "{\"$unset\": {\"a.7\": 1}}", "{\"a\": [1, 2]}"},
	    {"{\"a\": [1, 2]}", "{\"$unset\": {\"a.x\": 1}}", "{\"a\": [1, 2]}"},
	    {"{\"a\": [{\"b\": 1}]}", "{\"$unset\": {\"a.0.b\": 1}}", "{\"a\": [{}]}"},
	};
	CHECK(rows);
}

TEST(inc_adds)
{
	static const struct row rows[] = {
	    {"{}", "{\"$inc\": {\"n\": 2}}", "{\"n\": 2}"},
	    {"{\"n\": null}", "{\"$inc\": {\"n\": 2}}", "{\"n\": 2}"},
	    {"{\"n\": 1}", "{\"$inc\": {\"n\": 2}}", "{\"n\": 3}"},
	    {"{\"n\": 1}", "{\"$inc\": {\"n\": -2}}", "{\"n\": -1}"},
	    {"{\"n\": 1}", "{\"$inc\": {\"n\": 0}}", "{\"n\": 1}"},
	    {"{\"n\": 1}", "{\"$inc\": {\"n\": 0.5}}", "{\"n\": 1.5}"},
	    {"{\"n\": 0.5}", "{\"$inc\": {\"n\": 1}}", "{\"n\": 1.5}"},
	    {"{}", "{\"$inc\": {\"a.b\": 1.5}}", "{\"a\": {\"b\": 1.5}}"},
	    {"{\"l\": [1, 2]}", "{\"$inc\": {\"l.1\": 1}}", "{\"l\": [1, 3]}"},
	    {"{\"n\": 9223372036854775806}", "{\"$inc\": {\"n\": 1}}",
		"{\"n\": 9223372036854775807}"},
	};
	CHECK(rows);
}

TEST(push_appends_and_add_to_set_appends_once)
{
	static const struct row rows[] = {
	    {"{}", "{\"$push\": {\"l\": 1}}", "{\"l\": [1]}"},
	    {"{\"l\": null}", "{\"$push\": {\"l\": 1}}", "{\"l\": [1]}"},
	    {"{\"l\": [1]}", "{\"$push\": {\"l\": 1}}", "{\"l\": [1, 1]}"},
	    {"{\"l\": [1]}", "{\"$push\": {\"l\": [2, 3]}}", "{\"l\": [1, [2, 3]]}"},
	    {"{\"l\": [1]}", "{\"$push\": {\"l\": {\"$each\": [2, 3]}}}",
		"{\"l\": [1, 2, 3]}"},
	    {"{\"l\": [1]}", "{\"$push\": {\"l\": {\"$each\": []}}}", "{\"l\": [1]}"},
	    {"{}", "{\"$push\": {\"l\": {\"$each\": []}}}", "{\"l\": []}"},
	    {"{}", "{\"$push\": {\"a.l\": {\"x\": 1}}}",
		"{\"a\": {\"l\": [{\"x\": 1}]}}"},
	    {"{\"a\": [{}]}", "{\"$push\": {\"a.0.l\": 1}}", "{\"a\": [{\"l\": [1]}]}"},
	    {"{}", "{\"$addToSet\": {\"l\": 1}}", "{\"l\": [1]}"},
	    {"{\"l\": [1]}", "{\"$addToSet\": {\"l\": 1}}", "{\"l\": [1]}"},
	    {"{\"l\": [1]}", "{\"$addToSet\": {\"l\": 1.0}}", "{\"l\": [1]}"},
	    {"{\"l\": [1]}", "{\"$addToSet\": {\"l\": \"1\"}}", "{\"l\": [1, \"1\"]}"},
	    {"{\"l\": [{\"a\": 1, \"b\": 2}]}",
		"{\"$addToSet\": {\"l\": {\"b\": 2, \"a\": 1}}}",
		"{\"l\": [{\"a\": 1, \"b\": 2}]}"},
	    {"{\"l\": [1]}", "{\"$addToSet\": {\"l\": {\"$each\": [2, 1, 2]}}}",
		"{\"l\": [1, 2]}"},
	    {"{\"l\": [1]}", "{\"$addToSet\": {\"l\": [1]}}", "{\"l\": [1, [1]]}"},
	};
	CHECK(rows);
}

TEST(pull_removes_by_value_or_condition)
{
	static const struct row rows[] = {
	    {"{\"l\": [1, 2, 1, 3]}", "{\"$pull\": {\"l\": 1}}", "{\"l\": [2, 3]}"},
	    {"{\"l\": [1, [1]]}", "{\"$pull\": {\"l\": 1}}", "{\"l\": [[1]]}"},
	    {"{\"l\": [1, [1]]}", "{\"$pull\": {\"l\": [1]}}", "{\"l\": [1]}"},
	    {"{\"l\": [1, null]}", "{\"$pull\": {\"l\": null}}", "{\"l\": [1]}"},
	    {"{\"l\": [1, 4, 5, \"9\"]}", "{\"$pull\": {\"l\": {\"$gt\": 3}}}",
		"{\"l\": [1, \"9\"]}"},
	    {"{\"l\": [1, 2, 3]}", "{\"$pull\": {\"l\": {\"$in\": [1, 3]}}}",
		"{\"l\": [2]}"},
	    {"{\"l\": [1, 2, 3]}", "{\"$pull\": {\"l\": {\"$ne\": 2}}}",
		"{\"l\": [2]}"},
	    {"{\"l\": [\"ab\", \"cd\"]}", "{\"$pull\": {\"l\": {\"$regex\": \"^a\"}}}",
		"{\"l\": [\"cd\"]}"},
	    {"{\"l\": [{\"a\": 1, \"b\": 2}, {\"a\": 2}, 1]}",
		"{\"$pull\": {\"l\": {\"a\": 1}}}", "{\"l\": [{\"a\": 2}, 1]}"},
	    {"{\"l\": [{\"a\": 1}, {\"a\": 9}]}",
		"{\"$pull\": {\"l\": {\"a\": {\"$gte\": 5}}}}",
		"{\"l\": [{\"a\": 1}]}"},
	    {"{\"l\": [{\"b\": 1}, 5]}", "{\"$pull\": {\"l\": {\"a\": null}}}",
		"{\"l\": [5]}"},
	    {"{\"l\": [{\"a\": 1}, {\"a\": 2}, {\"a\": 3}]}",
		"{\"$pull\": {\"l\": {\"$or\": [{\"a\": 1}, {\"a\": 3}]}}}",
		"{\"l\": [{\"a\": 2}]}"},
	    {"{\"l\": []}", "{\"$pull\": {\"l\": 1}}", "{\"l\": []}"},
	    {"{}", "{\"$pull\": {\"l\": 1}}", "{}"},
	    {"{\"a\": 5}", "{\"$pull\": {\"a.l\": 1}}", "{\"a\": 5}"},
	};
	CHECK(rows);
}

TEST(rename_moves)
{
	static const struct row rows[] = {
	    {"{\"a\": 1}", "{\"$rename\": {\"a\": \"b\"}}", "{\"b\": 1}"},
	    {"{\"a\": 1, \"b\": 2}", "{\"$rename\": {\"a\": \"b\"}}", "{\"b\": 1}"},
	    {"{\"b\": 2}", "{\"$rename\": {\"a\": \"b\"}}", "{\"b\": 2}"},
	    {"{\"a\": null}", "{\"$rename\": {\"a\": \"b\"}}", "{\"b\": null}"},
	    {"{\"a\": {\"b\": [1]}}", "{\"$rename\": {\"a.b\": \"c.d.e\"}}",
		"{\"a\": {}, \"c\": {\"d\": {\"e\": [1]}}}"},
	    {"{\"a\": {\"b\": 1}}", "{\"$rename\": {\"a.b\": \"a.c\"}}",
		"{\"a\": {\"c\": 1}}"},
	    {"{\"b\": 5}", "{\"$rename\": {\"a\": \"b.c\"}}", "{\"b\": 5}"},
	};
	CHECK(rows);
}

TEST(a_refused_update_changes_nothing)
{
	static const struct {
		const char *doc, *spec, *want;
	} rows[] = {
	    {"{\"a\": 5}", "{\"$set\": {\"x\": 1, \"a.b\": 1}}",
		"$set at \"a.b\": \"a\" is a number and has no fields"},
	    {"{\"a\": {\"b\": \"s\"}}", "{\"$set\": {\"a.b.c.d\": 1}}",
		"\"a.b\" is a string"},
	    {"{\"a\": false}", "{\"$push\": {\"a.l\": 1}}", "\"a\" is a boolean"},
	    {"{\"a\": [1]}", "{\"$set\": {\"a.x\": 1}}",
		"\"a\" is a list: name an element by its number, not by \"x\""},
	    {"{\"a\": [1]}", "{\"$set\": {\"a.5000\": 1}}",
		"\"a\" has only 1 elements"},
	    {"{\"a\": 1, \"n\": \"x\"}", "{\"$set\": {\"a\": 2}, \"$inc\": {\"n\": 1}}",
		"$inc at \"n\": the value is a string, not a number"},
	    {"{\"n\": 9223372036854775807}", "{\"$inc\": {\"n\": 1}}",
		"exceeds 64 bits"},
	    {"{\"n\": -9223372036854775808}", "{\"$inc\": {\"n\": -1}}",
		"exceeds 64 bits"},
	    {"{\"n\": 1.7e308}", "{\"$inc\": {\"n\": 1.7e308}}", "exceeds the range"},
	    {"{\"l\": {}}", "{\"$push\": {\"l\": 1}}",
		"the value is an object, not a list"},
	    {"{\"l\": \"x\"}", "{\"$addToSet\": {\"l\": 1}}",
		"is a string, not a list"},
	    {"{\"l\": 1}", "{\"$unset\": {\"x\": 1}, \"$pull\": {\"l\": 1}}",
		"not a list"},
	    {"{\"l\": [{\"a\": 1}]}", "{\"$rename\": {\"l.0.a\": \"b\"}}",
		"\"l\" is a list; $rename does not reach into lists"},
	    {"{\"l\": []}", "{\"$set\": {\"l.1\": 1}, \"$rename\": {\"l.0\": \"a\"}}",
		"\"l\" is a list; $rename does not reach into lists"},
	    {"{\"l\": [], \"a\": 1}", "{\"$rename\": {\"a\": \"l.0\"}}",
		"\"l\" is a list"},
	    {"{\"a\": 1, \"b\": 2}", "{\"$rename\": {\"a\": \"b.c\"}}",
		"\"b\" is a number"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = {0};
		json_t *doc = parse(rows[i].doc), *before = parse(rows[i].doc);
		assert_int_equal(apply(rows[i].spec, doc, false, &err), -1);
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s: got \"%s\"", rows[i].spec, err.text);
		assert_true(json_equal(doc, before));
		json_decref(doc);
		json_decref(before);
	}
}

TEST(renaming_cannot_deepen_a_document_for_ever)
{
	struct error err = {0};
	json_t *doc = parse("{\"a\": {}}");
	int rounds = 0;
	while (apply("{\"$rename\": {\"a\": \"b.c.d.e.f.g.h.i\"}}", doc, false, &err) ==
	       1) {
		assert_int_equal(
		    apply("{\"$rename\": {\"b\": \"a\"}}", doc, false, &err), 1);
		assert_true(++rounds < 100);
	}
	assert_non_null(strstr(err.text, "would be nested more than 100 levels"));
	json_decref(doc);
}

TEST(documents_share_nothing_with_the_update)
{
	struct update *update = NULL;
	json_t *spec =
	    parse("{\"$set\": {\"o\": {\"l\": [1]}}, \"$push\": {\"p\": {\"x\": 1}}}");
	assert_int_equal(update_compile(&update, spec, NULL), 0);
	json_decref(spec);
	json_t *first = json_object(), *second = json_object();
	assert_int_equal(run_update(update, first, false, NULL), 1);
	(void)json_array_append_new(
	    json_object_get(json_object_get(first, "o"), "l"), json_integer(2));
	(void)json_object_clear(json_array_get(json_object_get(first, "p"), 0));
	assert_int_equal(run_update(update, second, false, NULL), 1);
	update_free(update);
	json_t *want = parse("{\"o\": {\"l\": [1]}, \"p\": [{\"x\": 1}]}");
	assert_true(json_equal(second, want));
	json_decref(want);
	json_decref(first);
	json_decref(second);
}
