#include "sqlite/sqlite_events.h"

#include <stdlib.h>
#include <string.h>

#include "sqlite/sqlite_key.h"
#include "sqlite/sqlite_reader.h"
#include "util/mem.h"

#define COLUMNS                                                                         \
	"SELECT id, received_at, kind, sid, route, query, state, failure, params, raw," \
	" reply_status, reply_type, reply_body, duplicates, request FROM event "

/* One walk over events: where it is, what it gives and to whom. */
struct walk {
	struct engine_reader *reader;
	const struct store_event_query *query;
	bool (*each)(void *ctx, const struct store_event *event);
	void *ctx;
	int64_t from; /* the next id to look at, in the walk's direction */
	int64_t given;
	bool ended;
	/* the slice: events copied out of the database */
	struct arena *arena;
	struct store_event events[SQLITE_SLICE_ROWS];
	size_t count;
};

static bool wanted(const struct walk *walk, sqlite3_stmt *stmt)
{
	const struct store_event_query *query = walk->query;
	return (query->kind.ptr == NULL ||
		   span_eq(query->kind, sqlite_db_column(stmt, 2))) &&
	       (query->sid.ptr == NULL ||
		   span_eq(query->sid, sqlite_db_column(stmt, 3))) &&
	       (!query->by_state || sqlite3_column_int(stmt, 6) == (int)query->state);
}

static struct span copy(struct arena *arena, sqlite3_stmt *stmt, int column)
{
	struct span value = sqlite_db_column(stmt, column);
	return value.ptr == NULL ? value : arena_copy(arena, value);
}

static void take(struct walk *walk, sqlite3_stmt *stmt)
{
	struct arena *arena = walk->arena;
	walk->events[walk->count++] = (struct store_event){
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

static void slice_begin(struct walk *walk)
{
	arena_free(walk->arena);
	walk->arena = arena_new();
	walk->count = 0;
}

static int64_t still_wanted(const struct walk *walk)
{
	int64_t limit = walk->query->limit;
	return limit == 0 ? INT64_MAX : limit - walk->given;
}

static bool slice_full(const struct walk *walk)
{
	return walk->count == SQLITE_SLICE_ROWS ||
	       (int64_t)walk->count >= still_wanted(walk) ||
	       arena_size(walk->arena) > SQLITE_SLICE_BYTES;
}

static void deliver(struct walk *walk)
{
	for (size_t i = 0; i < walk->count && !walk->ended; i++) {
		walk->given++;
		walk->ended = !walk->each(walk->ctx, &walk->events[i]);
	}
	walk->ended = walk->ended || still_wanted(walk) <= 0;
}

/* Looks at up to SQLITE_SLICE_ROWS events from walk->from on. */
static int read_slice(struct walk *walk, struct error *err)
{
	bool down = walk->query->newest_first;
	int rc, rows = 0;
	sqlite3_stmt *stmt = sqlite_cache_get(&walk->reader->cache,
	    down ? COLUMNS "WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 500"
		 : COLUMNS "WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 500",
	    err);
	if (stmt == NULL)
		return -1;
	slice_begin(walk);
	(void)sqlite3_bind_int64(
	    stmt, 1, down ? walk->query->after_id + 1 : walk->from);
	(void)sqlite3_bind_int64(stmt, 2, down ? walk->from : INT64_MAX);
	while ((rc = sqlite_db_step(stmt, err)) == 1) {
		rows++;
		walk->from = sqlite3_column_int64(stmt, 0) + (down ? -1 : 1);
		if (wanted(walk, stmt))
			take(walk, stmt);
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

static int walk_all(struct walk *walk, struct error *err)
{
	int rc = 0;
	while (rc == 0 && !walk->ended && walk->from >= 0) {
		rc = read_slice(walk, err);
		if (rc == 0)
			deliver(walk);
	}
	return rc;
}

/* ---- by SID ---- */

struct ids {
	int64_t *list;
	size_t count, room;
};

static bool collect(void *ctx, int64_t row)
{
	struct ids *ids = ctx;
	if (ids->count == ids->room) {
		ids->room = ids->room == 0 ? 16 : ids->room * 2;
		ids->list = mem_resize(ids->list, ids->room, sizeof(*ids->list));
	}
	ids->list[ids->count++] = row;
	return true;
}

static int read_one(struct walk *walk, int64_t id, struct error *err)
{
	sqlite3_stmt *stmt =
	    sqlite_cache_get(&walk->reader->cache, COLUMNS "WHERE id = ?", err);
	if (stmt == NULL)
		return -1;
	slice_begin(walk);
	(void)sqlite3_bind_int64(stmt, 1, id);
	int rc = sqlite_db_step(stmt, err);
	if (rc == 1 && id > walk->query->after_id && wanted(walk, stmt))
		take(walk, stmt);
	(void)sqlite3_reset(stmt);
	return rc < 0 ? -1 : 0;
}

static int walk_sid(struct walk *walk, struct error *err)
{
	struct ids ids = {0};
	unsigned char prefix[KEYS_SIZE / 2];
	sqlite_key_sid(prefix, walk->query->sid);
	int rc = keys_find_prefix(
	    walk->reader->keys, walk->reader->db, prefix, collect, &ids, err);
	for (size_t i = 0; i < ids.count && rc >= 0 && !walk->ended; i++) {
		size_t at = walk->query->newest_first ? ids.count - 1 - i : i;
		rc = read_one(walk, ids.list[at], err);
		if (rc == 0)
			deliver(walk);
	}
	free(ids.list);
	return rc < 0 ? -1 : 0;
}

int sqlite_events(struct engine_reader *reader, const struct store_event_query *query,
    bool (*each)(void *ctx, const struct store_event *event), void *ctx,
    struct error *err)
{
	struct walk *walk = mem_new(1, sizeof(*walk));
	walk->reader = reader;
	walk->query = query;
	walk->each = each;
	walk->ctx = ctx;
	walk->from = query->newest_first ? INT64_MAX : query->after_id + 1;
	int rc = query->sid.len > 0 ? walk_sid(walk, err) : walk_all(walk, err);
	arena_free(walk->arena);
	free(walk);
	return rc;
}
