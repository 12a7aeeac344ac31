#include "sqlite/sqlite_jobs.h"

#include <string.h>

#include "sqlite/sqlite_db.h"
#include "sqlite/sqlite_queues.h"
#include "store/job.h"
#include "util/jsonw.h"

enum { ERROR_MAX = 2000, ERRORS_KEPT = 100 };

/* ended_at of an open job is there too, so that its row keeps its size when it ends. */
const char *const sqlite_jobs_schema =
    "CREATE TABLE job_queue(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " paused INTEGER NOT NULL);"
    "CREATE TABLE job(id INTEGER PRIMARY KEY, queue INTEGER NOT NULL,"
    " state INTEGER NOT NULL, rank INTEGER NOT NULL, run_at INTEGER NOT NULL,"
    " created_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, tries INTEGER NOT NULL,"
    " grp TEXT, uniq TEXT, uniq_ms INTEGER, event_id INTEGER, payload TEXT NOT NULL,"
    " errors TEXT, progress TEXT);"
    "CREATE INDEX job_due ON job(queue, rank, run_at) WHERE " SQLITE_JOB_WAITING ";"
    "CREATE INDEX job_group ON job(queue, grp, state) WHERE grp IS NOT NULL"
    " AND " SQLITE_JOB_OPEN ";"
    "CREATE INDEX job_unique ON job(queue, uniq, state, created_at)"
    " WHERE uniq IS NOT NULL;"
    "CREATE INDEX job_ended ON job(state, queue, ended_at) WHERE " SQLITE_JOB_ENDED ";"
    "CREATE VIEW jobs AS SELECT job.id, job_queue.name AS queue,"
    " CASE state WHEN 0 THEN 'waiting' WHEN 1 THEN 'blocked' WHEN 3 THEN 'done'"
    "  WHEN 4 THEN 'dead' ELSE 'cancelled' END AS state, -rank AS priority,"
    " strftime('%Y-%m-%dT%H:%M:%S', run_at / 1000, 'unixepoch')"
    "  || printf('.%03dZ', run_at % 1000) AS runAt,"
    " strftime('%Y-%m-%dT%H:%M:%S', created_at / 1000, 'unixepoch')"
    "  || printf('.%03dZ', created_at % 1000) AS createdAt,"
    " CASE WHEN " SQLITE_JOB_ENDED " THEN"
    "  strftime('%Y-%m-%dT%H:%M:%S', ended_at / 1000, 'unixepoch')"
    "  || printf('.%03dZ', ended_at % 1000) END AS endedAt,"
    " tries, grp AS \"group\", uniq AS \"unique\", event_id AS eventId, payload,"
    " errors, progress FROM job JOIN job_queue ON job_queue.id = job.queue;"
    "INSERT INTO meta VALUES('next_job', 1);";

enum {
	ENQUEUE,
	GROUP_HAS_HEAD,
	UNIQUE_OPEN,
	UNIQUE_SINCE,
	LOOK,
	AGAIN,
	END,
	ADD_ERROR,
	UNBLOCK,
	REVIVE,
	DROP,
	PROGRESS,
	PAUSE,
	NEXT_ID
};

