#include "sqlite/sqlite_walk.h"

#include <stdlib.h>

static bool walk_slice_full(const struct sqlite_walk *walk)
{
	return walk->count == SQLITE_SLICE_ROWS ||
	       (walk->limit > 0 && (int64_t)walk->count >= walk->limit - walk->given) ||
	       arena_size(walk->arena) > SQLITE_SLICE_BYTES;
}

/* Looks at up to SQLITE_SLICE_ROWS rows from walk->from on. */
static int walk_read_slice(struct sqlite_walk *walk, struct error *err)
{
	bool down = walk->newest_first;
	int rc, rows = 0;
	sqlite3_stmt *stmt = sqlite_cache_get(
	    &walk->reader->cache, down ? walk->sql->down : walk->sql->up, err);
	if (stmt == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, down ? walk->after_id + 1 : walk->from);
	(void)sqlite3_bind_int64(stmt, 2, down ? walk->from : INT64_MAX);
	while ((rc = sqlite_db_step(stmt, err)) == 1) {
		rows++;
		walk->from = sqlite3_column_int64(stmt, 0) + (down ? -1 : 1);
		walk->take(walk, stmt);
		if (walk_slice_full(walk)) {
			(void)sqlite3_reset(stmt);
			return 0;
		}
	}
	/* Fewer than asked for: there are no more. */
	if (rc == 0 && rows < SQLITE_SLICE_ROWS)
		walk->from = -1;
	return rc;
}

/* Looks at the next ids, in one snapshot, until the slice is full. */
static int walk_read_ids(struct sqlite_walk *walk, struct error *err)
{
	int rc = 0;
	sqlite3_stmt *stmt =
	    sqlite_cache_get(&walk->reader->cache, walk->sql->one, err);
	if (stmt == NULL || sqlite_snapshot_begin(walk->reader, err) < 0)
		return -1;
	for (size_t rows = 0; walk->looked < walk->id_count && rc >= 0 &&
			      rows < SQLITE_SLICE_ROWS && !walk_slice_full(walk);
	     rows++) {
		(void)sqlite3_bind_int64(stmt, 1, walk->ids[walk->looked++]);
		rc = sqlite_db_step(stmt, err);
		if (rc == 1)
			walk->take(walk, stmt);
		(void)sqlite3_reset(stmt);
	}
	return sqlite_snapshot_end(walk->reader, rc < 0 ? -1 : 0, err);
}

/* 1: some rows were looked at, 0: there are no more, -1. */
static int walk_on(struct sqlite_walk *walk, struct error *err)
{
	if (!walk->begun) {
		walk->begun = true;
		walk->from = walk->newest_first ? INT64_MAX : walk->after_id + 1;
		if (walk->begin(walk, err) < 0)
			return -1;
	}
	arena_free(walk->arena);
	walk->arena = arena_new();
	walk->count = walk->next = 0;
	if (walk->by_ids ? walk->looked == walk->id_count : walk->from < 0)
		return 0;
	int rc = walk->by_ids ? walk_read_ids(walk, err) : walk_read_slice(walk, err);
	return rc < 0 ? -1 : 1;
}

int sqlite_walk_next(struct sqlite_walk *walk, size_t *at, struct error *err)
{
	int rc = 1;
	if (walk->limit > 0 && walk->given == walk->limit)
		return 0;
	while (walk->next == walk->count && (rc = walk_on(walk, err)) == 1)
		;
	if (rc != 1)
		return rc;
	walk->given++;
	*at = walk->next++;
	return 1;
}

void sqlite_walk_clear(struct sqlite_walk *walk)
{
	arena_free(walk->arena);
	free(walk->ids);
}
