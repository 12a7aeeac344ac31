#include "store/store.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "store/claims.h"
#include "store/engine.h"
#include "store/forget_jobs.h"
#include "store/job.h"
#include "store/name.h"
#include "util/clock.h"
#include "util/container.h"
#include "util/mem.h"
#include "util/text.h"
#include "util/thread.h"

struct store {
	const struct engine *engine;
	struct engine_db *db;
	struct claims *claims;
	void (*watch_jobs)(void *ctx, const struct store_txn *txn);
	void *watch_ctx;
};

const char *event_state_name(enum event_state state)
{
	switch (state) {
	case EVENT_DONE:
		return "done";
	case EVENT_FAILED:
		return "failed";
	case EVENT_LATE:
		return "late";
	}
	return "late";
}

/* ---- rows and ids ---- */

void store_id(char out[STORE_ID_SIZE], int64_t row)
{
	uint32_t seconds = htobe32((uint32_t)(clock_wall_ms() / 1000));
	uint64_t number = htobe64((uint64_t)row);
	text_hex(out, &seconds, sizeof(seconds));
	text_hex(out + 2 * sizeof(seconds), &number, sizeof(number));
}

int64_t store_id_row(struct span id)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t row = 0;
	if (id.len != STORE_ID_SIZE - 1)
		return 0;
	for (size_t i = 0; i < id.len; i++) {
		const char *at = strchr(digits, id.ptr[i]);
		if (at == NULL || *at == '\0')
			return 0;
		if (i >= 8)
			row = row << 4 | (uint64_t)(at - digits);
	}
	return row > INT64_MAX ? 0 : (int64_t)row;
}

int64_t store_reserve(struct store *store, int64_t count)
{
	assert(count > 0);
	return store->engine->reserve(store->db, count);
}

/* ---- open and close ---- */

static void store_finished(void *ctx, struct store_txn *txn)
{
	struct store *store = ctx;
	claims_end(store->claims, txn);
	if (store->watch_jobs != NULL && txn->jobs != NULL && txn->result == STORE_OK)
		store->watch_jobs(store->watch_ctx, txn);
	txn->done(txn);
}

int store_check(const struct engine *engine, const char *dir, struct error *err)
{
	return engine->check(dir, err);
}

int store_check_contents(
    const struct engine *engine, const char *dir, struct error *err)
{
	return engine->check_contents(dir, err);
}

int store_open(struct store **out, const struct engine *engine,
    const struct store_config *config, struct error *err)
{
	struct store *store = mem_new(1, sizeof(*store));
	store->engine = engine;
	struct engine_owner owner = {store_finished, store};
	if (store->engine->open(&store->db, config, owner, err) < 0) {
		free(store);
		return -1;
	}
	if (claims_open(&store->claims, store->engine, store->db, err) < 0) {
		store->engine->close(store->db);
		free(store);
		return -1;
	}
	*out = store;
	return 0;
}

void store_close(struct store *store)
{
	if (store == NULL)
		return;
	claims_stop(store->claims);
	store->engine->close(store->db);
	claims_free(store->claims);
	free(store);
}

int store_declare(struct store *store, const char *collection, const char *key_field,
    struct error *err)
{
	if (name_check(collection, err) < 0)
		return -1;
	if (key_field == NULL || key_field[0] == '\0' || strcmp(key_field, "_id") == 0)
		return error_set(err, "collection '%s': '%s' cannot be its key",
		    collection, key_field != NULL ? key_field : "");
	return store->engine->declare(store->db, collection, key_field, err);
}

/* ---- claims ---- */

bool store_claim(struct store *store, struct store_claim *claim, bool count)
{
	assert(claim->arena != NULL && claim->done != NULL);
	claim->count = count;
	return claims_ask(store->claims, claim);
}

void store_unclaim(struct store *store, const struct store_claim *claim)
{
	claims_drop(store->claims, claim);
}

bool store_unkeyed(const struct store *store, int64_t *first, int64_t *last)
{
	return store->engine->unkeyed(store->db, first, last);
}

/* ---- transactions ---- */

static void check_write(const struct store_write *write)
{
	struct span doc = write->doc;
	assert(
	    write->collection != NULL && store_name_valid(span_of(write->collection)));
	assert(write->op != STORE_INSERT || doc.ptr != NULL);
	assert(doc.ptr == NULL ||
	       (doc.len >= 2 && doc.ptr[0] == '{' && doc.ptr[doc.len - 1] == '}'));
	assert(write->op != STORE_UPDATE || write->update != NULL ||
	       write->edit != NULL || write->doc.ptr != NULL);
}

bool store_submit(struct store *store, struct store_txn *txn)
{
	assert(txn->done != NULL);
	for (const struct store_write *write = txn->writes; write != NULL;
	     write = write->next)
		check_write(write);
	txn->result = job_check(txn->jobs, &txn->error) < 0 ? STORE_CONFLICT : STORE_OK;
	return store->engine->submit(store->db, txn);
}

void store_make_room(struct store *store)
{
	store->engine->make_room(store->db);
}

void store_flush(struct store *store)
{
	store->engine->flush(store->db);
}

struct waiter {
	struct store_txn txn;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	bool finished;
};

static void waiter_wake(struct store_txn *txn)
{
	struct waiter *waiter = container_of(txn, struct waiter, txn);
	mutex_lock(&waiter->mutex);
	waiter->finished = true;
	cond_signal(&waiter->cond);
	mutex_unlock(&waiter->mutex);
}