/* RETURNING would save a statement and cost twice its time. */
static const char *const sql[SQLITE_JOBS_STMTS] = {
    [ENQUEUE] =
	"INSERT INTO job(id, queue, state, rank, run_at, created_at, ended_at, tries,"
	" grp, uniq, uniq_ms, event_id, payload)"
	" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?6, 0, ?7, ?8, ?9, ?10, ?11)",
    [GROUP_HAS_HEAD] = "SELECT 1 FROM job INDEXED BY job_group WHERE queue = ?"
		       " AND grp = ? AND " SQLITE_JOB_WAITING " AND " SQLITE_JOB_OPEN,
    [UNIQUE_OPEN] = "SELECT id FROM job INDEXED BY job_unique WHERE queue = ?"
		    " AND uniq = ? AND " SQLITE_JOB_OPEN " LIMIT 1",
    [UNIQUE_SINCE] = "SELECT id FROM job INDEXED BY job_unique WHERE queue = ?"
		     " AND uniq = ? AND state IN (3, 4) AND created_at > ? LIMIT 1",
    [LOOK] = "SELECT state, tries, queue, grp FROM job WHERE id = ?",
    [AGAIN] = "UPDATE job SET tries = ?2, run_at = ?3 WHERE id = ?1",
    [END] = "UPDATE job SET state = ?2, tries = ?3, ended_at = ?4 WHERE id = ?1",
    [ADD_ERROR] =
	"UPDATE job SET errors = json_insert(CASE"
	" WHEN json_array_length(errors) >= ?3 THEN json_remove(errors, '$[0]')"
	" ELSE coalesce(errors, '[]') END, '$[#]', json(?2)) WHERE id = ?1",
    [UNBLOCK] = "UPDATE job SET state = 0 WHERE state = 1 AND id ="
		" (SELECT id FROM job INDEXED BY job_group WHERE queue = ? AND grp = ?"
		"  AND " SQLITE_JOB_OPEN " ORDER BY state, id LIMIT 1)",
    [REVIVE] = "UPDATE job SET state = ?2, tries = 0, run_at = ?3,"
	       " ended_at = created_at WHERE id = ?1",
    [DROP] = "DELETE FROM job WHERE id = ? AND " SQLITE_JOB_ENDED,
    [PROGRESS] = "UPDATE job SET progress = ?2 WHERE id = ?1 AND " SQLITE_JOB_OPEN,
    [PAUSE] = "UPDATE job_queue SET paused = ?2 WHERE id = ?1 AND paused <> ?2",
    [NEXT_ID] = "UPDATE meta SET value = ? WHERE name = 'next_job'",
};

/* ---- small steps; 1: there was something, 0: nothing, -1 with err ---- */

/* Runs a statement that changes rows and returns none. */
static int change(struct sqlite_writer *w, sqlite3_stmt *stmt, struct error *err)
{
	return sqlite_db_run(stmt, err) < 0 ? -1 : sqlite3_changes(w->db) > 0;
}

/* The first row's number, in *out. */
static int number(sqlite3_stmt *stmt, int64_t *out, struct error *err)
{
	int rc = sqlite_db_step(stmt, err);
	if (rc == 1) {
		*out = sqlite3_column_int64(stmt, 0);
		(void)sqlite3_reset(stmt);
	}
	return rc;
}

static void bind_key(sqlite3_stmt *stmt, int64_t queue, struct span key)
{
	(void)sqlite3_bind_int64(stmt, 1, queue);
	sqlite_db_text(stmt, 2, key);
}

/* What decides what may become of a job. */
struct row {
	int64_t id;
	enum job_state state;
	int tries;
	struct sqlite_queue *queue;
	struct span group; /* in text, or absent */
	char text[JOB_KEY_MAX];
};

static int look(struct row *row, struct sqlite_writer *w, int64_t id, struct error *err)
{
	sqlite3_stmt *stmt = w->jobs.stmts[LOOK];
	(void)sqlite3_bind_int64(stmt, 1, id);
	int rc = sqlite_db_step(stmt, err);
	if (rc != 1)
		return rc;
	struct span group = sqlite_db_column(stmt, 3);
	row->id = id;
	row->state = (enum job_state)sqlite3_column_int(stmt, 0);
	row->tries = sqlite3_column_int(stmt, 1);
	row->queue = sqlite_queue_by_id(w, sqlite3_column_int64(stmt, 2), err);
	row->group = (struct span){NULL, 0};
	if (group.ptr != NULL && group.len <= sizeof(row->text)) {
		memcpy(row->text, group.ptr, group.len);
		row->group = (struct span){row->text, group.len};
	}
	(void)sqlite3_reset(stmt);
	return row->queue == NULL ? -1 : 1;
}

