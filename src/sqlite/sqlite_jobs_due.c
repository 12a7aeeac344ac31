/* sqlite_jobs_due -- the jobs that a queue may start now. The index has a queue's waiting
 * jobs by rank (the priority, turned over), then time. A look at each rank that is in use
 * finds what is due without passing over what is not. A job is read when it is asked for:
 * a page of large ones is never in memory at once. */
#include <stdlib.h>

#include "sqlite/sqlite_jobs.h"
#include "sqlite/sqlite_jobs_read.h"
#include "util/container.h"
#include "util/mem.h"

struct walk {
	struct store_due_jobs jobs;
	struct engine_reader *reader;
	struct store_due *due;
	struct running_list *running; /* NULL: no snapshot yet */
	int64_t left;                 /* so many may still be given */
	int64_t queue;
	int rank;
	sqlite3_stmt *stmt; /* gives the due jobs of the rank; NULL: it gave them all */
	bool ended;
};

static void due_sooner(struct walk *walk, int64_t run_at_ms)
{
	if (run_at_ms > walk->due->now_ms && run_at_ms < walk->due->next_ms)
		walk->due->next_ms = run_at_ms;
}

static int due_begin(struct walk *walk, struct error *err)
{
	walk->due->next_ms = INT64_MAX;
	if (sqlite_snapshot_begin(walk->reader, err) < 0)
		return -1;
	walk->running = sqlite_job_running(walk->reader);
	int rc = sqlite_queue_id(walk->reader, walk->due->queue, &walk->queue, err);
	walk->ended = rc == 0;
	return rc < 0 ? -1 : 0;
}

/* A statement on the waiting jobs of the queue; ?2 is the rank, ?3 (if any) now. */
static sqlite3_stmt *due_prepare(struct walk *walk, const char *sql, struct error *err)
{
	sqlite3_stmt *stmt = sqlite_cache_get(&walk->reader->cache, sql, err);
	if (stmt != NULL) {
		(void)sqlite3_bind_int64(stmt, 1, walk->queue);
		(void)sqlite3_bind_int(stmt, 2, walk->rank);
		if (sqlite3_bind_parameter_count(stmt) > 2)
			(void)sqlite3_bind_int64(stmt, 3, walk->due->now_ms);
	}
	return stmt;
}

/* To the next rank that has something due; notes when what comes before it falls due. */
static int due_next_rank(struct walk *walk, struct error *err)
{
	bool is_due = false;
	while (!is_due) {
		sqlite3_stmt *stmt = due_prepare(walk,
		    "SELECT rank, run_at FROM job INDEXED BY job_due"
		    " WHERE " SQLITE_JOB_WAITING " AND queue = ?1 AND rank > ?2"
		    " ORDER BY rank, run_at LIMIT 1",
		    err);
		int rc = stmt == NULL ? -1 : sqlite_db_step(stmt, err);
		if (rc != 1) {
			walk->ended = rc == 0;
			return rc;
		}
		walk->rank = sqlite3_column_int(stmt, 0);
		is_due = sqlite3_column_int64(stmt, 1) <= walk->due->now_ms;
		due_sooner(walk, sqlite3_column_int64(stmt, 1));
		(void)sqlite3_reset(stmt);
	}
	walk->stmt = due_prepare(walk,
	    SQLITE_JOB_SELECT(
		"INDEXED BY job_due") "WHERE " SQLITE_JOB_WAITING
				      " AND queue = ?1 AND rank = ?2 AND run_at <= ?3"
				      " ORDER BY run_at, job.id",
	    err);
	return walk->stmt == NULL ? -1 : 0;
}

/* When the first job of this rank falls due that is not due yet. */
static int due_end_rank(struct walk *walk, struct error *err)
{
	(void)sqlite3_reset(walk->stmt);
	walk->stmt = NULL;
	sqlite3_stmt *stmt = due_prepare(walk,
	    "SELECT run_at FROM job INDEXED BY job_due WHERE " SQLITE_JOB_WAITING
	    " AND queue = ?1 AND rank = ?2 AND run_at > ?3 ORDER BY run_at LIMIT 1",
	    err);
	int rc = stmt == NULL ? -1 : sqlite_db_step(stmt, err);
	if (rc == 1) {
		due_sooner(walk, sqlite3_column_int64(stmt, 0));
		(void)sqlite3_reset(stmt);
	}
	return rc < 0 ? -1 : 0;
}

static int due_next(
    struct store_due_jobs *jobs, struct store_job *out, struct error *err)
{
	struct walk *walk = container_of(jobs, struct walk, jobs);
	int rc = 0;
	if (walk->running == NULL && due_begin(walk, err) < 0)
		return -1;
	while (rc == 0 && !walk->ended) {
		if (walk->stmt == NULL) {
			rc = due_next_rank(walk, err);
			continue;
		}
		rc = walk->left > 0 ? sqlite_db_step(walk->stmt, err) : 0;
		if (rc == 0)
			rc = due_end_rank(walk, err);
	}
	if (rc == 1) {
		walk->left--;
		*out = sqlite_job_row(walk->running, walk->stmt);
	}
	return rc;
}

static int due_later(struct store_due_jobs *jobs, struct error *err)
{
	struct walk *walk = container_of(jobs, struct walk, jobs);
	struct store_job none;
	walk->left = 0;
	return due_next(jobs, &none, err);
}

static void due_close(struct store_due_jobs *jobs)
{
	struct walk *walk = container_of(jobs, struct walk, jobs);
	struct error err;
	(void)sqlite3_reset(walk->stmt);
	if (walk->running != NULL)
		(void)sqlite_snapshot_end(walk->reader, 0, &err);
	free(walk->running);
	free(walk);
}

struct store_due_jobs *sqlite_jobs_due(
    struct engine_reader *reader, struct store_due *due)
{
	struct walk *walk = mem_new(1, sizeof(*walk));
	walk->jobs = (struct store_due_jobs){due_next, due_later, due_close};
	walk->reader = reader;
	walk->due = due;
	walk->left = due->limit;
	walk->rank = INT32_MIN;
	return &walk->jobs;
}
