#include "sqlite/sqlite_job_ids.h"

#include <stdlib.h>

#include "sqlite/sqlite_jobs.h"
#include "util/mem.h"

enum { FEW = 10000 };

static bool asks(const struct store_job_query *query, enum job_state state)
{
	return query->states == 0 || (query->states & 1U << state) != 0;
}

/* The one ended state that is asked for, or JOB_STATES. */
static enum job_state one_ended(const struct store_job_query *query)
{
	static const enum job_state ended[] = {JOB_DONE, JOB_DEAD, JOB_CANCELLED};

	for (size_t i = 0; i < sizeof(ended) / sizeof(ended[0]); i++) {
		if (query->states == 1U << ended[i])
			return ended[i];
	}
	return JOB_STATES;
}

/* ---- collecting ---- */

static void ids_add(struct sqlite_job_ids *ids, int64_t id)
{
	if (id <= ids->after)
		return;
	if (ids->count == ids->room) {
		ids->room = ids->room == 0 ? 256 : ids->room * 2;
		ids->list = mem_resize(ids->list, ids->room, sizeof(*ids->list));
	}
	ids->list[ids->count++] = id;
}

/* A statement and what its parameters ?1 to ?4 are. */
struct lookup {
	const char *sql;
	int64_t queue;
	struct span text;
	int64_t number;
	int64_t limit;
};

static int ids_collect(struct sqlite_job_ids *ids, struct engine_reader *reader,
    const struct lookup *lookup, struct error *err)
{
	int rc;
	sqlite3_stmt *stmt = sqlite_cache_get(&reader->cache, lookup->sql, err);
	if (stmt == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, lookup->queue);
	sqlite_db_text(stmt, 2, lookup->text);
	(void)sqlite3_bind_int64(stmt, 3, lookup->number);
	(void)sqlite3_bind_int64(stmt, 4, lookup->limit);
	while ((rc = sqlite_db_step(stmt, err)) == 1)
		ids_add(ids, sqlite3_column_int64(stmt, 0));
	return rc;
}

static int ids_compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static int ids_compare_down(const void *a, const void *b)
{
	return ids_compare(b, a);
}

static void ids_sort(struct sqlite_job_ids *ids, bool newest_first)
{
	if (ids->count > 1)
		qsort(ids->list, ids->count, sizeof(*ids->list),
		    newest_first ? ids_compare_down : ids_compare);
}

/* ---- the indexes ---- */

/* All of a state, of one queue or of any. */
static int ids_by_state(struct sqlite_job_ids *ids, struct engine_reader *reader,
    enum job_state state, int64_t queue, struct error *err)
{
	struct lookup lookup = {.queue = queue, .number = state};
	if (state == JOB_WAITING)
		lookup.sql = queue != 0 ? "SELECT id FROM job INDEXED BY job_due"
					  " WHERE " SQLITE_JOB_WAITING " AND queue = ?1"
					: "SELECT id FROM job INDEXED BY job_due"
					  " WHERE " SQLITE_JOB_WAITING;
	else if (state == JOB_BLOCKED)
		lookup.sql = queue != 0 ? "SELECT id FROM job INDEXED BY job_group"
					  " WHERE grp IS NOT NULL AND " SQLITE_JOB_OPEN
					  " AND state = 1 AND queue = ?1"
					: "SELECT id FROM job INDEXED BY job_group"
					  " WHERE grp IS NOT NULL AND " SQLITE_JOB_OPEN
					  " AND state = 1";
	else
		lookup.sql = queue != 0 ? "SELECT id FROM job INDEXED BY job_ended"
					  " WHERE " SQLITE_JOB_ENDED
					  " AND state = ?3 AND queue = ?1"
					: "SELECT id FROM job INDEXED BY job_ended"
					  " WHERE " SQLITE_JOB_ENDED " AND state = ?3";
	return ids_collect(ids, reader, &lookup, err);
}

static int ids_by_states(struct sqlite_job_ids *ids, struct engine_reader *reader,
    const struct store_job_query *query, int64_t queue, struct error *err)
{
	int rc = 0;
	for (unsigned s = 0; s < JOB_STATES && rc == 0; s++) {
		enum job_state state = (enum job_state)s;
		bool wanted = asks(query, state) ||
			      (state == JOB_WAITING && asks(query, JOB_RUNNING));
		if (wanted && state != JOB_RUNNING)
			rc = ids_by_state(ids, reader, state, queue, err);
	}
	return rc;
}