static int again(struct sqlite_writer *w, const struct row *row, int tries,
    int64_t run_at_ms, struct error *err)
{
	sqlite3_stmt *stmt = w->jobs.stmts[AGAIN];
	(void)sqlite3_bind_int64(stmt, 1, row->id);
	(void)sqlite3_bind_int(stmt, 2, tries);
	(void)sqlite3_bind_int64(stmt, 3, run_at_ms);
	return change(w, stmt, err);
}

/* Ends an open job, and lets the next of its group go when none is ahead of that. */
static int end(struct sqlite_writer *w, const struct row *row, enum job_state state,
    struct store_job_write *write, struct error *err)
{
	sqlite3_stmt *stmt = w->jobs.stmts[END];
	bool counts = write->op == JOB_SETTLE && write->count;
	(void)sqlite3_bind_int64(stmt, 1, row->id);
	(void)sqlite3_bind_int(stmt, 2, (int)state);
	(void)sqlite3_bind_int(stmt, 3, counts ? write->nth : row->tries);
	(void)sqlite3_bind_int64(stmt, 4, write->now_ms);
	int rc = change(w, stmt, err);
	if (rc < 0 || row->group.ptr == NULL)
		return rc;
	bind_key(w->jobs.stmts[UNBLOCK], row->queue->id, row->group);
	int next = change(w, w->jobs.stmts[UNBLOCK], err);
	write->unblocked = write->unblocked || next == 1;
	return next < 0 ? -1 : rc;
}

/* ---- enqueue ---- */

static int is_repeated(struct sqlite_writer *w, int64_t queue,
    const struct store_job *job, struct error *err)
{
	int64_t id;
	sqlite3_stmt *since = w->jobs.stmts[UNIQUE_SINCE];
	if (job->unique.ptr == NULL)
		return 0;
	bind_key(w->jobs.stmts[UNIQUE_OPEN], queue, job->unique);
	int rc = number(w->jobs.stmts[UNIQUE_OPEN], &id, err);
	if (rc != 0 || job->unique_ms <= 0)
		return rc;
	bind_key(since, queue, job->unique);
	(void)sqlite3_bind_int64(since, 3, job->created_at_ms - job->unique_ms);
	return number(since, &id, err);
}

static int is_behind(
    struct sqlite_writer *w, int64_t queue, struct span group, struct error *err)
{
	int64_t one;
	if (group.ptr == NULL)
		return 0;
	bind_key(w->jobs.stmts[GROUP_HAS_HEAD], queue, group);
	return number(w->jobs.stmts[GROUP_HAS_HEAD], &one, err);
}

static int add(struct sqlite_writer *w, int64_t queue, const struct store_job *job,
    struct error *err)
{
	sqlite3_stmt *stmt = w->jobs.stmts[ENQUEUE];
	(void)sqlite3_bind_int64(stmt, 1, job->id);
	(void)sqlite3_bind_int64(stmt, 2, queue);
	(void)sqlite3_bind_int(stmt, 3, (int)job->state);
	(void)sqlite3_bind_int(stmt, 4, -job->priority);
	(void)sqlite3_bind_int64(stmt, 5, job->run_at_ms);
	(void)sqlite3_bind_int64(stmt, 6, job->created_at_ms);
	sqlite_db_text(stmt, 7, job->group);
	sqlite_db_text(stmt, 8, job->unique);
	(void)(job->unique.ptr != NULL ? sqlite3_bind_int64(stmt, 9, job->unique_ms)
				       : sqlite3_bind_null(stmt, 9));
	(void)(job->event_id != 0 ? sqlite3_bind_int64(stmt, 10, job->event_id)
				  : sqlite3_bind_null(stmt, 10));
	sqlite_db_text(stmt, 11, job->payload);
	return sqlite_db_run(stmt, err);
}

