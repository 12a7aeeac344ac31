#include "sqlite/sqlite_writer.h"

#include "sqlite/sqlite_collection.h"
#include "sqlite/sqlite_db.h"
#include "sqlite/sqlite_recover.h"
#include "sqlite/sqlite_txn.h"
#include "sqlite/wal_vfs.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/thread.h"

enum {
	BATCH_MAX = 512,       /* transactions in a commit: bounds how long one takes */
	BATCH_BYTES = 4 << 20, /* in a commit, for the same reason */
	KEYS_BUDGET = 64 << 10,     /* bytes of sealing and merging in a commit */
	KEYS_IDLE_BUDGET = 1 << 20, /* and in one that has nothing else */
	ROWS_AHEAD = 65536,         /* documents' rows promised at a time */
	QUIET_MS = 1,  /* without work, before the log's file is made longer */
	IDLE_MS = 1000 /* between looks at the files, and attempts while commits fail */
};

/* ---- one transaction of the database ---- */

static int writer_begin(struct engine_db *db, struct error *err)
{
	struct sqlite_writer *w = &db->writer;
	w->made_collection = false;
	w->batch_events = 0;
	w->batch_duplicates = 0;
	return sqlite_db_run(w->begin, err);
}

/* Rows are never given twice, not even after a crash: a bound beyond the rows that are in
 * use is committed before they are, and the next start begins at the bound. */
static int promise_rows(struct engine_db *db, int64_t *promised, struct error *err)
{
	struct sqlite_writer *w = &db->writer;
	int64_t next = atomic_load(&db->next_row);
	*promised = w->rows_promised;
	if (next <= w->rows_promised)
		return 0;
	*promised = next + ROWS_AHEAD;
	(void)sqlite3_bind_int64(w->set_next_row, 1, *promised);
	return sqlite_db_run(w->set_next_row, err);
}

static int writer_commit(struct engine_db *db, size_t keys_budget, struct error *err)
{
	struct sqlite_writer *w = &db->writer;
	int64_t promised;
	if (w->repeat_count == 0)
		w->repeat_count = repeats_take(&db->repeats, w->repeats);
	for (size_t i = 0; i < w->repeat_count; i++) {
		(void)sqlite3_bind_int64(w->count_repeat, 1, w->repeats[i].count);
		(void)sqlite3_bind_int64(w->count_repeat, 2, w->repeats[i].event_id);
		if (sqlite_db_run(w->count_repeat, err) < 0)
			return -1;
		w->batch_duplicates += (uint64_t)w->repeats[i].count;
	}
	if (promise_rows(db, &promised, err) < 0 || sqlite_jobs_commit(w, err) < 0 ||
	    keys_write(db->keys, keys_budget, err) < 0 ||
	    files_check(&db->files, err) < 0 || sqlite_db_run(w->commit, err) < 0)
		return -1;
	keys_committed(db->keys);
	w->rows_promised = promised;
	w->repeat_count = 0;
	return 0;
}

static void writer_roll_back(struct engine_db *db)
{
	struct sqlite_writer *w = &db->writer;
	/* After some errors SQLite has rolled back already. */
	if (!sqlite3_get_autocommit(w->db))
		(void)sqlite_db_run(w->rollback, NULL);
	wal_vfs_drop(w->db);
	keys_rolled_back(db->keys);
	if (w->made_collection)
		sqlite_collection_forget_all(w);
}

/* Logs one line when commits begin to fail and one when they work again, however many
 * webhooks failed meanwhile. */
