/* sqlite_jobs_find -- jobs as they are read, and those that a query asks for. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sqlite/sqlite_job_ids.h"
#include "sqlite/sqlite_walk.h"
#include "store/job.h"
#include "util/container.h"
#include "util/jsonw.h"
#include "util/mem.h"

static const struct sqlite_walk_sql jobs_sql = {
    .up = SQLITE_JOB_SELECT("") "WHERE job.id BETWEEN ? AND ?"
				" ORDER BY job.id LIMIT 500",
    .down = SQLITE_JOB_SELECT("") "WHERE job.id BETWEEN ? AND ?"
				  " ORDER BY job.id DESC LIMIT 500",
    .one = SQLITE_JOB_SELECT("") "WHERE job.id = ?"};

/* A walk over jobs. Those that an index gave are looked at again: they may have changed. */
struct walk {
	struct store_jobs jobs;
	struct sqlite_walk rows;
	struct store_job_query query;
	struct buf error; /* the text looked for, as it is in JSON, without quotes */
	struct running_list *running; /* NULL: nothing was read yet */
	struct store_job slice[SQLITE_SLICE_ROWS];
};

/* ---- rows ---- */

struct running_list *sqlite_job_running(const struct engine_reader *reader)
{
	struct running_list *running = mem_new(1, sizeof(*running));
	if (reader->running != NULL)
		running_read(reader->running, running);
	else
		running_read_file(reader->dir, running);
	return running;
}

enum job_state sqlite_job_state(const struct running_list *running, sqlite3_stmt *stmt)
{
	enum job_state state = (enum job_state)sqlite3_column_int(stmt, 2);
	bool runs = state == JOB_WAITING && running->count > 0 &&
		    running_has(running, sqlite3_column_int64(stmt, 0),
			sqlite3_column_int(stmt, 7) + 1);
	return runs ? JOB_RUNNING : state;
}

struct store_job sqlite_job_row(const struct running_list *running, sqlite3_stmt *stmt)
{
	enum job_state state = sqlite_job_state(running, stmt);
	return (struct store_job){
	    .id = sqlite3_column_int64(stmt, 0),
	    .queue = sqlite_db_column(stmt, 1),
	    .state = state,
	    .priority = -sqlite3_column_int(stmt, 3),
	    .run_at_ms = sqlite3_column_int64(stmt, 4),
	    .created_at_ms = sqlite3_column_int64(stmt, 5),
	    .ended_at_ms = job_state_open(state) ? 0 : sqlite3_column_int64(stmt, 6),
	    .tries = sqlite3_column_int(stmt, 7),
	    .group = sqlite_db_column(stmt, 8),
	    .unique = sqlite_db_column(stmt, 9),
	    .unique_ms = sqlite3_column_int64(stmt, 10),
	    .event_id = sqlite3_column_int64(stmt, 11),
	    .payload = sqlite_db_column(stmt, 12),
	    .errors = sqlite_db_column(stmt, 13),
	    .progress = sqlite_db_column(stmt, 14),
	};
}

static void job_copy_text(struct span *text, struct arena *arena)
{
	if (text->ptr != NULL)
		*text = arena_copy(arena, *text);
}

static struct store_job job_copy(
    const struct running_list *running, sqlite3_stmt *stmt, struct arena *arena)
{
	struct store_job job = sqlite_job_row(running, stmt);
	job_copy_text(&job.queue, arena);
	job_copy_text(&job.group, arena);
	job_copy_text(&job.unique, arena);
	job_copy_text(&job.payload, arena);
	job_copy_text(&job.errors, arena);
	job_copy_text(&job.progress, arena);
	return job;
}

int sqlite_queue_id(
    struct engine_reader *reader, struct span name, int64_t *id, struct error *err)
{
	sqlite3_stmt *stmt = sqlite_cache_get(
	    &reader->cache, "SELECT id FROM job_queue WHERE name = ?", err);
	if (stmt == NULL)
		return -1;
	sqlite_db_text(stmt, 1, name);
	int rc = sqlite_db_step(stmt, err);
	if (rc == 1)
		*id = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_reset(stmt);
	return rc;
}

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

static void jobs_take(struct sqlite_walk *rows, sqlite3_stmt *stmt)
{
	struct walk *walk = container_of(rows, struct walk, rows);
	const struct store_job_query *query = &walk->query;
	enum job_state state = sqlite_job_state(walk->running, stmt);
	bool wanted =
	    (query->states == 0 || (query->states & 1U << state) != 0) &&
	    is(query->queue, stmt, 1) && in_time(query, stmt) &&
	    is(query->group, stmt, 8) && is(query->unique, stmt, 9) &&
	    (query->error.len == 0 || holds_error(walk, sqlite_db_column(stmt, 13)));
	if (wanted)
		walk->slice[rows->count++] = job_copy(walk->running, stmt, rows->arena);
}

/* ---- the cursor ---- */

static int jobs_begin(struct sqlite_walk *rows, struct error *err)
{
	struct walk *walk = container_of(rows, struct walk, rows);
	struct sqlite_job_ids ids = {0};
	walk->running = sqlite_job_running(rows->reader);
	if (walk->query.error.len > 0) {
		jsonw_string(&walk->error, walk->query.error);
		walk->error.len--;
		memmove(walk->error.ptr, walk->error.ptr + 1, --walk->error.len);
	}
	if (sqlite_snapshot_begin(rows->reader, err) < 0)
		return -1;
	int rc = sqlite_job_ids(&ids, rows->reader, &walk->query, walk->running, err);
	rows->by_ids = rc == 1;
	rows->ids = ids.list;
	rows->id_count = ids.count;
	return sqlite_snapshot_end(rows->reader, rc, err);
}

static int jobs_next(struct store_jobs *jobs, struct store_job *out, struct error *err)
{
	struct walk *walk = container_of(jobs, struct walk, jobs);
	size_t at;
	int rc = sqlite_walk_next(&walk->rows, &at, err);
	if (rc == 1)
		*out = walk->slice[at];
	return rc;
}

static void jobs_close(struct store_jobs *jobs)
{
	struct walk *walk = container_of(jobs, struct walk, jobs);
	sqlite_walk_clear(&walk->rows);
	free(walk->running);
	buf_free(&walk->error);
	free(walk);
}

struct store_jobs *sqlite_jobs_find(
    struct engine_reader *reader, const struct store_job_query *query)
{
	struct walk *walk = mem_new(1, sizeof(*walk));
	walk->jobs = (struct store_jobs){jobs_next, jobs_close};
	walk->rows = (struct sqlite_walk){.reader = reader,
	    .sql = &jobs_sql,
	    .after_id = query->after_id,
	    .limit = query->limit,
	    .newest_first = query->newest_first,
	    .begin = jobs_begin,
	    .take = jobs_take};
	walk->query = *query;
	return &walk->jobs;
}

int sqlite_job_get(struct engine_reader *reader, int64_t id, struct arena *arena,
    struct store_job *out, struct error *err)
{
	sqlite3_stmt *stmt = sqlite_cache_get(&reader->cache, jobs_sql.one, err);
	if (stmt == NULL)
		return -1;
	struct running_list *running = sqlite_job_running(reader);
	(void)sqlite3_bind_int64(stmt, 1, id);
	int rc = sqlite_db_step(stmt, err);
	if (rc == 1)
		*out = job_copy(running, stmt, arena);
	(void)sqlite3_reset(stmt);
	free(running);
	return rc;
}
