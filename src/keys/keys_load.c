#include "keys/keys_load.h"

#include <stdlib.h>

#include "util/mem.h"

/* ---- the list of segments ---- */

void keys_live_add(struct keys *keys, const struct keys_segment *segment)
{
	size_t at = 0;
	while (at < keys->live_count &&
	       (keys->live[at].segment.level < segment->level ||
		   (keys->live[at].segment.level == segment->level &&
		       keys->live[at].segment.id > segment->id)))
		at++;
	keys->live = mem_resize(keys->live, keys->live_count + 1, sizeof(*keys->live));
	memmove(&keys->live[at + 1], &keys->live[at],
	    (keys->live_count - at) * sizeof(*keys->live));
	struct keys_shape shape = keys_filter_shape(segment->count);
	keys->live[at] = (struct keys_live){.segment = *segment,
	    .shape = shape,
	    .pieces = mem_new((size_t)shape.pieces, sizeof(unsigned char *))};
	keys->live_count++;
}

struct keys_live *keys_live_of(const struct keys *keys, int64_t segment)
{
	for (size_t i = 0; i < keys->live_count; i++) {
		if (keys->live[i].segment.id == segment)
			return &keys->live[i];
	}
	return NULL;
}

struct keys_live keys_live_take(struct keys *keys, int64_t segment)
{
	struct keys_live *live = keys_live_of(keys, segment);
	struct keys_live taken = *live;
	size_t after = keys->live_count - 1 - (size_t)(live - keys->live);
	memmove(live, live + 1, after * sizeof(*live));
	keys->live_count--;
	return taken;
}

void keys_live_clear(struct keys_live *live)
{
	for (uint64_t i = 0; live->pieces != NULL && i < live->shape.pieces; i++)
		free(live->pieces[i]);
	free(live->pieces);
}

static void segments_take(struct keys *keys, sqlite3_stmt *stmt)
{
	struct keys_segment segment = {.id = sqlite3_column_int64(stmt, 0)};
	struct keys_live *live = keys_live_of(keys, segment.id);
	if (live == NULL) {
		segment.level = sqlite3_column_int(stmt, 1);
		segment.count = (uint64_t)sqlite3_column_int64(stmt, 2);
		segment.first = sqlite3_column_int64(stmt, 3);
		segment.log_end = sqlite3_column_int64(stmt, 4);
		keys_live_add(keys, &segment);
		live = keys_live_of(keys, segment.id);
	}
	live->listed = true;
}

/* Drops those that are not listed any more. */
static void segments_tidy(struct keys *keys)
{
	for (size_t i = keys->live_count; i-- > 0;) {
		struct keys_live *live = &keys->live[i];
		if (!live->listed) {
			struct keys_live gone = keys_live_take(keys, live->segment.id);
			keys_live_clear(&gone);
			continue;
		}
		live->listed = false;
		if (keys->next_segment <= live->segment.id)
			keys->next_segment = live->segment.id + 1;
	}
}

int keys_load_segments(struct keys *keys, struct error *err)
{
	int rc = -1;
	if (keys_rows_prepare(keys->rows.db, &keys->list_segments,
		"SELECT id, level, count, first, log_end FROM key_segments", err) < 0)
		return -1;
	while ((rc = sqlite3_step(keys->list_segments)) == SQLITE_ROW)
		segments_take(keys, keys->list_segments);
	if (rc != SQLITE_DONE)
		(void)keys_rows_error(keys->rows.db, "cannot read the key tables", err);
	(void)sqlite3_reset(keys->list_segments);
	if (rc == SQLITE_DONE)
		segments_tidy(keys);
	return rc == SQLITE_DONE ? 0 : -1;
}

/* ---- the log ---- */

void keys_freeze(struct keys *keys, struct keys_table *next)
{
	keys->frozen = keys->active;
	keys->active = next;
	keys->frozen_log_number = keys->log_number;
	keys->log_odd = 1 - keys->log_odd;
	keys->log_rows = 0;
}

/* A row whose id is below 2 is the first of its table. */
void keys_load_log_row(
    struct keys *keys, int64_t id, int64_t number, const void *entries, size_t size)
{
	const unsigned char *bytes = entries;
	if (keys->active->count > 0 && (id < 2 || keys->log_odd != id % 2)) {
		/* What was frozen is in a segment by now. */
		keys_table_free(keys->frozen);
		keys_freeze(keys, keys_table_new(0));
	}
	keys->log_odd = id % 2;
	keys->log_rows = id / 2 + 1;
	keys->log_number = number;
	for (; size >= KEYS_ENTRY_SIZE; size -= KEYS_ENTRY_SIZE) {
		struct keys_entry entry = keys_entry_read(bytes);
		keys_table_add(keys->active, &entry);
		bytes += KEYS_ENTRY_SIZE;
	}
}

int keys_load_log(struct keys *keys, struct error *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = -1;
	if (keys_rows_prepare(keys->rows.db, &stmt,
		"SELECT id, number, entries FROM key_log WHERE number > ?1 "
		"ORDER BY number",
		err) < 0)
		return -1;
	for (size_t i = 0; i < keys->live_count; i++) {
		if (keys->log_number < keys->live[i].segment.log_end)
			keys->log_number = keys->live[i].segment.log_end;
	}
	(void)sqlite3_bind_int64(stmt, 1, keys->log_number);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const void *entries = sqlite3_column_blob(stmt, 2);
		keys_load_log_row(keys, sqlite3_column_int64(stmt, 0),
		    sqlite3_column_int64(stmt, 1), entries,
		    (size_t)sqlite3_column_bytes(stmt, 2));
	}
	if (rc != SQLITE_DONE)
		(void)keys_rows_error(keys->rows.db, "cannot read the key log", err);
	(void)sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : -1;
}