static void note_outcome(struct engine_db *db, int rc, const struct error *err)
{
	struct sqlite_writer *w = &db->writer;
	if (rc < 0) {
		atomic_fetch_add(&db->failed_commits, 1);
		if (!w->failing)
			log_write(
			    LOG_ERROR, "nothing can be stored", "why", err->text, NULL);
	} else {
		atomic_fetch_add_explicit(&db->commits, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(
		    &db->events, w->batch_events, memory_order_relaxed);
		atomic_fetch_add_explicit(
		    &db->duplicates, w->batch_duplicates, memory_order_relaxed);
		if (w->failing)
			log_write(LOG_INFO, "storing works again", NULL);
	}
	if (rc < 0) {
		mutex_lock(&db->mutex);
		db->trouble = *err;
		mutex_unlock(&db->mutex);
	}
	w->failing = rc < 0;
	atomic_store(&db->healthy, rc == 0);
}

static void finish_batch(
    struct engine_db *db, struct store_txn *first, int rc, const struct error *err)
{
	while (first != NULL) {
		struct store_txn *txn = first;
		first = commit_queue_next(txn);
		if (rc < 0) {
			txn->result = STORE_FAILED;
			txn->error = *err;
		}
		commit_queue_left(&db->queue, txn);
		db->owner.finished(db->owner.ctx, txn);
	}
}

static void commit_batch(struct engine_db *db, struct store_txn *first)
{
	struct sqlite_writer *w = &db->writer;
	struct error err = {""};
	int64_t next_event = w->next_event, next_job = w->jobs.next_id;
	int rc = writer_begin(db, &err);
	if (rc == 0 && w->failing) {
		(void)sqlite3_bind_int64(w->probe, 1, clock_wall_ms());
		rc = sqlite_db_run(w->probe, &err);
	}
	for (struct store_txn *txn = first; txn != NULL && rc == 0;
	     txn = commit_queue_next(txn))
		rc = sqlite_txn_apply(db, txn, &err);
	if (rc == 0)
		rc = writer_commit(
		    db, first == NULL ? KEYS_IDLE_BUDGET : KEYS_BUDGET, &err);
	if (rc < 0) {
		writer_roll_back(db);
		w->next_event = next_event;
		sqlite_jobs_undo(w, next_job);
	}
	note_outcome(db, rc, &err);
	finish_batch(db, first, rc, &err);
	checkpoint_committed(db->checkpoint, w->db, w->log_pages);
}

/* ---- tasks ---- */

static void run_task(struct engine_db *db, struct sqlite_task *task)
{
	struct sqlite_writer *w = &db->writer;
	if (task->bare) {
		task->rc = task->run(db, task->ctx, task->err);
		return;
	}
	task->rc = writer_begin(db, task->err);
	if (task->rc == 0)
		task->rc = task->run(db, task->ctx, task->err);
	if (task->rc == 0)
		task->rc = writer_commit(db, KEYS_BUDGET, task->err);
	if (task->rc < 0)
		writer_roll_back(db);
	checkpoint_committed(db->checkpoint, w->db, w->log_pages);
}

static void run_tasks(struct engine_db *db)
{
	struct sqlite_task *task;
	mutex_lock(&db->mutex);
	while ((task = db->tasks) != NULL) {
		db->tasks = task->next;
		mutex_unlock(&db->mutex);
		run_task(db, task);
		mutex_lock(&db->mutex);
		task->finished = true;
		cond_signal(&task->done);
	}
	mutex_unlock(&db->mutex);
}

int sqlite_writer_do(struct engine_db *db, struct sqlite_task *task, struct error *err)
{
	task->err = err;
	task->finished = false;
	cond_init(&task->done);
	mutex_lock(&db->mutex);
	task->next = db->tasks;
	db->tasks = task;
	mutex_unlock(&db->mutex);
	commit_queue_ring(&db->queue);
	mutex_lock(&db->mutex);
	while (!task->finished)
		cond_wait(&task->done, &db->mutex);
	mutex_unlock(&db->mutex);
	cond_clear(&task->done);
	return task->rc;
}

/* ---- the thread ---- */

/* Takes the first transactions of *list as a batch; the others stay in *list. */
static struct store_txn *take_batch(struct store_txn **list)
{
	struct store_txn *first = *list, *last = *list, *next = commit_queue_next(last);
	int64_t bytes = commit_queue_cost(last);
	for (int count = 1; count < BATCH_MAX && next != NULL; count++) {
		bytes += commit_queue_cost(next);
		if (bytes > BATCH_BYTES)
			break;
		last = next;
		next = commit_queue_next(last);
	}
	*list = next;
	last->mail.next = NULL;
	return first;
}

/* When there has been nothing to commit for a while. */
static void writer_rest(struct engine_db *db)
{
	struct sqlite_writer *w = &db->writer;
	if (w->failing || files_check(&db->files, NULL) < 0)
		commit_batch(db, NULL); /* it fails, or works again: that is told */
	else
		wal_room_make(&w->room, w->db);
}

/* When there is nothing to commit. False when the thread shall end. */
static bool writer_idle(struct engine_db *db)
{
	struct sqlite_writer *w = &db->writer;
	if (!w->failing && w->repeat_count == 0)
		w->repeat_count = repeats_take(&db->repeats, w->repeats);
	if (!w->failing && (w->repeat_count > 0 || keys_busy(db->keys))) {
		commit_batch(db, NULL);
		return true;
	}
	if (atomic_load(&db->stopping))
		return false;
	if (atomic_exchange(&db->wants_room, false))
		w->room = (struct wal_room){checkpoint_log_bytes(db->checkpoint), true};
	checkpoint_retry(db->checkpoint);
	commit_queue_wait(&db->queue, w->room.more ? QUIET_MS : IDLE_MS);
	if (commit_queue_empty(&db->queue) && !atomic_load(&db->stopping))
		writer_rest(db);
	return true;
}

static void *writer_run(void *ctx)
{
	struct engine_db *db = ctx;
	struct store_txn *list = NULL;
	bool going = true;
	while (going) {
		run_tasks(db);
		if (list == NULL)
			list = commit_queue_take(&db->queue);
		if (list != NULL)
			commit_batch(db, take_batch(&list));
		else
			going = writer_idle(db);
	}
	return NULL;
}

/* ---- start and stop ---- */

static int note_log_pages(void *ctx, sqlite3 *sqlite, const char *name, int pages)
{
	struct engine_db *db = ctx;
	(void)sqlite;
	(void)name;
	db->writer.log_pages = pages;
	atomic_store_explicit(
	    &db->log_bytes, (int64_t)pages * (4096 + 24), memory_order_relaxed);
	return SQLITE_OK;
}

static int writer_prepare(struct sqlite_writer *w, struct error *err)
{
	const struct {
		sqlite3_stmt **stmt;
		const char *sql;
	} all[] = {
	    {&w->begin, "BEGIN IMMEDIATE"},
	    {&w->commit, "COMMIT"},
	    {&w->rollback, "ROLLBACK"},
	    {&w->savepoint, "SAVEPOINT txn"},
	    {&w->release, "RELEASE txn"},
	    {&w->undo, "ROLLBACK TO txn"},
	    {&w->add_event,
		"INSERT INTO event(id, received_at, kind, sid, route, query, state,"
		" failure, params, raw, reply_status, reply_type, reply_body,"
		" duplicates, request)"
		" VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)"},
	    {&w->revise_event, "UPDATE event SET state = ?, failure = ?, request = NULL"
			       " WHERE id = ? AND failure IS NOT NULL"},
	    {&w->count_repeat,
		"UPDATE event SET duplicates = duplicates + ? WHERE id = ?"},
	    {&w->set_next_row, "UPDATE meta SET value = ? WHERE name = 'next_row'"},
	    {&w->probe, "INSERT OR REPLACE INTO meta VALUES('last_failure', ?)"},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		*all[i].stmt = sqlite_db_prepare(w->db, all[i].sql, err);
		if (*all[i].stmt == NULL)
			return -1;
	}
	return 0;
}

int sqlite_writer_start(struct engine_db *db, struct error *err)
{
	struct sqlite_writer *w = &db->writer;
	(void)sqlite3_wal_hook(w->db, note_log_pages, db);
	/* A commit that an owner had written and not synced when it was killed counts from
	 * now on: repeats are told that it is stored. */
	if (wal_vfs_sync(w->db) != SQLITE_OK)
		return error_set(err, "the store's log cannot be synced");
	if (writer_prepare(w, err) < 0 || sqlite_jobs_start(w, err) < 0 ||
	    sqlite_recover(db, err) < 0)
		return -1;
	if (sqlite_db_int(w->db, "SELECT coalesce(max(id), 0) + 1 FROM event",
		&w->next_event, err) < 0)
		return -1;
	if (sqlite_db_int(w->db, "SELECT value FROM meta WHERE name = 'next_row'",
		&w->rows_promised, err) < 0)
		return -1;
	if (sqlite_db_int(w->db, "SELECT value FROM meta WHERE name = 'unkeyed_first'",
		&db->unkeyed_first, err) < 0 ||
	    sqlite_db_int(w->db, "SELECT value FROM meta WHERE name = 'unkeyed_last'",
		&db->unkeyed_last, err) < 0)
		return -1;
	atomic_store(&db->next_row, w->rows_promised);
	return thread_start(&db->thread, "oh-writer", writer_run, db, err);
}

void sqlite_writer_stop(struct engine_db *db)
{
	atomic_store(&db->stopping, true);
	commit_queue_ring(&db->queue);
	thread_join(db->thread);
}
