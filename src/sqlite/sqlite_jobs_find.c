/* sqlite_jobs_find -- jobs that a query asks for. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sqlite/sqlite_job_ids.h"
#include "store/job.h"
#include "util/container.h"
#include "util/jsonw.h"
#include "util/mem.h"

/* A walk over jobs. Where an index knows what the query asks for, it gives the ids first,
 * all at once; else the walk goes through the table. Either way jobs are read in slices,
 * and looked at again: they may have changed. */
struct walk {
	struct store_jobs jobs;
	struct engine_reader *reader;
	struct store_job_query query;
	struct buf error; /* the text looked for, as it is in JSON, without quotes */
	struct sqlite_job_page *page; /* the slice; NULL: nothing was read yet */
	size_t next;                  /* in the page */
	int64_t given;
	int64_t from; /* through the table: the next id to look at, in the walk's
			 direction; -1: none */
	bool by_index;
	struct sqlite_job_ids ids;
	size_t looked; /* of the ids */
};

/* ---- which are wanted ---- */

static bool holds_error(const struct walk *walk, struct span errors)
{
	const struct buf *needle = &walk->error;
	for (size_t i = 0; i + needle->len <= errors.len; i++) {
		if (strncasecmp(errors.ptr + i, needle->ptr, needle->len) == 0)
			return true;
	}
	return false;
}

static bool in_time(const struct store_job_query *query, sqlite3_stmt *stmt)
{
	int64_t created_at = sqlite3_column_int64(stmt, 5);
	bool ended = !job_state_open((enum job_state)sqlite3_column_int(stmt, 2));
	int64_t ended_at = sqlite3_column_int64(stmt, 6);
	return (query->created_after_ms == 0 || created_at > query->created_after_ms) &&
	       (query->created_before_ms == 0 ||
		   created_at < query->created_before_ms) &&
	       (query->ended_before_ms == 0 ||
		   (ended && ended_at < query->ended_before_ms)) &&
	       (query->ended_after_ms == 0 ||
		   (ended && ended_at > query->ended_after_ms));
}

static bool is(struct span want, sqlite3_stmt *stmt, int column)
{
	return want.ptr == NULL || span_eq(want, sqlite_db_column(stmt, column));
}

static bool jobs_wanted(const struct walk *walk, sqlite3_stmt *stmt)
{
	const struct store_job_query *query = &walk->query;
	if (query->states != 0 &&
	    (query->states & 1U << sqlite_job_state(walk->page, stmt)) == 0)
		return false;
	return is(query->queue, stmt, 1) && in_time(query, stmt) &&
	       is(query->group, stmt, 8) && is(query->unique, stmt, 9) &&
	       (query->error.len == 0 || holds_error(walk, sqlite_db_column(stmt, 13)));
}

static bool jobs_slice_full(const struct walk *walk)
{
	const struct sqlite_job_page *page = walk->page;
	int64_t limit = walk->query.limit;
	return page->count == SQLITE_SLICE_ROWS ||
	       (limit > 0 && (int64_t)page->count >= limit - walk->given) ||
	       arena_size(page->arena) > SQLITE_SLICE_BYTES;
}

/* ---- through the table ---- */

/* Looks at up to SQLITE_SLICE_ROWS jobs from walk->from on. */
static int jobs_read_slice(struct walk *walk, struct error *err)
{
	bool down = walk->query.newest_first;
	int rc, rows = 0;
	sqlite3_stmt *stmt = sqlite_cache_get(&walk->reader->cache,
	    down ? SQLITE_JOB_SELECT("") "WHERE job.id BETWEEN ? AND ?"
					 " ORDER BY job.id DESC LIMIT 500"
		 : SQLITE_JOB_SELECT("") "WHERE job.id BETWEEN ? AND ?"
					 " ORDER BY job.id LIMIT 500",
	    err);
	if (stmt == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, down ? walk->query.after_id + 1 : walk->from);
	(void)sqlite3_bind_int64(stmt, 2, down ? walk->from : INT64_MAX);
	while ((rc = sqlite_db_step(stmt, err)) == 1) {
		rows++;
		walk->from = sqlite3_column_int64(stmt, 0) + (down ? -1 : 1);
		if (jobs_wanted(walk, stmt))
			sqlite_job_page_take(walk->page, stmt);
		if (jobs_slice_full(walk)) {
			(void)sqlite3_reset(stmt);
			return 0;
		}
	}
	/* Fewer than asked for: there are no more. */
	if (rc == 0 && rows < SQLITE_SLICE_ROWS)
		walk->from = -1;
	return rc;
}

