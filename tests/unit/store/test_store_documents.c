/* Documents: inserts, updates and removals, alone and within a transaction. */
#include "store_fixture.h"

static void declare(struct fixture *f)
{
	if (store_declare(f->store, "sms", "sid", &f->err) < 0)
		fail_msg("%s", f->err.text);
}

/* An update or removal of the document with a key. */
static enum store_result by_key(
    struct fixture *f, const char *key, const char *filter, const char *update)
{
	struct filter *compiled = filter == NULL ? NULL : filter_of(filter);
	struct update *change = update == NULL ? NULL : update_of(update);
	struct store_write write = {.op = update == NULL ? STORE_REMOVE : STORE_UPDATE,
	    .collection = "sms",
	    .key = span_of(key),
	    .filter = compiled,
	    .update = change,
	    .expect = -1};
	enum store_result result = commit_write(f, &write);
	filter_free(compiled);
	update_free(change);
	return result;
}

static enum store_result upsert(
    struct fixture *f, const char *key, const char *doc, const char *update)
{
	struct update *change = update == NULL ? NULL : update_of(update);
	struct store_write write = {.op = STORE_UPDATE,
	    .collection = "sms",
	    .key = span_of(key),
	    .doc = span_of(doc),
	    .update = change,
	    .expect = -1};
	enum store_result result = commit_write(f, &write);
	update_free(change);
	return result;
}

STORE_TEST(an_insert_gets_an_id_and_is_found_by_it)
{
	struct fixture *f = *state;
	json_t *doc = NULL, *again = NULL;
	declare(f);
	assert_int_equal(
	    insert(f, "sms", "{\"sid\":\"SM1\",\"n\":1}", "SM1"), STORE_OK);
	assert_int_equal(
	    store_get(f->reader, "sms", SPAN("SM1"), false, &doc, &f->err), 1);
	const char *id = json_string_value(json_object_get(doc, "_id"));
	assert_int_equal(strlen(id), 24);
	assert_int_equal(strspn(id, "0123456789abcdef"), 24);
	assert_true(store_id_row(span_of(id)) > 0);
	assert_int_equal(
	    store_get(f->reader, "sms", span_of(id), true, &again, &f->err), 1);
	assert_true(json_equal(doc, again));
	json_decref(doc);
	json_decref(again);
}

STORE_TEST(what_is_not_there_is_not_found)
{
	struct fixture *f = *state;
	json_t *doc = NULL;
	declare(f);
	static const char *const ids[] = {"", "x", "000000000000000000000001",
	    "65538f00000000000000ffff", "65538F000000000000000001",
	    "65538f00ffffffffffffffff"};
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_int_equal(
		    store_get(f->reader, "sms", span_of(ids[i]), true, &doc, &f->err),
		    0);
	assert_int_equal(
	    store_get(f->reader, "sms", SPAN("SM9"), false, &doc, &f->err), 0);
	assert_int_equal(
	    store_get(f->reader, "none", SPAN("SM9"), false, &doc, &f->err), 0);
	assert_int_equal(
	    store_get(f->reader, "bad name", SPAN("SM9"), false, &doc, &f->err), -1);
	assert_null(doc);
}

STORE_TEST(an_insert_keeps_its_text_but_for_the_id)
{
	struct fixture *f = *state;

	static const struct {
		const char *doc, *want;
	} cases[] = {
	    {"{}", "{}"},
	    {"{ }", "{}"},
	    {"{ \"a\" : 1 }", "{\"a\":1}"},
	    {"{\"a\":{\"b\":[1,2,{\"c\":null}]},\"t\":true}",
		"{\"a\":{\"b\":[1,2,{\"c\":null}]},\"t\":true}"},
	    {"{\"a\":\"\\u0000\"}", "{\"a\":\"\\u0000\"}"},
	};

	char want[1024] = "";
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(insert(f, "things", cases[i].doc, NULL), STORE_OK);
		(void)strcat(strcat(want, i > 0 ? " " : ""), cases[i].want);
	}
	assert_found(f, "things", NULL, want);
}

