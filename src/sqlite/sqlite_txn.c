#include "sqlite/sqlite_txn.h"

#include "sqlite/sqlite_db.h"
#include "sqlite/sqlite_docs.h"
#include "sqlite/sqlite_key.h"

static void add_key(struct engine_db *db, struct store_key *key, int64_t event_id)
{
	keys_add(db->keys, sqlite_key_event(key), event_id);
}

/* An event is found by its SID through the first half of its key in the index. When it
 * has no key of that SID, one is added that says nothing else. */
static void add_keys(struct engine_db *db, struct store_txn *txn)
{
	const struct store_event *event = &txn->event;
	struct store_key by_sid = {.sid = event->sid};
	bool found = event->sid.len == 0;
	for (size_t i = 0; i < txn->key_count; i++) {
		add_key(db, &txn->keys[i], event->id);
		found = found || span_eq(txn->keys[i].sid, event->sid);
	}
	if (!found)
		add_key(db, &by_sid, event->id);
}

static int add_rekeys(struct engine_db *db, struct store_txn *txn, struct error *err)
{
	sqlite3_stmt *stmt = sqlite_db_prepare(db->writer.db,
	    "UPDATE meta SET value = ? WHERE name = 'unkeyed_first'", err);
	if (stmt == NULL)
		return -1;
	for (struct store_rekey *rekey = txn->rekeys; rekey != NULL;
	     rekey = rekey->next)
		add_key(db, &rekey->key, rekey->event_id);
	(void)sqlite3_bind_int64(stmt, 1, txn->rekeyed_to + 1);
	int rc = sqlite_db_run(stmt, err);
	(void)sqlite3_finalize(stmt);
	return rc;
}

static int add_event(struct engine_db *db, struct store_txn *txn, struct error *err)
{
	struct sqlite_writer *w = &db->writer;
	struct store_event *event = &txn->event;
	sqlite3_stmt *stmt = w->add_event;
	event->id = w->next_event;
	(void)sqlite3_bind_int64(stmt, 1, event->id);
	(void)sqlite3_bind_int64(stmt, 2, event->received_at_ms);
	sqlite_db_text(stmt, 3, span_of(event->kind));
	sqlite_db_text(stmt, 4, event->sid);
	sqlite_db_text(stmt, 5, event->route);
	sqlite_db_text(stmt, 6, event->query);
	(void)sqlite3_bind_int(stmt, 7, (int)event->state);
	sqlite_db_text(stmt, 8, event->failure);
	sqlite_db_text(stmt, 9, event->params);
	sqlite_db_blob(stmt, 10, event->raw);
	(void)sqlite3_bind_int(stmt, 11, event->reply.status);
	sqlite_db_text(stmt, 12, event->reply.type);
	sqlite_db_text(stmt, 13, event->reply.body);
	sqlite_db_text(stmt, 14, event->request);
	if (sqlite_db_run(stmt, err) < 0)
		return -1;
	w->next_event++;
	w->batch_events++;
	add_keys(db, txn);
	return 0;
}

/* Only while it has a failure: of two attempts to handle it again, one comes too late. */
static enum sqlite_applied revise_event(
    struct sqlite_writer *w, const struct store_txn *txn, struct error *err)
{
	sqlite3_stmt *stmt = w->revise_event;
	(void)sqlite3_bind_int(stmt, 1, (int)txn->event.state);
	sqlite_db_text(stmt, 2, txn->event.failure);
	(void)sqlite3_bind_int64(stmt, 3, txn->revised_event);
	if (sqlite_db_run(stmt, err) < 0)
		return SQLITE_BROKEN;
	if (sqlite3_changes(w->db) == 1)
		return SQLITE_APPLIED;
	(void)error_set(err, "event %lld was handled meanwhile, or erased",
	    (long long)txn->revised_event);
	return SQLITE_CONFLICT;
}

/* A conflict that is found after something was changed needs a savepoint to go back to.
 * The first change needs none: one document, or the end of a job, is checked before it is
 * changed. */
static bool txn_needs_savepoint(const struct store_txn *txn)
{
	const struct store_write *write = txn->writes;
	bool revises = txn->revised_event != 0, writes = write != NULL;
	if (writes && (revises || write->next != NULL || write->ids != NULL))
		return true;
	for (const struct store_job_write *job = txn->jobs; job != NULL;
	     job = job->next) {
		bool first = job == txn->jobs && !revises && !writes;
		if (job->op == JOB_SETTLE && !first)
			return true;
	}
	return false;
}

/* The state before a transaction of a batch. */
struct mark {
	bool guarded; /* a savepoint is set */
	size_t keys;
	int64_t next_job;
};

static int txn_undo(struct engine_db *db, const struct mark *mark, struct error *err)
{
	struct sqlite_writer *w = &db->writer;
	if (!mark->guarded)
		return 0;
	keys_undo(db->keys, mark->keys);
	if (w->made_collection)
		sqlite_collection_forget_all(w);
	sqlite_jobs_undo(w, mark->next_job);
	return sqlite_db_run(w->undo, err) < 0 || sqlite_db_run(w->release, err) < 0
		   ? -1
		   : 0;
}

static enum sqlite_applied txn_apply_jobs(
    struct engine_db *db, struct store_txn *txn, struct error *err)
{
	struct sqlite_writer *w = &db->writer;
	int64_t event_id = txn->event.kind != NULL ? w->next_event : txn->revised_event;
	for (struct store_job_write *job = txn->jobs; job != NULL; job = job->next) {
		int rc = sqlite_jobs_apply(w, job, event_id, err);
		if (rc != 1)
			return rc == 0 ? SQLITE_CONFLICT : SQLITE_BROKEN;
	}
	return SQLITE_APPLIED;
}

/* The parts of the transaction that may conflict. */
static int txn_apply_changes(
    struct engine_db *db, struct store_txn *txn, struct error *err)
{
	struct sqlite_writer *w = &db->writer;
	struct mark mark = {
	    txn_needs_savepoint(txn), keys_mark(db->keys), w->jobs.next_id};
	enum sqlite_applied applied = SQLITE_APPLIED;
	w->budget = budget_of(BUDGET_TXN_MS);
	if (mark.guarded && sqlite_db_run(w->savepoint, err) < 0)
		return -1;
	if (txn->revised_event != 0)
		applied = revise_event(w, txn, &txn->error);
	for (const struct store_write *write = txn->writes;
	     write != NULL && applied == SQLITE_APPLIED; write = write->next)
		applied = sqlite_docs_apply(db, write, &txn->error);
	if (applied == SQLITE_APPLIED)
		applied = txn_apply_jobs(db, txn, &txn->error);
	switch (applied) {
	case SQLITE_APPLIED:
		return mark.guarded ? sqlite_db_run(w->release, err) : 0;
	case SQLITE_CONFLICT:
		txn->result = STORE_CONFLICT;
		return txn_undo(db, &mark, err);
	case SQLITE_BROKEN:
		break;
	}
	*err = txn->error;
	return -1;
}

int sqlite_txn_apply(struct engine_db *db, struct store_txn *txn, struct error *err)
{
	if (txn->result == STORE_OK && txn_apply_changes(db, txn, err) < 0)
		return -1;
	if (txn->result != STORE_OK)
		return 0;
	if (txn->rekeyed_to != 0 && add_rekeys(db, txn, err) < 0)
		return -1;
	return txn->event.kind != NULL ? add_event(db, txn, err) : 0;
}
