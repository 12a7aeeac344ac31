#include "sqlite/sqlite_jobs.h"
#include "sqlite/sqlite_jobs_read.h"

/* The index has a queue's waiting jobs by rank (the priority, turned over), then time. A
 * look at each rank that is in use finds what is due without passing over what is not.
 * Jobs are given as they are read: a page of large ones is never in memory at once. */
struct due {
	struct engine_reader *reader;
	struct store_due *due;
	struct store_each_job each;
	struct sqlite_job_page *page; /* for what runs */
	int64_t left;                 /* so many may still be given */
	int64_t queue;
	int rank;
	int64_t first_ms; /* the earliest of that rank */
};

static void sooner(struct due *d, int64_t run_at_ms)
{
	if (run_at_ms > d->due->now_ms && run_at_ms < d->due->next_ms)
		d->due->next_ms = run_at_ms;
}

/* 1: there is a further rank, 0: that was the last, -1 with err. */
static int next_rank(struct due *d, struct error *err)
{
	sqlite3_stmt *stmt = sqlite_cache_get(&d->reader->cache,
	    "SELECT rank, run_at FROM job INDEXED BY job_due"
	    " WHERE " SQLITE_JOB_WAITING " AND queue = ? AND rank > ?"
	    " ORDER BY rank, run_at LIMIT 1",
	    err);
	if (stmt == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, d->queue);
	(void)sqlite3_bind_int(stmt, 2, d->rank);
	int rc = sqlite_db_step(stmt, err);
	if (rc == 1) {
		d->rank = sqlite3_column_int(stmt, 0);
		d->first_ms = sqlite3_column_int64(stmt, 1);
		(void)sqlite3_reset(stmt);
	}
	return rc;
}

static int give_due(struct due *d, struct error *err)
{
	int rc = 0;
	sqlite3_stmt *stmt = sqlite_cache_get(&d->reader->cache,
	    SQLITE_JOB_SELECT(
		"INDEXED BY job_due") "WHERE " SQLITE_JOB_WAITING
				      " AND queue = ? AND rank = ? AND run_at <= ?"
				      " ORDER BY run_at, job.id",
	    err);
	if (stmt == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, d->queue);
	(void)sqlite3_bind_int(stmt, 2, d->rank);
	(void)sqlite3_bind_int64(stmt, 3, d->due->now_ms);
	while (d->left > 0 && (rc = sqlite_db_step(stmt, err)) == 1) {
		struct store_job job = sqlite_job_row(d->page, stmt);
		d->left = d->each.call(d->each.ctx, &job) ? d->left - 1 : 0;
	}
	(void)sqlite3_reset(stmt);
	return rc < 0 ? -1 : 0;
}

/* When the first of this rank falls due that is not yet. */
static int look_ahead(struct due *d, struct error *err)
{
	sqlite3_stmt *stmt = sqlite_cache_get(&d->reader->cache,
	    "SELECT run_at FROM job INDEXED BY job_due WHERE " SQLITE_JOB_WAITING
	    " AND queue = ? AND rank = ? AND run_at > ? ORDER BY run_at LIMIT 1",
	    err);
	if (stmt == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, d->queue);
	(void)sqlite3_bind_int(stmt, 2, d->rank);
	(void)sqlite3_bind_int64(stmt, 3, d->due->now_ms);
	int rc = sqlite_db_step(stmt, err);
	if (rc == 1) {
		sooner(d, sqlite3_column_int64(stmt, 0));
		(void)sqlite3_reset(stmt);
	}
	return rc < 0 ? -1 : 0;
}

static int read_ranks(struct due *d, struct error *err)
{
	int rc = sqlite_queue_id(d->reader, d->due->queue, &d->queue, err);
	while (rc == 1) {
		rc = next_rank(d, err);
		if (rc != 1)
			break;
		if (d->first_ms > d->due->now_ms) {
			sooner(d, d->first_ms);
			continue;
		}
		if (give_due(d, err) < 0 || look_ahead(d, err) < 0)
			rc = -1;
	}
	return rc;
}

int sqlite_jobs_due(struct engine_reader *reader, struct store_due *due,
    struct store_each_job each, struct error *err)
{
	struct due d = {.reader = reader,
	    .due = due,
	    .each = each,
	    .left = due->limit,
	    .rank = INT32_MIN};
	due->next_ms = INT64_MAX;
	if (sqlite_snapshot_begin(reader, err) < 0)
		return -1;
	d.page = sqlite_job_page_new(reader);
	int rc = sqlite_snapshot_end(reader, read_ranks(&d, err), err);
	sqlite_job_page_free(d.page);
	return rc;
}
