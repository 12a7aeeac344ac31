#include "sqlite/sqlite_events.h"

#include <stdlib.h>

#include "sqlite/sqlite_key.h"
#include "sqlite/sqlite_walk.h"
#include "util/container.h"
#include "util/mem.h"

#define COLUMNS                                                                         \
	"SELECT id, received_at, kind, sid, route, query, state, failure, params, raw," \
	" reply_status, reply_type, reply_body, duplicates, request FROM event "

static const struct sqlite_walk_sql events_sql = {
    .up = COLUMNS "WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 500",
    .down = COLUMNS "WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 500",
    .one = COLUMNS "WHERE id = ?"};

struct walk {
	struct store_events events;
	struct sqlite_walk rows;
	struct store_event_query query;
	struct store_event slice[SQLITE_SLICE_ROWS];
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

static void events_take(struct sqlite_walk *rows, sqlite3_stmt *stmt)
{
	struct walk *walk = container_of(rows, struct walk, rows);
	const struct store_event_query *query = &walk->query;
	bool wanted =
	    sqlite3_column_int64(stmt, 0) > query->after_id &&
	    (query->kind.ptr == NULL ||
		span_eq(query->kind, sqlite_db_column(stmt, 2))) &&
	    (query->sid.ptr == NULL ||
		span_eq(query->sid, sqlite_db_column(stmt, 3))) &&
	    (!query->by_state || sqlite3_column_int(stmt, 6) == (int)query->state);
	if (wanted)
		walk->slice[rows->count++] = event_row(stmt, rows->arena);
}

/* A SID's events are found by the index of keys, the oldest first. */
static int events_begin(struct sqlite_walk *rows, struct error *err)
{
	unsigned char prefix[KEYS_SIZE / 2];
	const struct walk *walk = container_of(rows, struct walk, rows);
	if (walk->query.sid.len == 0)
		return 0;
	rows->by_ids = true;
	sqlite_key_sid(prefix, walk->query.sid);
	if (sqlite_reader_key_prefix(
		rows->reader, prefix, &rows->ids, &rows->id_count, err) < 0)
		return -1;
	for (size_t i = 0; rows->newest_first && i < rows->id_count / 2; i++) {
		int64_t *mirror = &rows->ids[rows->id_count - 1 - i], id = *mirror;
		*mirror = rows->ids[i];
		rows->ids[i] = id;
	}
	return 0;
}

static int events_next(
    struct store_events *events, struct store_event *out, struct error *err)
{
	struct walk *walk = container_of(events, struct walk, events);
	size_t at;
	int rc = sqlite_walk_next(&walk->rows, &at, err);
	if (rc == 1)
		*out = walk->slice[at];
	return rc;
}

static void events_close(struct store_events *events)
{
	struct walk *walk = container_of(events, struct walk, events);
	sqlite_walk_clear(&walk->rows);
	free(walk);
}

struct store_events *sqlite_events(
    struct engine_reader *reader, const struct store_event_query *query)
{
	struct walk *walk = mem_new(1, sizeof(*walk));
	walk->events = (struct store_events){events_next, events_close};
	walk->rows = (struct sqlite_walk){.reader = reader,
	    .sql = &events_sql,
	    .after_id = query->after_id,
	    .limit = query->limit,
	    .newest_first = query->newest_first,
	    .begin = events_begin,
	    .take = events_take};
	walk->query = *query;
	return &walk->events;
}

int sqlite_event_get(struct engine_reader *reader, int64_t id, struct arena *arena,
    struct store_event *out, struct error *err)
{
	sqlite3_stmt *stmt = sqlite_cache_get(&reader->cache, events_sql.one, err);
	if (stmt == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, id);
	int rc = sqlite_db_step(stmt, err);
	if (rc == 1)
		*out = event_row(stmt, arena);
	(void)sqlite3_reset(stmt);
	return rc;
}
