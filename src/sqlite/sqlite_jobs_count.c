/* sqlite_jobs_count -- the queues there are, and how many jobs they have. */
#include <stdlib.h>

#include "sqlite/sqlite_jobs.h"
#include "sqlite/sqlite_jobs_read.h"
#include "util/arena.h"

/* As sqlite_job_state wants them; a condition follows. */
#define LOOK "SELECT id, queue, state, rank, run_at, NULL, NULL, tries FROM job "

struct queues {
	struct engine_reader *reader;
	struct running_list *running;
	struct store_queue *list;
};

static int queues_list(struct queues *queues, struct arena *arena, struct error *err)
{
	int rc;
	struct store_queue **last = &queues->list;
	sqlite3_stmt *stmt = sqlite_cache_get(&queues->reader->cache,
	    "SELECT id, name, paused FROM job_queue ORDER BY name", err);
	if (stmt == NULL)
		return -1;
	while ((rc = sqlite_db_step(stmt, err)) == 1) {
		struct store_queue *queue = arena_alloc(arena, sizeof(*queue));
		*queue = (struct store_queue){.id = sqlite3_column_int64(stmt, 0),
		    .name = arena_copy(arena, sqlite_db_column(stmt, 1)),
		    .paused = sqlite3_column_int(stmt, 2) != 0,
		    .oldest_due_ms = INT64_MAX};
		*last = queue;
		last = &queue->next;
	}
	return rc;
}

static struct store_queue *queue_of(const struct queues *queues, int64_t id)
{
	struct store_queue *queue = queues->list;
	while (queue != NULL && queue->id != id)
		queue = queue->next;
	return queue;
}

/* A statement that gives queue, state and how many. */
static int queues_count(struct queues *queues, const char *sql, struct error *err)
{
	int rc;
	sqlite3_stmt *stmt = sqlite_cache_get(&queues->reader->cache, sql, err);
	if (stmt == NULL)
		return -1;
	while ((rc = sqlite_db_step(stmt, err)) == 1) {
		struct store_queue *queue =
		    queue_of(queues, sqlite3_column_int64(stmt, 0));
		int state = sqlite3_column_int(stmt, 1);
		if (queue != NULL && state >= 0 && state < JOB_STATES)
			queue->counts[state] = sqlite3_column_int64(stmt, 2);
	}
	return rc;
}

/* In the table, running jobs are among the waiting. */
static int queues_count_running(struct queues *queues, struct error *err)
{
	int rc = 0;
	const struct running_list *running = queues->running;
	sqlite3_stmt *stmt =
	    sqlite_cache_get(&queues->reader->cache, LOOK "WHERE id = ?", err);
	if (stmt == NULL)
		return -1;
	for (size_t i = 0; i < running->count && rc >= 0; i++) {
		(void)sqlite3_bind_int64(stmt, 1, running_id(running->tries[i]));
		rc = sqlite_db_step(stmt, err);
		struct store_queue *queue =
		    rc == 1 && sqlite_job_state(queues->running, stmt) == JOB_RUNNING
			? queue_of(queues, sqlite3_column_int64(stmt, 1))
			: NULL;
		if (queue != NULL) {
			queue->counts[JOB_RUNNING]++;
			queue->counts[JOB_WAITING]--;
		}
		(void)sqlite3_reset(stmt);
	}
	return rc < 0 ? -1 : 0;
}

/* The oldest of the first job of each rank that does not run. */
static int queues_find_oldest(
    const struct queues *queues, struct store_queue *queue, struct error *err)
{
	int rc, rank = INT32_MIN;
	sqlite3_stmt *stmt = sqlite_cache_get(&queues->reader->cache,
	    LOOK "INDEXED BY job_due WHERE " SQLITE_JOB_WAITING
		 " AND queue = ? AND rank > ? ORDER BY rank, run_at, id",
	    err);
	if (stmt == NULL)
		return -1;
	do {
		(void)sqlite3_bind_int64(stmt, 1, queue->id);
		(void)sqlite3_bind_int(stmt, 2, rank);
		rc = sqlite_db_step(stmt, err);
		while (
		    rc == 1 && sqlite_job_state(queues->running, stmt) == JOB_RUNNING)
			rc = sqlite_db_step(stmt, err);
		if (rc == 1) {
			int64_t run_at_ms = sqlite3_column_int64(stmt, 4);
			rank = sqlite3_column_int(stmt, 3);
			if (run_at_ms < queue->oldest_due_ms)
				queue->oldest_due_ms = run_at_ms;
		}
		(void)sqlite3_reset(stmt);
	} while (rc == 1);
	return rc;
}

static int queues_count_all(struct queues *queues, struct error *err)
{
	static const char *const sql[] = {
	    "SELECT queue, 0, count(*) FROM job INDEXED BY job_due"
	    " WHERE " SQLITE_JOB_WAITING " GROUP BY queue",
	    "SELECT queue, 1, count(*) FROM job INDEXED BY job_group"
	    " WHERE grp IS NOT NULL AND " SQLITE_JOB_OPEN
	    " AND state = 1 GROUP BY queue",
	    "SELECT queue, state, count(*) FROM job INDEXED BY job_ended"
	    " WHERE " SQLITE_JOB_ENDED " GROUP BY state, queue"};
	int rc = 0;
	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]) && rc == 0; i++)
		rc = queues_count(queues, sql[i], err);
	if (rc == 0)
		rc = queues_count_running(queues, err);
	for (struct store_queue *queue = queues->list; queue != NULL && rc == 0;
	     queue = queue->next)
		rc = queues_find_oldest(queues, queue, err);
	return rc;
}

int sqlite_jobs_queues(struct engine_reader *reader, bool counted, struct arena *arena,
    struct store_queue **out, struct error *err)
{
	struct queues queues = {
	    .reader = reader, .running = sqlite_job_running(reader)};
	int rc = sqlite_snapshot_begin(reader, err);
	if (rc == 0) {
		rc = queues_list(&queues, arena, err);
		if (rc == 0 && counted)
			rc = queues_count_all(&queues, err);
		rc = sqlite_snapshot_end(reader, rc, err);
	}
	free(queues.running);
	*out = queues.list;
	return rc;
}