STORE_TEST(a_second_document_with_the_key_is_a_conflict)
{
	struct fixture *f = *state;
	declare(f);
	assert_int_equal(
	    insert(f, "sms", "{\"sid\":\"SM1\",\"n\":1}", "SM1"), STORE_OK);
	assert_int_equal(
	    insert(f, "sms", "{\"sid\":\"SM1\",\"n\":2}", "SM1"), STORE_CONFLICT);
	assert_non_null(strstr(f->err.text, "sms"));
	fixture_reopen(f);
	assert_int_equal(
	    insert(f, "sms", "{\"sid\":\"SM1\",\"n\":3}", "SM1"), STORE_CONFLICT);
	assert_found(f, "sms", NULL, "{\"sid\":\"SM1\",\"n\":1}");
}

STORE_TEST(a_removed_key_is_free_again)
{
	struct fixture *f = *state;
	declare(f);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
		    insert(f, "sms", "{\"sid\":\"SM1\"}", "SM1"), STORE_OK);
		assert_found(f, "sms", "{\"sid\":\"SM1\"}", "{\"sid\":\"SM1\"}");
		assert_int_equal(by_key(f, "SM1", NULL, NULL), STORE_OK);
		assert_found(f, "sms", "{\"sid\":\"SM1\"}", "");
	}
}

STORE_TEST(an_update_by_key_changes_what_its_filter_matches)
{
	struct fixture *f = *state;
	declare(f);
	(void)insert(f, "sms", "{\"sid\":\"SM1\",\"n\":1}", "SM1");

	static const struct {
		const char *key, *filter, *update, *want;
	} cases[] = {
	    {"SM1", NULL, "{\"$inc\":{\"n\":1}}", "{\"sid\":\"SM1\",\"n\":2}"},
	    {"SM1", "{\"n\":2}", "{\"$inc\":{\"n\":1}}", "{\"sid\":\"SM1\",\"n\":3}"},
	    {"SM1", "{\"n\":2}", "{\"$inc\":{\"n\":1}}", "{\"sid\":\"SM1\",\"n\":3}"},
	    {"SM2", NULL, "{\"$inc\":{\"n\":1}}", "{\"sid\":\"SM1\",\"n\":3}"},
	    {"SM1", "{\"n\":9}", NULL, "{\"sid\":\"SM1\",\"n\":3}"},
	    {"SM1", "{\"n\":3}", NULL, ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
		    by_key(f, cases[i].key, cases[i].filter, cases[i].update),
		    STORE_OK);
		assert_found(f, "sms", NULL, cases[i].want);
	}
}

STORE_TEST(an_update_can_move_a_key)
{
	struct fixture *f = *state;
	declare(f);
	(void)insert(f, "sms", "{\"sid\":\"a\",\"n\":1}", "a");
	(void)insert(f, "sms", "{\"sid\":\"b\",\"n\":2}", "b");
	assert_int_equal(
	    by_key(f, "a", NULL, "{\"$set\":{\"sid\":\"b\"}}"), STORE_CONFLICT);
	assert_int_equal(by_key(f, "a", NULL, "{\"$set\":{\"sid\":\"c\"}}"), STORE_OK);
	assert_found(f, "sms", "{\"sid\":\"a\"}", "");
	assert_found(f, "sms", "{\"sid\":\"c\"}", "{\"sid\":\"c\",\"n\":1}");
	assert_int_equal(insert(f, "sms", "{\"sid\":\"a\",\"n\":3}", "a"), STORE_OK);
	assert_int_equal(
	    by_key(f, "c", NULL, "{\"$set\":{\"sid\":\"a\"}}"), STORE_CONFLICT);
	assert_int_equal(by_key(f, "a", NULL, NULL), STORE_OK);
	assert_int_equal(by_key(f, "c", NULL, "{\"$set\":{\"sid\":\"a\"}}"), STORE_OK);
	assert_found(f, "sms", "{\"sid\":\"a\"}", "{\"sid\":\"a\",\"n\":1}");
	fixture_reopen(f);
	assert_found(f, "sms", "{\"sid\":\"a\"}", "{\"sid\":\"a\",\"n\":1}");
	assert_found(f, "sms", "{\"sid\":\"c\"}", "");
}