static int enqueue(struct sqlite_writer *w, struct store_job_write *write,
    int64_t event_id, struct error *err)
{
	struct store_job *job = &write->job;
	struct sqlite_queue *q = sqlite_queue_named(w, job->queue, err);
	job->id = 0;
	if (q == NULL)
		return -1;
	int rc = is_repeated(w, q->id, job, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	int behind = is_behind(w, q->id, job->group, err);
	if (behind < 0)
		return -1;
	job->id = w->jobs.next_id++;
	job->state = behind ? JOB_BLOCKED : JOB_WAITING;
	job->event_id = event_id;
	return add(w, q->id, job, err) < 0 ? -1 : 1;
}

/* ---- settle ---- */

static int add_error(struct sqlite_writer *w, const struct store_job_write *write,
    int tries, struct error *err)
{
	sqlite3_stmt *stmt = w->jobs.stmts[ADD_ERROR];
	struct span text = write->error;
	if (text.len > ERROR_MAX)
		text.len = ERROR_MAX;
	buf_clear(&w->text);
	buf_printf(&w->text, "{\"try\":%d", tries);
	jsonw_field_time(&w->text, "at", write->now_ms);
	jsonw_field(&w->text, "error", text);
	buf_putc(&w->text, '}');
	(void)sqlite3_bind_int64(stmt, 1, write->job.id);
	sqlite_db_text(stmt, 2, buf_span(&w->text));
	(void)sqlite3_bind_int(stmt, 3, ERRORS_KEPT);
	return sqlite_db_run(stmt, err);
}

static int settle(
    struct sqlite_writer *w, struct store_job_write *write, struct error *err)
{
	struct row row;
	int rc = look(&row, w, write->job.id, err);
	if (rc != 1 || row.state != JOB_WAITING || row.tries != write->nth - 1)
		return rc < 0 ? -1 : 0;
	write->job.queue = row.queue->name;
	int tries = write->count ? write->nth : row.tries;
	if (write->job.state == JOB_WAITING)
		rc = again(w, &row, tries, write->job.run_at_ms, err);
	else
		rc = end(w, &row, write->job.state, write, err);
	if (rc == 1 && write->error.ptr != NULL && add_error(w, write, tries, err) < 0)
		return -1;
	return rc;
}

/* ---- the owner's ---- */

static int retry(
    struct sqlite_writer *w, struct store_job_write *write, struct error *err)
{
	struct row row;
	int rc = look(&row, w, write->job.id, err);
	if (rc != 1)
		return rc;
	write->job.queue = row.queue->name;
	write->job.state = row.state;
	if (row.state == JOB_WAITING)
		return again(w, &row, row.tries, write->job.run_at_ms, err);
	if (row.state != JOB_DEAD && row.state != JOB_CANCELLED)
		return 0;
	int behind = is_behind(w, row.queue->id, row.group, err);
	if (behind < 0)
		return -1;
	write->job.state = behind ? JOB_BLOCKED : JOB_WAITING;
	(void)sqlite3_bind_int64(w->jobs.stmts[REVIVE], 1, row.id);
	(void)sqlite3_bind_int(w->jobs.stmts[REVIVE], 2, (int)write->job.state);
	(void)sqlite3_bind_int64(w->jobs.stmts[REVIVE], 3, write->job.run_at_ms);
	return change(w, w->jobs.stmts[REVIVE], err);
}

static int cancel_one(struct sqlite_writer *w, int64_t id,
    struct store_job_write *write, struct error *err)
{
	struct row row;
	int rc = look(&row, w, id, err);
	if (rc != 1)
		return rc;
	write->job.queue = row.queue->name;
	return job_state_open(row.state) ? end(w, &row, JOB_CANCELLED, write, err) : 0;
}

static int cancel(
    struct sqlite_writer *w, struct store_job_write *write, struct error *err)
{
	int64_t id;
	int rc, any = 0;
	if (write->job.id != 0)
		return cancel_one(w, write->job.id, write, err);
	struct sqlite_queue *q = sqlite_queue_named(w, write->job.queue, err);
	if (q == NULL)
		return -1;
	do {
		bind_key(w->jobs.stmts[UNIQUE_OPEN], q->id, write->job.unique);
		rc = number(w->jobs.stmts[UNIQUE_OPEN], &id, err);
		if (rc == 1)
			rc = any = cancel_one(w, id, write, err);
	} while (rc == 1);
	return rc < 0 ? -1 : any;
}

static int drop(
    struct sqlite_writer *w, const struct store_job_write *write, struct error *err)
{
	(void)sqlite3_bind_int64(w->jobs.stmts[DROP], 1, write->job.id);
	int rc = change(w, w->jobs.stmts[DROP], err);
	w->jobs.dropped = w->jobs.dropped || rc == 1;
	return rc;
}

static int progress(
    struct sqlite_writer *w, const struct store_job_write *write, struct error *err)
{
	sqlite3_stmt *stmt = w->jobs.stmts[PROGRESS];
	(void)sqlite3_bind_int64(stmt, 1, write->job.id);
	sqlite_db_text(stmt, 2, write->job.progress);
	return change(w, stmt, err);
}

static int pause_queue(
    struct sqlite_writer *w, const struct store_job_write *write, struct error *err)
{
	sqlite3_stmt *stmt = w->jobs.stmts[PAUSE];
	struct sqlite_queue *q = sqlite_queue_named(w, write->job.queue, err);
	if (q == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, q->id);
	(void)sqlite3_bind_int(stmt, 2, write->op == JOB_PAUSE);
	return change(w, stmt, err);
}

/* ---- any of them ---- */

static int apply(struct sqlite_writer *w, struct store_job_write *write,
    int64_t event_id, struct error *err)
{
	switch (write->op) {
	case JOB_ENQUEUE:
		return enqueue(w, write, event_id, err);
	case JOB_SETTLE:
		return settle(w, write, err);
	case JOB_RETRY:
		return retry(w, write, err);
	case JOB_CANCEL:
		return cancel(w, write, err);
	case JOB_DROP:
		return drop(w, write, err);
	case JOB_PROGRESS:
		return progress(w, write, err);
	case JOB_PAUSE:
	case JOB_RESUME:
		break;
	}
	return pause_queue(w, write, err);
}

int sqlite_jobs_apply(struct sqlite_writer *w, struct store_job_write *write,
    int64_t event_id, struct error *err)
{
	write->changed = write->fenced = write->unblocked = false;
	int rc = apply(w, write, event_id, err);
	write->changed = rc == 1;
	write->fenced = write->op == JOB_SETTLE && rc == 0;
	if (!write->fenced)
		return rc < 0 ? -1 : 1;
	(void)error_set(err,
	    "job %lld: try %d does not count any more: the job was cancelled, or another "
	    "try has ended",
	    (long long)write->job.id, write->nth);
	return 0;
}

/* Ids are never given twice: the next start goes on after the largest one there is, or
 * after this, when that was dropped. */
int sqlite_jobs_commit(struct sqlite_writer *w, struct error *err)
{
	sqlite3_stmt *stmt = w->jobs.stmts[NEXT_ID];
	if (!w->jobs.dropped)
		return 0;
	(void)sqlite3_bind_int64(stmt, 1, w->jobs.next_id);
	w->jobs.dropped = false;
	return sqlite_db_run(stmt, err);
}

void sqlite_jobs_undo(struct sqlite_writer *w, int64_t next_id)
{
	w->jobs.next_id = next_id;
	sqlite_queues_undo(w);
}

/* ---- start and stop ---- */

int sqlite_jobs_start(struct sqlite_writer *w, struct error *err)
{
	for (size_t i = 0; i < SQLITE_JOBS_STMTS; i++) {
		w->jobs.stmts[i] = sqlite_db_prepare(w->db, sql[i], err);
		if (w->jobs.stmts[i] == NULL)
			return -1;
	}
	return sqlite_db_int(w->db,
	    "SELECT max((SELECT value FROM meta WHERE name = 'next_job'),"
	    " (SELECT coalesce(max(id), 0) + 1 FROM job))",
	    &w->jobs.next_id, err);
}

void sqlite_jobs_stop(struct sqlite_writer *w)
{
	for (size_t i = 0; i < SQLITE_JOBS_STMTS; i++)
		(void)sqlite3_finalize(w->jobs.stmts[i]);
	sqlite_queues_free(w);
}