static int ids_by_key(struct sqlite_job_ids *ids, struct engine_reader *reader,
    const struct store_job_query *query, int64_t queue, struct error *err)
{
	struct lookup lookup = {.queue = queue,
	    .text = query->unique,
	    .sql = "SELECT id FROM job INDEXED BY job_unique"
		   " WHERE queue = ?1 AND uniq = ?2"};
	if (query->unique.ptr == NULL) {
		lookup.text = query->group;
		lookup.sql = "SELECT id FROM job INDEXED BY job_group"
			     " WHERE queue = ?1 AND grp = ?2 AND " SQLITE_JOB_OPEN;
	}
	return ids_collect(ids, reader, &lookup, err);
}

/* The job that ended first comes first. The limit counts here when nothing else is asked
 * for that could reject a job. */
static int ids_by_end(struct sqlite_job_ids *ids, struct engine_reader *reader,
    const struct store_job_query *query, int64_t queue, struct error *err)
{
	bool only = query->group.ptr == NULL && query->unique.ptr == NULL &&
		    query->error.len == 0 && query->created_after_ms == 0 &&
		    query->created_before_ms == 0 && query->after_id == 0;
	char state[200];
	struct lookup lookup = {.queue = queue,
	    .number = query->ended_before_ms,
	    .limit = only && query->limit > 0 ? query->limit : -1,
	    .sql = state};
	(void)sqlite3_snprintf(sizeof(state), state,
	    "SELECT id FROM job INDEXED BY job_ended WHERE " SQLITE_JOB_ENDED
	    " AND state = %d AND queue = ?1 AND ended_at < ?3"
	    " ORDER BY ended_at, id LIMIT ?4",
	    (int)one_ended(query));
	return ids_collect(ids, reader, &lookup, err);
}

/* Jobs that ended since then, of one queue or (0) of all. */
static int ids_by_recent_end(struct sqlite_job_ids *ids, struct engine_reader *reader,
    const struct store_job_query *query, int64_t queue, struct error *err)
{
	struct lookup lookup = {.queue = queue,
	    .number = query->ended_after_ms,
	    .sql = "SELECT job.id FROM job_queue CROSS JOIN job INDEXED BY job_ended"
		   " WHERE " SQLITE_JOB_ENDED " AND state IN (3, 4, 5)"
		   " AND queue = job_queue.id AND ended_at > ?3 AND ?1 IN (0, queue)"};
	return ids_collect(ids, reader, &lookup, err);
}

static int ids_of_queue(struct sqlite_job_ids *out, struct engine_reader *reader,
    const struct store_job_query *query, struct error *err)
{
	int64_t queue;
	int rc = sqlite_queue_id(reader, query->queue, &queue, err);
	if (rc != 1)
		return rc;
	if (query->ended_before_ms != 0 && one_ended(query) != JOB_STATES)
		return ids_by_end(out, reader, query, queue, err);
	if (query->ended_after_ms != 0)
		rc = ids_by_recent_end(out, reader, query, queue, err);
	else if (query->unique.ptr != NULL ||
		 (query->group.ptr != NULL && !asks(query, JOB_DONE) &&
		     !asks(query, JOB_DEAD) && !asks(query, JOB_CANCELLED)))
		rc = ids_by_key(out, reader, query, queue, err);
	else
		rc = ids_by_states(out, reader, query, queue, err);
	ids_sort(out, query->newest_first);
	return rc;
}

/* Whether few jobs are newer than query->after_id: then it is quicker to look at each than
 * to ask an index, which has jobs of all ages. 1, 0 or -1. */
static int few_are_newer(struct engine_reader *reader,
    const struct store_job_query *query, struct error *err)
{
	sqlite3_stmt *stmt;
	if (query->after_id == 0 || query->ended_before_ms != 0 ||
	    query->ended_after_ms != 0)
		return 0;
	stmt = sqlite_cache_get(&reader->cache, "SELECT max(id) FROM job", err);
	if (stmt == NULL || sqlite_db_step(stmt, err) != 1)
		return -1;
	int64_t newest = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_reset(stmt);
	return newest - query->after_id < FEW;
}

int sqlite_job_ids(struct sqlite_job_ids *out, struct engine_reader *reader,
    const struct store_job_query *query, const struct running_list *running,
    struct error *err)
{
	int rc = few_are_newer(reader, query, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	out->after = query->after_id;
	if (query->states == 1U << JOB_RUNNING) {
		for (size_t i = 0; i < running->count; i++)
			ids_add(out, running_id(running->tries[i]));
		ids_sort(out, query->newest_first);
	} else if (query->queue.ptr != NULL) {
		rc = ids_of_queue(out, reader, query, err);
	} else if (query->ended_after_ms != 0) {
		rc = ids_by_recent_end(out, reader, query, 0, err);
		ids_sort(out, query->newest_first);
	} else if (query->states != 0) {
		rc = ids_by_states(out, reader, query, 0, err);
		ids_sort(out, query->newest_first);
	} else {
		return 0;
	}
	return rc < 0 ? -1 : 1;
}
