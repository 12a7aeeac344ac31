/* sqlite_walk -- walks over a table in order of id: through all rows, or through those
 * whose ids an index gave. Rows are copied out in slices, so that no snapshot is held while
 * they are looked at. */
#ifndef OFFHOOK_SQLITE_SQLITE_WALK_H
#define OFFHOOK_SQLITE_SQLITE_WALK_H

#include "sqlite/sqlite_reader.h"

/* Queries whose first column is the id. */
struct sqlite_walk_sql {
	const char *up, *down; /* SQLITE_SLICE_ROWS rows with ids from ? to ? */
	const char *one;       /* the row with the id ? */
};

/* Set all to 0 but what the first part needs. */
struct sqlite_walk {
	struct engine_reader *reader;
	const struct sqlite_walk_sql *sql;
	int64_t after_id, limit; /* as in struct store_event_query */
	bool newest_first;
	/* Before the first read: may set by_ids, ids (malloc'd, then the walk's) and
	 * id_count; 0, or -1 with err. */
	int (*begin)(struct sqlite_walk *walk, struct error *err);
	/* Copies the row to place `count` of the slice, with its texts in the arena, and
	 * adds 1 to count; or leaves it out. */
	void (*take)(struct sqlite_walk *walk, sqlite3_stmt *stmt);

	bool by_ids;
	int64_t *ids; /* in the walk's order */
	size_t id_count;
	struct arena *arena; /* the slice's */
	size_t count, next;  /* rows in the slice, at most SQLITE_SLICE_ROWS */
	/* for the walk alone: */
	bool begun;
	size_t looked; /* of the ids */
	int64_t from;  /* the next id to look at, in the walk's direction; -1: none */
	int64_t given;
};

/* 1 and the next row's place in the slice, 0 at the end, -1 with err. */
int sqlite_walk_next(struct sqlite_walk *walk, size_t *at, struct error *err);
void sqlite_walk_clear(struct sqlite_walk *walk);

#endif
