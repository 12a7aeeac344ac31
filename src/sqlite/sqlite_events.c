#include "sqlite/sqlite_events.h"

#include <stdlib.h>

#include "sqlite/sqlite_key.h"
#include "sqlite/sqlite_reader.h"
#include "util/container.h"
#include "util/mem.h"

#define COLUMNS                                                                         \
	"SELECT id, received_at, kind, sid, route, query, state, failure, params, raw," \
	" reply_status, reply_type, reply_body, duplicates, request FROM event "

/* A walk over events. */
struct walk {
	struct store_events events;
	struct engine_reader *reader;
	struct store_event_query query;
	int64_t from; /* the next id to look at, in the walk's direction; -1: none */
	int64_t given;
	/* when a SID is asked for: its events, and how many were looked at */
	int64_t *ids;
	size_t id_count, looked;
	bool has_ids;
	/* the slice: events copied out of the database */
	struct arena *arena;
	struct store_event list[SQLITE_SLICE_ROWS];
	size_t count, next;
};

static struct span copy(struct arena *arena, sqlite3_stmt *stmt, int column)
{
	struct span value = sqlite_db_column(stmt, column);
	return value.ptr == NULL ? value : arena_copy(arena, value);
}

static struct store_event event_row(sqlite3_stmt *stmt, struct arena *arena)
{
	return (struct store_event){
	    .id = sqlite3_column_int64(stmt, 0),
	    .received_at_ms = sqlite3_column_int64(stmt, 1),
	    .kind = arena_strndup(arena, sqlite_db_column(stmt, 2)),
	    .sid = copy(arena, stmt, 3),
	    .route = copy(arena, stmt, 4),
	    .query = copy(arena, stmt, 5),
	    .state = (enum event_state)sqlite3_column_int(stmt, 6),
	    .failure = copy(arena, stmt, 7),
	    .params = copy(arena, stmt, 8),
	    .raw = copy(arena, stmt, 9),
	    .reply = {sqlite3_column_int(stmt, 10), copy(arena, stmt, 11),
		copy(arena, stmt, 12)},
	    .duplicates = sqlite3_column_int64(stmt, 13),
	    .request = copy(arena, stmt, 14),
	};
}

static void events_take(struct walk *walk, sqlite3_stmt *stmt)
{
	const struct store_event_query *query = &walk->query;
	bool wanted =
	    (query->kind.ptr == NULL ||
		span_eq(query->kind, sqlite_db_column(stmt, 2))) &&
	    (query->sid.ptr == NULL ||
		span_eq(query->sid, sqlite_db_column(stmt, 3))) &&
	    (!query->by_state || sqlite3_column_int(stmt, 6) == (int)query->state);
	if (wanted)
		walk->list[walk->count++] = event_row(stmt, walk->arena);
}

static bool events_slice_full(const struct walk *walk)
{
	int64_t limit = walk->query.limit;
	return walk->count == SQLITE_SLICE_ROWS ||
	       (limit > 0 && (int64_t)walk->count >= limit - walk->given) ||
	       arena_size(walk->arena) > SQLITE_SLICE_BYTES;
}

/* Looks at up to SQLITE_SLICE_ROWS events from walk->from on. */
static int events_read_slice(struct walk *walk, struct error *err)
{
	bool down = walk->query.newest_first;
	int rc, rows = 0;
	sqlite3_stmt *stmt = sqlite_cache_get(&walk->reader->cache,
	    down ? COLUMNS "WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 500"
		 : COLUMNS "WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 500",
	    err);
	if (stmt == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, down ? walk->query.after_id + 1 : walk->from);
	(void)sqlite3_bind_int64(stmt, 2, down ? walk->from : INT64_MAX);
	while ((rc = sqlite_db_step(stmt, err)) == 1) {
		rows++;
		walk->from = sqlite3_column_int64(stmt, 0) + (down ? -1 : 1);
		events_take(walk, stmt);
		if (events_slice_full(walk)) {
			(void)sqlite3_reset(stmt);
			return 0;
		}
	}
	/* Fewer than asked for: there are no more. */
	if (rc == 0 && rows < SQLITE_SLICE_ROWS)
		walk->from = -1;
	return rc;
}

/* ---- by SID ---- */

static int events_find_ids(struct walk *walk, struct error *err)
{
	unsigned char prefix[KEYS_SIZE / 2];
	sqlite_key_sid(prefix, walk->query.sid);
	walk->has_ids = true;
	return keys_find_prefix(walk->reader->keys, walk->reader->db, prefix,
	    &walk->ids, &walk->id_count, err);
}

static int events_read_next_id(struct walk *walk, struct error *err)
{
	size_t at = walk->looked++;
	int64_t id = walk->ids[walk->query.newest_first ? walk->id_count - 1 - at : at];
	sqlite3_stmt *stmt =
	    sqlite_cache_get(&walk->reader->cache, COLUMNS "WHERE id = ?", err);
	if (stmt == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, id);
	int rc = sqlite_db_step(stmt, err);
	if (rc == 1 && id > walk->query.after_id)
		events_take(walk, stmt);
	(void)sqlite3_reset(stmt);
	return rc < 0 ? -1 : 0;
}

/* ---- the cursor ---- */

/* 1: some were looked at, 0: there are no more, -1. */
static int events_walk_on(struct walk *walk, struct error *err)
{
	bool by_sid = walk->query.sid.len > 0;
	arena_free(walk->arena);
	walk->arena = arena_new();
	walk->count = walk->next = 0;
	if (by_sid && !walk->has_ids && events_find_ids(walk, err) < 0)
		return -1;
	if (by_sid ? walk->looked == walk->id_count : walk->from < 0)
		return 0;
	return (by_sid ? events_read_next_id(walk, err)
		       : events_read_slice(walk, err)) < 0
		   ? -1
		   : 1;
}

static int events_next(
    struct store_events *events, struct store_event *out, struct error *err)
{
	struct walk *walk = container_of(events, struct walk, events);
	int rc = 1;
	if (walk->query.limit > 0 && walk->given == walk->query.limit)
		return 0;
	while (walk->next == walk->count && (rc = events_walk_on(walk, err)) == 1)
		;
	if (rc != 1)
		return rc;
	*out = walk->list[walk->next++];
	walk->given++;
	return 1;
}

static void events_close(struct store_events *events)
{
	struct walk *walk = container_of(events, struct walk, events);
	arena_free(walk->arena);
	free(walk->ids);
	free(walk);
}

struct store_events *sqlite_events(
    struct engine_reader *reader, const struct store_event_query *query)
{
	struct walk *walk = mem_new(1, sizeof(*walk));
	walk->events = (struct store_events){events_next, events_close};
	walk->reader = reader;
	walk->query = *query;
	walk->from = query->newest_first ? INT64_MAX : query->after_id + 1;
	return &walk->events;
}

int sqlite_event_get(struct engine_reader *reader, int64_t id, struct arena *arena,
    struct store_event *out, struct error *err)
{
	sqlite3_stmt *stmt =
	    sqlite_cache_get(&reader->cache, COLUMNS "WHERE id = ?", err);
	if (stmt == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, id);
	int rc = sqlite_db_step(stmt, err);
	if (rc == 1)
		*out = event_row(stmt, arena);
	(void)sqlite3_reset(stmt);
	return rc;
}
