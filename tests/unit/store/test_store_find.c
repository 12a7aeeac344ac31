/* Finding documents: by key, by index, by reading all; sorted, limited, counted. */
#include "store_fixture.h"

static void fill(struct fixture *f)
{
	assert_int_equal(store_declare(f->store, "c", "k", &f->err), 0);

	static const struct {
		const char *doc, *key;
	} docs[] = {
	    {"{\"k\":\"a\",\"n\":3,\"t\":\"x\"}", "a"},
	    {"{\"k\":\"b\",\"n\":1,\"t\":[\"x\",\"y\"]}", "b"},
	    {"{\"k\":\"c\",\"n\":2,\"t\":\"y\",\"m\":{\"u\":\"x\"}}", "c"},
	    {"{\"k\":\"d\",\"n\":2,\"m\":[{\"u\":\"x\"},{\"u\":\"z\"}]}", "d"},
	    {"{\"k\":\"e\",\"n\":1.0,\"t\":null,\"b\":true}", "e"},
	    {"{\"k\":\"f\",\"t\":\"[\\\"x\\\"]\",\"b\":1}", "f"},
	    {"{\"k\":\"g\",\"t\":\"x\\u0000\"}", "g"},
	};

	for (size_t i = 0; i < sizeof(docs) / sizeof(docs[0]); i++)
		assert_int_equal(insert(f, "c", docs[i].doc, docs[i].key), STORE_OK);
}

/* The keys of what is found, as "abc"; -1 as store_docs_next. */
static int find_keys(struct fixture *f, const struct store_query *query, char keys[64])
{
	struct store_doc doc;
	int rc;
	keys[0] = '\0';
	struct store_docs *docs = store_docs_open(f->reader, query);
	while ((rc = store_docs_next(docs, &doc, &f->err)) == 1)
		(void)strcat(keys, json_string_value(json_object_get(doc.json, "k")));
	store_docs_close(docs);
	return rc;
}

static void assert_keys(
    struct fixture *f, struct store_query query, const char *filter, const char *want)
{
	char keys[64];
	struct filter *compiled = filter == NULL ? NULL : filter_of(filter);
	query.collection = "c";
	query.filter = compiled;
	if (find_keys(f, &query, keys) < 0)
		fail_msg("%s", f->err.text);
	assert_string_equal(keys, want);
	assert_int_equal(store_count(f->reader, &query, &f->err), strlen(want));
	filter_free(compiled);
}

static const struct {
	const char *filter, *want;
} filters[] = {
    {NULL, "abcdefg"},
    {"{}", "abcdefg"},
    {"{\"k\":\"c\"}", "c"},
    {"{\"k\":\"c\",\"n\":2}", "c"},
    {"{\"k\":\"c\",\"n\":3}", ""},
    {"{\"k\":\"none\"}", ""},
    {"{\"t\":\"x\"}", "ab"},
    {"{\"t\":\"y\"}", "bc"},
    {"{\"t\":\"[\\\"x\\\"]\"}", "f"},
    {"{\"t\":\"x\\u0000\"}", "g"},
    {"{\"t\":null}", "de"},
    {"{\"n\":1}", "be"},
    {"{\"n\":1.0}", "be"},
    {"{\"n\":{\"$gte\":2}}", "acd"},
    {"{\"b\":true}", "e"},
    {"{\"b\":1}", "f"},
    {"{\"m.u\":\"x\"}", "cd"},
    {"{\"m.u\":\"z\"}", "d"},
    {"{\"m.u\":\"x\",\"n\":2}", "cd"},
    {"{\"$or\":[{\"k\":\"a\"},{\"k\":\"b\"}]}", "ab"},
};

static void assert_all_filters(struct fixture *f)
{
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		assert_keys(
		    f, (struct store_query){0}, filters[i].filter, filters[i].want);
}

STORE_TEST(a_filter_finds_the_same_with_and_without_indexes)
{
	struct fixture *f = *state;
	static const char *const paths[] = {"t", "n", "b", "m.u"};
	fill(f);
	assert_all_filters(f);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (store_index(f->store, "c", paths[i], &f->err) < 0)
			fail_msg("%s", f->err.text);
		assert_all_filters(f);
	}
	fixture_reopen(f);
	assert_all_filters(f);
}

STORE_TEST(an_index_is_kept_up_to_date)
{
	struct fixture *f = *state;
	fill(f);
	assert_int_equal(store_index(f->store, "c", "n", &f->err), 0);
	assert_int_equal(store_index(f->store, "c", "n", &f->err), 0);
	struct update *update = update_of("{\"$set\":{\"n\":1}}");
	struct store_write write = {.op = STORE_UPDATE,
	    .collection = "c",
	    .key = SPAN("a"),
	    .update = update,
	    .expect = 1};
	assert_int_equal(commit_write(f, &write), STORE_OK);
	update_free(update);
	assert_int_equal(insert(f, "c", "{\"k\":\"h\",\"n\":1}", "h"), STORE_OK);
	assert_keys(f, (struct store_query){0}, "{\"n\":1}", "abeh");
	assert_keys(f, (struct store_query){0}, "{\"n\":3}", "");
}