STORE_TEST(a_number_can_be_a_key)
{
	struct fixture *f = *state;
	declare(f);
	assert_int_equal(insert(f, "sms", "{\"sid\":42}", "42"), STORE_OK);
	assert_int_equal(insert(f, "sms", "{\"sid\":42}", "42"), STORE_CONFLICT);
	assert_found(f, "sms", "{\"sid\":42}", "{\"sid\":42}");
	assert_int_equal(by_key(f, "42", NULL, "{\"$set\":{\"x\":1}}"), STORE_OK);
	assert_found(f, "sms", "{\"sid\":42}", "{\"sid\":42,\"x\":1}");
}

STORE_TEST(an_upsert_inserts_once_and_then_updates)
{
	struct fixture *f = *state;
	declare(f);
	const char *update = "{\"$inc\":{\"n\":1},\"$setOnInsert\":{\"first\":true}}";
	assert_int_equal(upsert(f, "SM1", "{\"sid\":\"SM1\"}", update), STORE_OK);
	assert_found(f, "sms", NULL, "{\"sid\":\"SM1\",\"n\":1,\"first\":true}");
	assert_int_equal(upsert(f, "SM1", "{\"sid\":\"SM1\"}", update), STORE_OK);
	assert_found(f, "sms", NULL, "{\"sid\":\"SM1\",\"n\":2,\"first\":true}");
	assert_int_equal(upsert(f, "SM2", "{\"sid\":\"SM2\"}", NULL), STORE_OK);
	assert_int_equal(upsert(f, "SM2", "{\"sid\":\"SM2\",\"x\":1}", NULL), STORE_OK);
	assert_found(f, "sms", "{\"sid\":\"SM2\"}", "{\"sid\":\"SM2\"}");
}

/* rows[0]: how many; the others follow. */
static void collect_rows(
    struct fixture *f, const struct store_query *query, int64_t rows[8])
{
	struct store_doc doc;
	int rc;
	struct store_docs *docs = store_docs_open(f->reader, query);
	while ((rc = store_docs_next(docs, &doc, &f->err)) == 1)
		rows[++rows[0]] = doc.row;
	store_docs_close(docs);
	assert_int_equal(rc, 0);
}

STORE_TEST(rows_are_rechecked_when_they_are_changed)
{
	struct fixture *f = *state;
	int64_t rows[8] = {0};
	declare(f);
	(void)insert(f, "sms", "{\"sid\":\"a\",\"n\":1}", "a");
	(void)insert(f, "sms", "{\"sid\":\"b\",\"n\":1}", "b");
	(void)insert(f, "sms", "{\"sid\":\"c\",\"n\":1}", "c");
	struct filter *filter = filter_of("{\"n\":1}");
	struct update *update = update_of("{\"$set\":{\"done\":true}}");
	struct store_query query = {.collection = "sms", .filter = filter};
	collect_rows(f, &query, rows);
	assert_int_equal(rows[0], 3);
	(void)by_key(f, "b", NULL, "{\"$set\":{\"n\":2}}");
	(void)by_key(f, "c", NULL, NULL);
	struct store_write write = {.op = STORE_UPDATE,
	    .collection = "sms",
	    .ids = rows + 1,
	    .id_count = 3,
	    .filter = filter,
	    .update = update,
	    .expect = 3};
	assert_int_equal(commit_write(f, &write), STORE_CONFLICT);
	assert_non_null(strstr(f->err.text, "1 documents match, not 3"));
	assert_found(f, "sms", NULL, "{\"sid\":\"a\",\"n\":1} {\"sid\":\"b\",\"n\":2}");
	write.expect = 1;
	assert_int_equal(commit_write(f, &write), STORE_OK);
	assert_found(f, "sms", NULL,
	    "{\"sid\":\"a\",\"n\":1,\"done\":true} {\"sid\":\"b\",\"n\":2}");
	write.op = STORE_REMOVE;
	write.expect = -1;
	assert_int_equal(commit_write(f, &write), STORE_OK);
	assert_found(f, "sms", NULL, "{\"sid\":\"b\",\"n\":2}");
	filter_free(filter);
	update_free(update);
}

