#include "keys/keys_load.h"

#include <stdlib.h>

#include "keys/keys_sum.h"
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

/* Only of those that are listed: one that has gone may have left its rows to another. */
static const struct keys_segment *segments_overlap(
    const struct keys *keys, const struct keys_segment *segment)
{
	int64_t end = segment->first + (int64_t)keys_chunk_count(segment->count);
	for (size_t i = 0; i < keys->live_count; i++) {
		const struct keys_segment *other = &keys->live[i].segment;
		int64_t other_end =
		    other->first + (int64_t)keys_chunk_count(other->count);
		if (keys->live[i].listed && other->id != segment->id &&
		    segment->first < other_end && other->first < end)
			return other;
	}
	return NULL;
}

static int segments_take(struct keys *keys, sqlite3_stmt *stmt, struct error *err)
{
	struct keys_segment segment;
	struct keys_live *live = keys_live_of(keys, sqlite3_column_int64(stmt, 0));
	if (live == NULL) {
		if (keys_segment_read(stmt, &segment, err) < 0 ||
		    keys_segment_check(&keys->rows, &segment, err) < 0)
			return -1;
		keys_live_add(keys, &segment);
		live = keys_live_of(keys, segment.id);
	}
	live->listed = true;
	return segments_overlap(keys, &live->segment) == NULL
		   ? 0
		   : keys_damaged("key_segments", live->segment.id,
			 "has rows of key_chunks that another one has", err);
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
	int step = SQLITE_DONE, rc = 0;
	if (keys_rows_prepare(keys->rows.db, &keys->list_segments,
		"SELECT " KEYS_SEGMENT_COLUMNS " FROM key_segments", err) < 0)
		return -1;
	while (rc == 0 && (step = sqlite3_step(keys->list_segments)) == SQLITE_ROW)
		rc = segments_take(keys, keys->list_segments, err);
	if (rc == 0 && step != SQLITE_DONE)
		rc = keys_rows_error(keys->rows.db, "cannot read the key tables", err);
	(void)sqlite3_reset(keys->list_segments);
	if (rc == 0)
		segments_tidy(keys);
	return rc;
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

int keys_log_read(sqlite3_stmt *stmt, struct keys_log_row *out, struct error *err)
{
	enum { ID, NUMBER, ENTRIES, SUM };

	*out = (struct keys_log_row){.id = sqlite3_column_int64(stmt, ID),
	    .number = sqlite3_column_int64(stmt, NUMBER),
	    .entries = sqlite3_column_blob(stmt, ENTRIES),
	    .size = (size_t)sqlite3_column_bytes(stmt, ENTRIES)};
	if (out->id < 0 || out->number <= 0 || out->number >= INT64_MAX / 2 ||
	    out->size == 0 || out->size % KEYS_ENTRY_SIZE != 0)
		return keys_damaged("key_log", out->id, "cannot be so", err);
	if (sqlite3_column_type(stmt, SUM) != SQLITE_NULL &&
	    sqlite3_column_int64(stmt, SUM) !=
		keys_log_sum(out->entries, out->size, out->id, out->number))
		return keys_damaged("key_log", out->id, "is not what was written", err);
	return 0;
}

int64_t keys_log_sum(const void *entries, size_t size, int64_t id, int64_t number)
{
	return keys_sum(entries, size, (int64_t)((uint64_t)number << 20) ^ id);
}

/* The first row of each table has an id below 2. */
static bool log_begins_table(const struct keys *keys, int64_t id)
{
	return keys->active->count > 0 && (id < 2 || keys->log_odd != id % 2);
}

void keys_log_take(struct keys *keys, const struct keys_log_row *row)
{
	const unsigned char *bytes = row->entries;
	if (log_begins_table(keys, row->id)) {
		/* What was frozen is in a segment by now. */
		keys_table_free(keys->frozen);
		keys_freeze(keys, keys_table_new(0));
	}
	keys->log_odd = row->id % 2;
	keys->log_rows = row->id / 2 + 1;
	keys->log_number = row->number;
	for (size_t at = 0; at < row->size; at += KEYS_ENTRY_SIZE) {
		struct keys_entry entry = keys_entry_read(bytes + at);
		keys_table_add(keys->active, &entry);
	}
}

/* A row that counts: the next number, in the next place of its table or the first of the
 * other one. */
static int log_load_row(struct keys *keys, sqlite3_stmt *stmt, struct error *err)
{
	struct keys_log_row row;
	if (keys_log_read(stmt, &row, err) < 0)
		return -1;
	bool begins = log_begins_table(keys, row.id);
	bool next =
	    keys->active->count > 0 && row.id == keys->log_rows * 2 + keys->log_odd;
	if (row.number != keys->log_number + 1 || (row.id >= 2 && !next) ||
	    (begins && keys->frozen != NULL))
		return keys_damaged(
		    "key_log", row.id, "does not follow the one before", err);
	keys_log_take(keys, &row);
	return 0;
}

static int log_check_row(struct keys *keys, sqlite3_stmt *stmt, struct error *err)
{
	struct keys_log_row row;
	(void)keys;
	return keys_log_read(stmt, &row, err);
}

static int log_each(struct keys *keys, const char *sql,
    int (*take)(struct keys *keys, sqlite3_stmt *stmt, struct error *err),
    struct error *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = keys_rows_prepare(keys->rows.db, &stmt, sql, err);
	int step = SQLITE_DONE;
	if (rc == 0)
		(void)sqlite3_bind_int64(stmt, 1, keys->log_number);
	while (rc == 0 && (step = sqlite3_step(stmt)) == SQLITE_ROW)
		rc = take(keys, stmt, err);
	if (rc == 0 && step != SQLITE_DONE)
		rc = keys_rows_error(keys->rows.db, "cannot read the key log", err);
	(void)sqlite3_finalize(stmt);
	return rc;
}

int keys_load_log(struct keys *keys, struct error *err)
{
	for (size_t i = 0; i < keys->live_count; i++) {
		if (keys->log_number < keys->live[i].segment.log_end)
			keys->log_number = keys->live[i].segment.log_end;
	}
	return log_each(keys,
	    "SELECT " KEYS_LOG_COLUMNS
	    " FROM key_log WHERE number > ?1 ORDER BY number",
	    log_load_row, err);
}

int keys_check_log(struct keys *keys, struct error *err)
{
	return log_each(
	    keys, "SELECT " KEYS_LOG_COLUMNS " FROM key_log", log_check_row, err);
}