/* ---- by an index ---- */

/* Looks at the next ids, in one snapshot, until the slice is full. */
static int jobs_read_ids(struct walk *walk, struct error *err)
{
	int rc = 0;
	sqlite3_stmt *stmt = sqlite_cache_get(
	    &walk->reader->cache, SQLITE_JOB_SELECT("") "WHERE job.id = ?", err);
	if (stmt == NULL || sqlite_snapshot_begin(walk->reader, err) < 0)
		return -1;
	for (size_t rows = 0; walk->looked < walk->ids.count && rc >= 0 &&
			      rows < SQLITE_SLICE_ROWS && !jobs_slice_full(walk);
	     rows++) {
		(void)sqlite3_bind_int64(stmt, 1, walk->ids.list[walk->looked++]);
		rc = sqlite_db_step(stmt, err);
		if (rc == 1 && jobs_wanted(walk, stmt))
			sqlite_job_page_take(walk->page, stmt);
		(void)sqlite3_reset(stmt);
	}
	return sqlite_snapshot_end(walk->reader, rc < 0 ? -1 : 0, err);
}

static int jobs_find_ids(struct walk *walk, struct error *err)
{
	if (sqlite_snapshot_begin(walk->reader, err) < 0)
		return -1;
	int rc = sqlite_job_ids(
	    &walk->ids, walk->reader, &walk->query, &walk->page->running, err);
	walk->by_index = rc == 1;
	return sqlite_snapshot_end(walk->reader, rc, err);
}

/* ---- the cursor ---- */

static int jobs_begin(struct walk *walk, struct error *err)
{
	const struct store_job_query *query = &walk->query;
	walk->page = sqlite_job_page_new(walk->reader);
	walk->from = query->newest_first ? INT64_MAX : query->after_id + 1;
	if (query->error.len > 0) {
		jsonw_string(&walk->error, query->error);
		walk->error.len--;
		memmove(walk->error.ptr, walk->error.ptr + 1, --walk->error.len);
	}
	return jobs_find_ids(walk, err);
}

/* 1: some were looked at, 0: there are no more, -1. */
static int jobs_walk_on(struct walk *walk, struct error *err)
{
	if (walk->page == NULL && jobs_begin(walk, err) < 0)
		return -1;
	sqlite_job_page_clear(walk->page);
	walk->next = 0;
	if (walk->by_index ? walk->looked == walk->ids.count : walk->from < 0)
		return 0;
	return (walk->by_index ? jobs_read_ids(walk, err)
			       : jobs_read_slice(walk, err)) < 0
		   ? -1
		   : 1;
}

static int jobs_next(struct store_jobs *jobs, struct store_job *out, struct error *err)
{
	struct walk *walk = container_of(jobs, struct walk, jobs);
	int rc = 1;
	if (walk->query.limit > 0 && walk->given == walk->query.limit)
		return 0;
	while ((walk->page == NULL || walk->next == walk->page->count) &&
	       (rc = jobs_walk_on(walk, err)) == 1)
		;
	if (rc != 1)
		return rc;
	*out = walk->page->jobs[walk->next++];
	walk->given++;
	return 1;
}

static void jobs_close(struct store_jobs *jobs)
{
	struct walk *walk = container_of(jobs, struct walk, jobs);
	sqlite_job_page_free(walk->page);
	buf_free(&walk->error);
	free(walk->ids.list);
	free(walk);
}

struct store_jobs *sqlite_jobs_find(
    struct engine_reader *reader, const struct store_job_query *query)
{
	struct walk *walk = mem_new(1, sizeof(*walk));
	walk->jobs = (struct store_jobs){jobs_next, jobs_close};
	walk->reader = reader;
	walk->query = *query;
	return &walk->jobs;
}

int sqlite_job_get(struct engine_reader *reader, int64_t id, struct arena *arena,
    struct store_job *out, struct error *err)
{
	sqlite3_stmt *stmt = sqlite_cache_get(
	    &reader->cache, SQLITE_JOB_SELECT("") "WHERE job.id = ?", err);
	if (stmt == NULL)
		return -1;
	struct sqlite_job_page *page = sqlite_job_page_new(reader);
	(void)sqlite3_bind_int64(stmt, 1, id);
	int rc = sqlite_db_step(stmt, err);
	if (rc == 1)
		*out = sqlite_job_copy(page, stmt, arena);
	(void)sqlite3_reset(stmt);
	sqlite_job_page_free(page);
	return rc;
}