STORE_TEST(an_update_that_does_not_fit_is_a_conflict)
{
	struct fixture *f = *state;
	declare(f);
	(void)insert(f, "sms", "{\"sid\":\"a\",\"n\":\"text\"}", "a");
	assert_int_equal(by_key(f, "a", NULL, "{\"$inc\":{\"n\":1}}"), STORE_CONFLICT);
	assert_true(f->err.text[0] != '\0');
	assert_found(f, "sms", NULL, "{\"sid\":\"a\",\"n\":\"text\"}");
}

STORE_TEST(a_conflict_undoes_its_transaction_alone)
{
	struct fixture *f = *state;
	declare(f);
	(void)insert(f, "sms", "{\"sid\":\"taken\"}", "taken");
	struct store_write fails = {.op = STORE_INSERT,
	    .collection = "sms",
	    .doc = SPAN("{\"sid\":\"taken\"}"),
	    .key = SPAN("taken"),
	    .expect = -1};
	struct store_write elsewhere = {.next = &fails,
	    .op = STORE_INSERT,
	    .collection = "fresh",
	    .doc = SPAN("{\"a\":1}"),
	    .expect = -1};
	struct store_write good = {.next = &elsewhere,
	    .op = STORE_INSERT,
	    .collection = "sms",
	    .doc = SPAN("{\"sid\":\"good\"}"),
	    .key = SPAN("good"),
	    .expect = -1};
	struct store_txn txn = event_txn("SM1", "r");
	txn.writes = &good;
	assert_int_equal(store_commit(f->store, &txn), STORE_CONFLICT);
	assert_events(f, (struct store_event_query){0}, "");
	assert_found(f, "sms", NULL, "{\"sid\":\"taken\"}");
	assert_found(f, "fresh", NULL, "");
	/* Neither the key nor the collection it made was left behind. */
	assert_int_equal(insert(f, "sms", "{\"sid\":\"good\"}", "good"), STORE_OK);
	assert_int_equal(insert(f, "fresh", "{\"a\":2}", NULL), STORE_OK);
	assert_found(f, "fresh", NULL, "{\"a\":2}");
	(void)add_event(f, "SM1", "r");
	assert_events(f, (struct store_event_query){0}, "1");
}

STORE_TEST(a_key_moved_by_an_undone_transaction_is_back)
{
	struct fixture *f = *state;
	declare(f);
	(void)insert(f, "sms", "{\"sid\":\"a\"}", "a");
	struct update *move = update_of("{\"$set\":{\"sid\":\"b\"}}");
	struct store_write fails = {.op = STORE_UPDATE,
	    .collection = "sms",
	    .key = SPAN("none"),
	    .update = move,
	    .expect = 1};
	struct store_write takes = {.next = &fails,
	    .op = STORE_INSERT,
	    .collection = "sms",
	    .doc = SPAN("{\"sid\":\"a\",\"second\":true}"),
	    .key = SPAN("a"),
	    .expect = -1};
	struct store_write moves = {.next = &takes,
	    .op = STORE_UPDATE,
	    .collection = "sms",
	    .key = SPAN("a"),
	    .update = move,
	    .expect = 1};
	assert_int_equal(commit_write(f, &moves), STORE_CONFLICT);
	assert_found(f, "sms", "{\"sid\":\"a\"}", "{\"sid\":\"a\"}");
	assert_found(f, "sms", "{\"sid\":\"b\"}", "");
	update_free(move);
}

