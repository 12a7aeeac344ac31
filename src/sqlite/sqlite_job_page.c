#include "sqlite/sqlite_jobs_read.h"

#include <stdlib.h>

#include "store/job.h"
#include "util/mem.h"

struct sqlite_job_page *sqlite_job_page_new(struct engine_reader *reader)
{
	struct sqlite_job_page *page = mem_new(1, sizeof(*page));
	page->arena = arena_new();
	if (reader->running != NULL)
		running_read(reader->running, &page->running);
	else
		running_read_file(reader->dir, &page->running);
	return page;
}

void sqlite_job_page_free(struct sqlite_job_page *page)
{
	if (page == NULL)
		return;
	arena_free(page->arena);
	free(page->jobs);
	free(page);
}

void sqlite_job_page_clear(struct sqlite_job_page *page)
{
	arena_free(page->arena);
	page->arena = arena_new();
	page->count = 0;
}

enum job_state sqlite_job_state(const struct sqlite_job_page *page, sqlite3_stmt *stmt)
{
	enum job_state state = (enum job_state)sqlite3_column_int(stmt, 2);
	bool runs = state == JOB_WAITING && page->running.count > 0 &&
		    running_has(&page->running, sqlite3_column_int64(stmt, 0),
			sqlite3_column_int(stmt, 7) + 1);
	return runs ? JOB_RUNNING : state;
}

struct store_job sqlite_job_row(const struct sqlite_job_page *page, sqlite3_stmt *stmt)
{
	enum job_state state = sqlite_job_state(page, stmt);
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

static void copy(struct span *text, struct arena *arena)
{
	if (text->ptr != NULL)
		*text = arena_copy(arena, *text);
}

struct store_job sqlite_job_copy(
    const struct sqlite_job_page *page, sqlite3_stmt *stmt, struct arena *arena)
{
	struct store_job job = sqlite_job_row(page, stmt);
	copy(&job.queue, arena);
	copy(&job.group, arena);
	copy(&job.unique, arena);
	copy(&job.payload, arena);
	copy(&job.errors, arena);
	copy(&job.progress, arena);
	return job;
}

void sqlite_job_page_take(struct sqlite_job_page *page, sqlite3_stmt *stmt)
{
	if (page->count == page->room) {
		page->room = page->room == 0 ? 64 : page->room * 2;
		page->jobs = mem_resize(page->jobs, page->room, sizeof(*page->jobs));
	}
	page->jobs[page->count++] = sqlite_job_copy(page, stmt, page->arena);
}

/* ---- snapshots ---- */

static int run(struct engine_reader *reader, const char *sql, struct error *err)
{
	sqlite3_stmt *stmt = sqlite_cache_get(&reader->cache, sql, err);
	return stmt == NULL ? -1 : sqlite_db_run(stmt, err);
}

int sqlite_snapshot_begin(struct engine_reader *reader, struct error *err)
{
	return run(reader, "BEGIN", err);
}

int sqlite_snapshot_end(struct engine_reader *reader, int rc, struct error *err)
{
	struct error other;
	int ended = run(reader, "COMMIT", rc < 0 ? &other : err);
	return rc < 0 || ended == 0 ? rc : -1;
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
