/* A regular expression that takes too long ends the whole question, wherever it stands;
 * and nothing has changed then. */
#include "query_fixture.h"

#include <string.h>

#include "util/buf.h"

/* {"a": text, "list": [text, "x"], "rows": [{"a": text}], "b": 1} */
static json_t *document(size_t length)
{
	struct buf text = {0};
	for (size_t i = 0; i < length; i++)
		buf_putc(&text, 'a');
	buf_putc(&text, 'c');
	json_t *doc = json_pack("{s:s, s:[s,s], s:[{s:s}], s:i}", "a", buf_text(&text),
	    "list", buf_text(&text), "x", "rows", "a", buf_text(&text), "b", 1);
	assert_non_null(doc);
	buf_free(&text);
	return doc;
}

#define EVIL "{\"$regex\": \"^(a+)+$\"}"

/* faults 4.8: where a pattern may stand */
TEST(a_filter_without_an_answer_is_an_error)
{
	static const char *const filters[] = {
	    "{\"a\": " EVIL "}",
	    "{\"a\": {\"$not\": " EVIL "}}",
	    "{\"$or\": [{\"a\": " EVIL "}, {\"b\": 1}]}",
	    "{\"$or\": [{\"b\": 2}, {\"a\": " EVIL "}]}",
	    "{\"$and\": [{\"b\": 1}, {\"a\": " EVIL "}]}",
	    "{\"$nor\": [{\"a\": " EVIL "}]}",
	    "{\"list\": " EVIL "}",
	    "{\"rows.a\": " EVIL "}",
	    "{\"a\": {\"$regex\": \"(a|aa)+$\"}}",
	    "{\"a\": {\"$regex\": \"(.*)*[xy]\"}}",
	    "{\"a\": {\"$regex\": \"^(a|a|a|a|a|a|a)*[bd]\"}}",
	    "{\"a\": {\"$regex\": \"(A+)+$\", \"$options\": \"i\"}}",
	    "{\"a\": {\"$regex\": \"(?=(a+)+$)\"}}",
	    "{\"a\": {\"$regex\": \"^(a*)*\\\\1[bd]\"}}",
	};

	json_t *doc = document(200);
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		struct filter *filter = NULL;
		struct budget budget = budget_of(BUDGET_TXN_MS);
		struct error err = {""};
		json_t *spec = parse(filters[i]);
		assert_int_equal(filter_compile(&filter, spec, &err), 0);
		int rc = filter_match(filter, doc, &budget, &err);
		if (rc != -1 || strstr(err.text, "takes too long") == NULL)
			fail_msg("%s: %d %s", filters[i], rc, err.text);
		assert_true(filter_has_patterns(filter));
		filter_free(filter);
		json_decref(spec);
	}
	json_decref(doc);
}

TEST(what_needs_no_pattern_has_an_answer)
{
	struct filter *filter = NULL;
	json_t *doc = document(200);
	json_t *spec = parse("{\"$or\": [{\"b\": 1}, {\"a\": " EVIL "}]}");
	assert_int_equal(filter_compile(&filter, spec, NULL), 0);
	assert_true(fits(filter, doc));
	filter_free(filter);
	json_decref(spec);
	json_decref(doc);
}

/* faults 4.8: $pull */
TEST(a_pull_without_an_answer_changes_nothing)
{
	struct update *update = NULL;
	struct error err = {""};
	struct budget budget = budget_of(BUDGET_TXN_MS);
	json_t *doc = document(200), *before = json_deep_copy(doc);
	json_t *spec = parse("{\"$inc\": {\"b\": 1}, \"$pull\": {\"list\": " EVIL "}}");
	assert_int_equal(update_compile(&update, spec, &err), 0);
	assert_int_equal(update_apply(update, doc, false, &budget, &err), -1);
	assert_non_null(strstr(err.text, "$pull at \"list\""));
	assert_true(json_equal(doc, before));
	update_free(update);
	json_decref(spec);
	json_decref(before);
	json_decref(doc);
}

/* Each of them is quick, so all of them are. */
TEST(many_quick_matches_spend_nothing)
{
	struct filter *filter = NULL;
	struct budget budget = budget_of(1);
	json_t *doc = document(30), *spec = parse("{\"a\": {\"$regex\": \"^a*b|c$\"}}");
	assert_int_equal(filter_compile(&filter, spec, NULL), 0);
	for (int i = 0; i < 2000; i++)
		assert_int_equal(filter_match(filter, doc, &budget, NULL), 1);
	filter_free(filter);
	json_decref(spec);
	json_decref(doc);
}

TEST(patterns_are_counted)
{
	struct error err = {""};
	struct filter *filter = NULL;
	json_t *spec = json_object(), *list = json_array();
	for (int i = 0; i < 101; i++)
		(void)json_array_append_new(
		    list, parse("{\"a\": {\"$regex\": \"a\"}}"));
	(void)json_object_set_new(spec, "$or", list);
	assert_int_equal(filter_compile(&filter, spec, &err), -1);
	assert_non_null(strstr(err.text, "more than 100 $regex"));
	(void)json_array_remove(list, 0);
	assert_int_equal(filter_compile(&filter, spec, &err), 0);
	filter_free(filter);
	json_decref(spec);
}