STORE_TEST(one_transaction_sees_its_own_writes)
{
	struct fixture *f = *state;
	declare(f);
	struct update *update = update_of("{\"$set\":{\"n\":5}}");
	struct store_write second = {.op = STORE_UPDATE,
	    .collection = "sms",
	    .key = SPAN("a"),
	    .update = update,
	    .expect = 1};
	struct store_write first = {.next = &second,
	    .op = STORE_INSERT,
	    .collection = "sms",
	    .doc = SPAN("{\"sid\":\"a\"}"),
	    .key = SPAN("a"),
	    .expect = -1};
	assert_int_equal(commit_write(f, &first), STORE_OK);
	assert_found(f, "sms", NULL, "{\"sid\":\"a\",\"n\":5}");
	update_free(update);
}

STORE_TEST(a_promised_id_is_used)
{
	struct fixture *f = *state;
	char id[STORE_ID_SIZE], doc[64];
	int64_t row = store_reserve(f->store, 1);
	json_t *found = NULL;
	store_id(id, row);
	assert_int_equal(store_id_row(span_of(id)), row);
	(void)snprintf(doc, sizeof(doc), "{\"_id\":\"%s\",\"a\":1}", id);
	struct store_write write = {.op = STORE_INSERT,
	    .collection = "things",
	    .doc = span_of(doc),
	    .ids = &row,
	    .id_count = 1,
	    .expect = -1};
	assert_int_equal(commit_write(f, &write), STORE_OK);
	assert_int_equal(
	    store_get(f->reader, "things", span_of(id), true, &found, &f->err), 1);
	json_decref(found);
	assert_int_equal(commit_write(f, &write), STORE_CONFLICT);
	int64_t never_reserved = row + 1000000;
	write.ids = &never_reserved;
	assert_int_equal(commit_write(f, &write), STORE_CONFLICT);
}

STORE_TEST(rows_are_never_given_twice)
{
	struct fixture *f = *state;
	int64_t last = 0;
	for (int i = 0; i < 3; i++) {
		int64_t rows[8] = {0};
		(void)insert(f, "things", "{}", NULL);
		struct store_query query = {.collection = "things"};
		collect_rows(f, &query, rows);
		assert_int_equal(rows[0], 1);
		assert_true(rows[1] > last);
		last = rows[1];
		struct store_write write = {.op = STORE_REMOVE,
		    .collection = "things",
		    .ids = &last,
		    .id_count = 1,
		    .expect = 1};
		assert_int_equal(commit_write(f, &write), STORE_OK);
		fixture_reopen(f);
	}
}

static void list_collections(struct fixture *f, bool counted, char line[256])
{
	struct arena *arena = arena_new();
	struct store_collection *c;
	size_t len = 0;
	assert_int_equal(store_collections(f->reader, counted, arena, &c, &f->err), 0);
	for (; c != NULL; c = c->next)
		len += (size_t)snprintf(line + len, 256 - len, "%s(%s)=%lld ", c->name,
		    c->key_field != NULL ? c->key_field : "", (long long)c->count);
	arena_free(arena);
}

STORE_TEST(collections_are_listed_and_declared_once)
{
	struct fixture *f = *state;
	char line[256] = "";
	declare(f);
	declare(f);
	assert_int_equal(store_declare(f->store, "sms", "other", &f->err), -1);
	assert_non_null(strstr(f->err.text, "has the key 'sid' already"));
	assert_int_equal(insert(f, "events", "{}", NULL), STORE_OK);
	assert_int_equal(store_declare(f->store, "events", "a", &f->err), -1);
	assert_int_equal(store_declare(f->store, "x'\"", "a", &f->err), -1);
	assert_int_equal(store_declare(f->store, "y", "_id", &f->err), -1);
	assert_int_equal(insert(f, "SMS", "{}", NULL), STORE_CONFLICT);
	assert_int_equal(insert(f, "events", "{\"k\":1}", "1"), STORE_CONFLICT);
	assert_int_equal(insert(f, "we.ird-name", "{}", NULL), STORE_OK);
	list_collections(f, true, line);
	assert_string_equal(line, "events()=1 sms(sid)=0 we.ird-name()=1 ");
	list_collections(f, false, line);
	assert_string_equal(line, "events()=0 sms(sid)=0 we.ird-name()=0 ");
}