enum store_result store_commit(struct store *store, struct store_txn *txn)
{
	struct waiter waiter = {.txn = *txn};
	mutex_init(&waiter.mutex);
	cond_init(&waiter.cond);
	waiter.txn.done = waiter_wake;
	if (store_submit(store, &waiter.txn)) {
		store_flush(store);
		mutex_lock(&waiter.mutex);
		while (!waiter.finished)
			cond_wait(&waiter.cond, &waiter.mutex);
		mutex_unlock(&waiter.mutex);
	} else {
		waiter.txn.result = STORE_FAILED;
		(void)error_set(
		    &waiter.txn.error, "too many transactions wait already");
	}
	cond_clear(&waiter.cond);
	mutex_clear(&waiter.mutex);
	txn->event.id = waiter.txn.event.id;
	txn->result = waiter.txn.result;
	txn->error = waiter.txn.error;
	return txn->result;
}

void store_watch_jobs(struct store *store,
    void (*committed)(void *ctx, const struct store_txn *txn), void *ctx)
{
	store->watch_jobs = committed;
	store->watch_ctx = ctx;
}

bool store_job_given(struct store *store, int64_t id, int try)
{
	return store->engine->job_given(store->db, id, try);
}

bool store_job_began(struct store *store, int64_t id, int try)
{
	return store->engine->job_began(store->db, id, try);
}

void store_job_ended(struct store *store, int64_t id)
{
	store->engine->job_ended(store->db, id);
}

bool store_healthy(struct store *store, struct error *why)
{
	return store->engine->healthy(store->db, why);
}

void store_stats(const struct store *store, struct store_stats *out)
{
	store->engine->stats(store->db, out);
}

/* ---- reading ---- */

static struct store_reader *reader_wrap(
    const struct engine *engine, struct engine_reader *reader)
{
	struct store_reader *out = mem_new(1, sizeof(*out));
	out->engine = engine;
	out->reader = reader;
	return out;
}

int store_reader_open(struct store_reader **out, const struct engine *engine,
    const char *dir, struct error *err)
{
	struct engine_reader *reader = NULL;
	if (engine->reader_open(&reader, dir, err) < 0)
		return -1;
	*out = reader_wrap(engine, reader);
	return 0;
}

int store_reader_new(struct store_reader **out, struct store *store, struct error *err)
{
	struct engine_reader *reader = NULL;
	if (store->engine->reader_new(&reader, store->db, err) < 0)
		return -1;
	*out = reader_wrap(store->engine, reader);
	return 0;
}

void store_reader_close(struct store_reader *reader)
{
	if (reader == NULL)
		return;
	reader->engine->reader_close(reader->reader);
	free(reader);
}

void store_reader_job_began(struct store_reader *reader, int64_t id, int try)
{
	reader->engine->reader_job_began(reader->reader, id, try);
}

/* ---- reading events ---- */

struct store_events *store_events_open(
    struct store_reader *reader, const struct store_event_query *query)
{
	return reader->engine->events(reader->reader, query);
}

int store_events_next(
    struct store_events *events, struct store_event *out, struct error *err)
{
	return events->next(events, out, err);
}

void store_events_close(struct store_events *events)
{
	if (events != NULL)
		events->close(events);
}

int store_event_get(struct store_reader *reader, int64_t id, struct arena *arena,
    struct store_event *out, struct error *err)
{
	return reader->engine->event_get(reader->reader, id, arena, out, err);
}

int store_collections(struct store_reader *reader, bool counted, struct arena *arena,
    struct store_collection **out, struct error *err)
{
	*out = NULL;
	return reader->engine->collections(reader->reader, counted, arena, out, err);
}

/* ---- reading jobs ---- */

struct store_due_jobs *store_due_open(
    struct store_reader *reader, struct store_due *due)
{
	assert(due->limit > 0);
	return reader->engine->due(reader->reader, due);
}

int store_due_next(
    struct store_due_jobs *jobs, struct store_job *out, struct error *err)
{
	return jobs->next(jobs, out, err);
}

int store_due_later(struct store_due_jobs *jobs, struct error *err)
{
	return jobs->later(jobs, err);
}

void store_due_close(struct store_due_jobs *jobs)
{
	if (jobs != NULL)
		jobs->close(jobs);
}

struct store_jobs *store_jobs_open(
    struct store_reader *reader, const struct store_job_query *query)
{
	return reader->engine->jobs(reader->reader, query);
}

int store_jobs_next(struct store_jobs *jobs, struct store_job *out, struct error *err)
{
	return jobs->next(jobs, out, err);
}

void store_jobs_close(struct store_jobs *jobs)
{
	if (jobs != NULL)
		jobs->close(jobs);
}

int store_job_get(struct store_reader *reader, int64_t id, struct arena *arena,
    struct store_job *out, struct error *err)
{
	return reader->engine->job_get(reader->reader, id, arena, out, err);
}

int store_queues(struct store_reader *reader, bool counted, struct arena *arena,
    struct store_queue **out, struct error *err)
{
	*out = NULL;
	return reader->engine->queues(reader->reader, counted, arena, out, err);
}

/* ---- the owner's commands ---- */

int store_index(
    struct store *store, const char *collection, const char *path, struct error *err)
{
	if (name_check(collection, err) < 0 || name_check_path(path, err) < 0)
		return -1;
	return store->engine->index(store->db, collection, path, err);
}

int store_forget(struct store *store, struct span address, struct store_forgotten *out,
    struct error *err)
{
	*out = (struct store_forgotten){0};
	if (address.len == 0)
		return error_set(err, "no address to forget");
	if (forget_jobs(store, address, &out->jobs, err) < 0)
		return -1;
	return store->engine->forget(store->db, address, out, err);
}