STORE_TEST(malformed_text_in_an_indexed_collection_is_a_conflict)
{
	struct fixture *f = *state;
	fill(f);
	assert_int_equal(store_index(f->store, "c", "n", &f->err), 0);
	assert_int_equal(insert(f, "c", "{\"k\":\"h\",,}", "h"), STORE_CONFLICT);
	assert_true(store_healthy(f->store, NULL));
	assert_all_filters(f);
}

STORE_TEST(odd_paths_are_not_indexed)
{
	struct fixture *f = *state;
	static const char *const paths[] = {
	    "", ".", "a.", ".a", "a..b", "a.0", "a\"b", "$x", "a b", "a'"};
	fill(f);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(store_index(f->store, "c", paths[i], &f->err), -1);
}

STORE_TEST(results_are_sorted_skipped_and_limited)
{
	struct fixture *f = *state;

	static const struct {
		const char *sort;
		int64_t skip, limit;
		const char *want;
	} cases[] = {
	    {NULL, 0, 3, "abc"},
	    {NULL, 2, 3, "cde"},
	    {NULL, 6, 3, "g"},
	    {NULL, 9, 3, ""},
	    {"{\"k\":-1}", 0, 0, "gfedcba"},
	    {"{\"k\":-1}", 0, 2, "gf"},
	    {"{\"k\":-1}", 1, 2, "fe"},
	    {"{\"n\":1}", 0, 0, "fgbecda"},
	    {"{\"n\":1}", 0, 3, "fgb"},
	    {"{\"n\":-1,\"k\":-1}", 0, 4, "adce"},
	    {"{\"n\":1}", 5, 9, "da"},
	    {"{\"n\":1}", 9, 9, ""},
	};

	fill(f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *sort =
		    cases[i].sort == NULL ? NULL : json_loads(cases[i].sort, 0, NULL);
		struct store_query query = {
		    .sort = sort, .skip = cases[i].skip, .limit = cases[i].limit};
		assert_keys(f, query, NULL, cases[i].want);
		assert_keys(f, query, "{}", cases[i].want);
		json_decref(sort);
	}
}

STORE_TEST(a_bad_sort_is_an_error)
{
	struct fixture *f = *state;
	json_t *sort = json_loads("{\"k\":7}", 0, NULL);
	struct store_query query = {.collection = "c", .sort = sort};
	char keys[64];
	assert_int_equal(find_keys(f, &query, keys), -1);
	json_decref(sort);
}

STORE_TEST(a_collection_that_is_not_there_is_empty)
{
	struct fixture *f = *state;
	struct store_query query = {.collection = "none"};
	char keys[64];
	assert_int_equal(find_keys(f, &query, keys), 0);
	assert_string_equal(keys, "");
	assert_int_equal(store_count(f->reader, &query, &f->err), 0);
}

static _Atomic int done_count;

static void count_done(struct store_txn *txn)
{
	assert_int_equal(txn->result, STORE_OK);
	done_count++;
}

enum { MANY = 1700 };

struct one {
	struct store_txn txn;
	struct store_write write;
	char doc[32];
};

static void insert_many(struct fixture *f)
{
	struct one *all = calloc(MANY, sizeof(*all));
	done_count = 0;
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(all[i].doc, sizeof(all[i].doc), "{\"n\":%d}", i % 7);
		all[i].write = (struct store_write){.op = STORE_INSERT,
		    .collection = "many",
		    .doc = span_of(all[i].doc),
		    .expect = -1};
		all[i].txn.writes = &all[i].write;
		all[i].txn.done = count_done;
		assert_true(store_submit(f->store, &all[i].txn));
	}
	store_flush(f->store);
	while (done_count < MANY)
		(void)usleep(1000);
	free(all);
}

static int count_in_order(struct fixture *f, const struct store_query *query)
{
	struct store_doc doc;
	int64_t last = 0;
	int rc, count = 0;
	struct store_docs *docs = store_docs_open(f->reader, query);
	while ((rc = store_docs_next(docs, &doc, &f->err)) == 1) {
		assert_true(doc.row > last);
		last = doc.row;
		count++;
	}
	store_docs_close(docs);
	assert_int_equal(rc, 0);
	return count;
}

STORE_TEST(more_documents_than_a_slice_come_in_order)
{
	struct fixture *f = *state;
	insert_many(f);
	struct store_query query = {.collection = "many"};
	assert_int_equal(count_in_order(f, &query), MANY);
	struct filter *filter = filter_of("{\"n\":0}");
	query.filter = filter;
	assert_int_equal(count_in_order(f, &query), (MANY + 6) / 7);
	assert_int_equal(store_index(f->store, "many", "n", &f->err), 0);
	assert_int_equal(count_in_order(f, &query), (MANY + 6) / 7);
	filter_free(filter);
}
