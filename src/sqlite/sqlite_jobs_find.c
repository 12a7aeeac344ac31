#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sqlite/sqlite_job_ids.h"
#include "store/job.h"
#include "util/jsonw.h"

/* One walk over jobs. Where the query names something that an index knows, the ids come
 * from there first, all at once; else it goes through the table. Either way jobs are
 * read in slices, and looked at again: they may have changed. */
struct walk {
	struct engine_reader *reader;
	const struct store_job_query *query;
	struct store_each_job each;
	struct sqlite_job_page *page;
	struct buf
	    error; /* the text looked for, as it stands in JSON, without quotes */
	int64_t given;
	bool ended;
	/* through the table: the next id to look at, in the walk's direction */
	int64_t from;
	/* by an index */
	struct sqlite_job_ids ids;
	size_t next;
};

/* ---- is it wanted? ---- */

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

static bool wanted(const struct walk *walk, sqlite3_stmt *stmt)
{
	const struct store_job_query *query = walk->query;
	if (query->states != 0 &&
	    (query->states & 1U << sqlite_job_state(walk->page, stmt)) == 0)
		return false;
	return is(query->queue, stmt, 1) && in_time(query, stmt) &&
	       is(query->group, stmt, 8) && is(query->unique, stmt, 9) &&
	       (query->error.len == 0 || holds_error(walk, sqlite_db_column(stmt, 13)));
}

/* ---- giving ---- */

static int64_t still_wanted(const struct walk *walk)
{
	int64_t limit = walk->query->limit;
	return limit == 0 ? INT64_MAX : limit - walk->given;
}

static bool slice_full(const struct walk *walk)
{
	return walk->page->count == SQLITE_SLICE_ROWS ||
	       (int64_t)walk->page->count >= still_wanted(walk) ||
	       arena_size(walk->page->arena) > SQLITE_SLICE_BYTES;
}

static void deliver(struct walk *walk)
{
	struct sqlite_job_page *page = walk->page;
	for (size_t i = 0; i < page->count && !walk->ended; i++) {
		walk->given++;
		walk->ended = !walk->each.call(walk->each.ctx, &page->jobs[i]);
	}
	walk->ended = walk->ended || still_wanted(walk) <= 0;
	sqlite_job_page_clear(page);
}

/* ---- through the table ---- */

/* Looks at up to SQLITE_SLICE_ROWS jobs from walk->from on. */
static int read_slice(struct walk *walk, struct error *err)
{
	bool down = walk->query->newest_first;
	int rc, rows = 0;
	sqlite3_stmt *stmt = sqlite_cache_get(&walk->reader->cache,
	    down ? SQLITE_JOB_SELECT("") "WHERE job.id BETWEEN ? AND ?"
					 " ORDER BY job.id DESC LIMIT 500"
		 : SQLITE_JOB_SELECT("") "WHERE job.id BETWEEN ? AND ?"
					 " ORDER BY job.id LIMIT 500",
	    err);
	if (stmt == NULL)
		return -1;
	(void)sqlite3_bind_int64(
	    stmt, 1, down ? walk->query->after_id + 1 : walk->from);
	(void)sqlite3_bind_int64(stmt, 2, down ? walk->from : INT64_MAX);
	while ((rc = sqlite_db_step(stmt, err)) == 1) {
		rows++;
		walk->from = sqlite3_column_int64(stmt, 0) + (down ? -1 : 1);
		if (wanted(walk, stmt))
			sqlite_job_page_take(walk->page, stmt);
		if (slice_full(walk)) {
			(void)sqlite3_reset(stmt);
			return 0;
		}
	}
	/* Fewer than asked for: that was the last of them. */
	if (rc == 0 && rows < SQLITE_SLICE_ROWS)
		walk->from = -1;
	return rc;
}

static int walk_table(struct walk *walk, struct error *err)
{
	int rc = 0;
	walk->from = walk->query->newest_first ? INT64_MAX : walk->query->after_id + 1;
	while (rc == 0 && !walk->ended && walk->from >= 0) {
		rc = read_slice(walk, err);
		if (rc == 0)
			deliver(walk);
	}
	return rc;
}

/* ---- by an index ---- */

/* Looks at the next ids, in one snapshot, until the slice is full. */
static int read_ids(struct walk *walk, struct error *err)
{
	int rc = 0;
	sqlite3_stmt *stmt = sqlite_cache_get(
	    &walk->reader->cache, SQLITE_JOB_SELECT("") "WHERE job.id = ?", err);
	if (stmt == NULL || sqlite_snapshot_begin(walk->reader, err) < 0)
		return -1;
	for (size_t looked = 0; walk->next < walk->ids.count && rc >= 0 &&
				looked < SQLITE_SLICE_ROWS && !slice_full(walk);
	     looked++) {
		(void)sqlite3_bind_int64(stmt, 1, walk->ids.list[walk->next++]);
		rc = sqlite_db_step(stmt, err);
		if (rc == 1 && wanted(walk, stmt))
			sqlite_job_page_take(walk->page, stmt);
		(void)sqlite3_reset(stmt);
	}
	return sqlite_snapshot_end(walk->reader, rc < 0 ? -1 : 0, err);
}

static int walk_ids(struct walk *walk, struct error *err)
{
	int rc = 0;
	while (rc == 0 && !walk->ended && walk->next < walk->ids.count) {
		rc = read_ids(walk, err);
		if (rc == 0)
			deliver(walk);
	}
	return rc;
}

static int find_ids(struct walk *walk, struct error *err)
{
	if (sqlite_snapshot_begin(walk->reader, err) < 0)
		return -1;
	int rc = sqlite_job_ids(
	    &walk->ids, walk->reader, walk->query, &walk->page->running, err);
	return sqlite_snapshot_end(walk->reader, rc, err);
}

/* ---- all of it ---- */

static void prepare_error(struct walk *walk)
{
	jsonw_string(&walk->error, walk->query->error);
	walk->error.len--;
	memmove(walk->error.ptr, walk->error.ptr + 1, --walk->error.len);
}

int sqlite_jobs_find(struct engine_reader *reader, const struct store_job_query *query,
    struct store_each_job each, struct error *err)
{
	struct walk walk = {.reader = reader, .query = query, .each = each};
	walk.page = sqlite_job_page_new(reader);
	if (query->error.len > 0)
		prepare_error(&walk);
	int rc = find_ids(&walk, err);
	if (rc >= 0)
		rc = rc == 1 ? walk_ids(&walk, err) : walk_table(&walk, err);
	sqlite_job_page_free(walk.page);
	buf_free(&walk.error);
	free(walk.ids.list);
	return rc;
}
