/* store_fixture -- a store in a directory of its own, and short words for what tests
 * do with it. */
#ifndef OFFHOOK_TESTS_STORE_FIXTURE_H
#define OFFHOOK_TESTS_STORE_FIXTURE_H

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engines/engines.h"
#include "store/store.h"
#include "util/arena.h"
#include "util/text.h"

struct fixture {
	char dir[64]; /* the store's, made by it */
	char parent[48];
	struct store_config config;
	struct store *store;
	struct store_reader *reader;
	struct error err;
};

static inline void fixture_open(struct fixture *f)
{
	f->config.dir = f->dir;
	if (store_open(&f->store, engines_for(f->dir), &f->config, &f->err) < 0 ||
	    store_reader_new(&f->reader, f->store, &f->err) < 0)
		fail_msg("%s", f->err.text);
}

static inline void fixture_close(struct fixture *f)
{
	store_reader_close(f->reader);
	store_close(f->store);
	f->reader = NULL;
	f->store = NULL;
}

static inline void fixture_reopen(struct fixture *f)
{
	fixture_close(f);
	fixture_open(f);
}

static inline int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	(void)snprintf(f->parent, sizeof(f->parent), "/tmp/offhook-test-XXXXXX");
	assert_non_null(mkdtemp(f->parent));
	(void)snprintf(f->dir, sizeof(f->dir), "%s/data", f->parent);
	fixture_open(f);
	*state = f;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *f = *state;
	char command[96];
	fixture_close(f);
	(void)snprintf(command, sizeof(command), "rm -rf %s", f->parent);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

#define STORE_TEST(name) TEST_WITH(name, fixture_setup, fixture_teardown)

/* The key that stands for a text, which must outlive it. */
static inline struct store_key key_of(const char *text)
{
	struct store_key key = {.sid = span_of(text)};
	unsigned char digest[32];
	text_sha256(digest, span_of(text));
	memcpy(key.hash, digest, STORE_KEY_SIZE);
	return key;
}

/* A transaction with an event of that SID, keyed by it; reply is its body. */
static inline struct store_txn event_txn(const char *sid, const char *reply)
{
	struct store_txn txn = {
	    .event = {.received_at_ms = 1700000000123,
		.kind = "sms.received",
		.sid = span_of(sid),
		.route = SPAN("/twilio/sms"),
		.params = SPAN("{\"Body\":\"hello\"}"),
		.reply = {200, SPAN("text/xml; charset=utf-8"), span_of(reply)}},
	    .key_count = 1};
	txn.keys[0] = key_of(sid);
	return txn;
}

static inline int64_t add_event(struct fixture *f, const char *sid, const char *reply)
{
	struct store_txn txn = event_txn(sid, reply);
	assert_int_equal(store_commit(f->store, &txn), STORE_OK);
	assert_true(txn.event.id > 0);
	return txn.event.id;
}

static inline enum store_result commit_write(
    struct fixture *f, struct store_write *write)
{
	struct store_txn txn = {.writes = write};
	enum store_result result = store_commit(f->store, &txn);
	f->err = txn.error;
	return result;
}

static inline enum store_result insert(
    struct fixture *f, const char *collection, const char *doc, const char *key)
{
	struct store_write write = {.op = STORE_INSERT,
	    .collection = collection,
	    .doc = span_of(doc),
	    .key = span_of(key),
	    .expect = -1};
	return commit_write(f, &write);
}

static inline struct filter *filter_of(const char *json)
{
	struct filter *filter = NULL;
	struct error err = {""};
	json_t *spec = json_loads(json, JSON_ALLOW_NUL, NULL);
	assert_non_null(spec);
	if (filter_compile(&filter, spec, &err) < 0)
		fail_msg("%s", err.text);
	json_decref(spec);
	return filter;
}

static inline struct update *update_of(const char *json)
{
	struct update *update = NULL;
	struct error err = {""};
	json_t *spec = json_loads(json, JSON_ALLOW_NUL, NULL);
	assert_non_null(spec);
	if (update_compile(&update, spec, &err) < 0)
		fail_msg("%s", err.text);
	json_decref(spec);
	return update;
}

/* Adds a document without its "_id" to a line: {"a":1} {"a":2} */
static inline void append_doc(char *line, const struct store_doc *doc)
{
	json_t *copy = json_copy(doc->json);
	assert_true(doc->row > 0);
	assert_string_equal(json_object_iter_key(json_object_iter(doc->json)), "_id");
	(void)json_object_del(copy, "_id");
	char *text = json_dumps(copy, JSON_COMPACT);
	assert_true(strlen(line) + strlen(text) + 2 < 4096);
	if (line[0] != '\0')
		(void)strcat(line, " ");
	(void)strcat(line, text);
	free(text);
	json_decref(copy);
}

static inline void assert_found_by(
    struct fixture *f, struct store_query query, const char *filter, const char *want)
{
	char line[4096] = "";
	struct filter *compiled = filter == NULL ? NULL : filter_of(filter);
	struct store_doc doc;
	int rc;
	query.filter = compiled;
	struct store_docs *docs = store_docs_open(f->reader, &query);
	while ((rc = store_docs_next(docs, &doc, &f->err)) == 1)
		append_doc(line, &doc);
	store_docs_close(docs);
	if (rc < 0)
		fail_msg("%s", f->err.text);
	assert_string_equal(line, want);
	filter_free(compiled);
}

static inline void assert_found(
    struct fixture *f, const char *collection, const char *filter, const char *want)
{
	assert_found_by(
	    f, (struct store_query){.collection = collection}, filter, want);
}

/* The ids of the events that match, as text: "1 2 3"; -1 as store_events_next. */
static inline int list_events(struct store_reader *reader,
    const struct store_event_query *query, char line[4096], struct error *err)
{
	struct store_event event;
	size_t len = 0;
	int rc;
	line[0] = '\0';
	struct store_events *events = store_events_open(reader, query);
	while ((rc = store_events_next(events, &event, err)) == 1)
		len += (size_t)snprintf(line + len, 4096 - len, "%s%lld",
		    len > 0 ? " " : "", (long long)event.id);
	store_events_close(events);
	return rc;
}

static inline void assert_events(
    struct fixture *f, struct store_event_query query, const char *want)
{
	char line[4096];
	if (list_events(f->reader, &query, line, &f->err) < 0)
		fail_msg("%s", f->err.text);
	assert_string_equal(line, want);
}

#endif
