#include "keys/keys_reader.h"

#include <stdlib.h>

#include "keys/keys_load.h"
#include "util/mem.h"

/* Filters of four million keys. Beyond them all are dropped: what is asked for comes back. */
enum { FILTER_BYTES_MAX = 8 << 20 };

struct keys_reader {
	sqlite3 *db;
	struct keys *keys; /* NULL: nothing was read, or reading failed */
	int64_t
	    version; /* SQLite's number of what keys has: another after each commit */
	sqlite3_stmt *begin, *end, *read_version, *read_log_row;
};

struct keys_reader *keys_reader_new(sqlite3 *db)
{
	struct keys_reader *reader = mem_new(1, sizeof(*reader));
	reader->db = db;
	return reader;
}

static void reader_forget(struct keys_reader *reader)
{
	keys_close(reader->keys);
	reader->keys = NULL;
}

void keys_reader_free(struct keys_reader *reader)
{
	if (reader == NULL)
		return;
	reader_forget(reader);
	(void)sqlite3_finalize(reader->begin);
	(void)sqlite3_finalize(reader->end);
	(void)sqlite3_finalize(reader->read_version);
	(void)sqlite3_finalize(reader->read_log_row);
	free(reader);
}

/* ---- reading on ---- */

enum follow { FOLLOW_FAILED = -1, FOLLOW_END, FOLLOW_TOOK, FOLLOW_LOST };

/* Looks at the log's row of that id; a number of 0 when it is not there. */
static int reader_read_row(
    struct keys_reader *reader, int64_t id, struct keys_log_row *out, struct error *err)
{
	sqlite3_stmt *stmt = reader->read_log_row;
	*out = (struct keys_log_row){.number = 0};
	(void)sqlite3_bind_int64(stmt, 1, id);
	int step = sqlite3_step(stmt);
	if (step == SQLITE_ROW)
		return keys_log_read(stmt, out, err);
	return step == SQLITE_DONE
		   ? 0
		   : keys_rows_error(reader->db, "cannot read the key log", err);
}

/* Takes the row when it is the one after the last that was read. */
static enum follow reader_try_row(
    struct keys_reader *reader, int64_t id, struct error *err)
{
	struct keys *keys = reader->keys;
	struct keys_log_row row;
	enum follow follow = FOLLOW_END;
	if (reader_read_row(reader, id, &row, err) < 0) {
		follow = FOLLOW_FAILED;
	} else if (row.number == keys->log_number + 1) {
		keys_log_take(keys, &row);
		follow = FOLLOW_TOOK;
	} else if (row.number > keys->log_number) {
		follow = FOLLOW_LOST;
	}
	(void)sqlite3_reset(reader->read_log_row);
	return follow;
}

/* The last row that was read, as the snapshot has it: its number is at least what was
 * read, unless the snapshot is an older one. */
static enum follow reader_try_last(struct keys_reader *reader, struct error *err)
{
	const struct keys *keys = reader->keys;
	struct keys_log_row row;
	int64_t id = (keys->log_rows - 1) * 2 + keys->log_odd;
	if (keys->active->count == 0)
		return FOLLOW_END;
	int rc = reader_read_row(reader, id, &row, err);
	(void)sqlite3_reset(reader->read_log_row);
	if (rc < 0)
		return FOLLOW_FAILED;
	return row.number >= keys->log_number ? FOLLOW_END : FOLLOW_LOST;
}

/* Reads the log's rows that came since. A row's successor is behind it or begins a table
 * (keys_schema), and is written over by later ones only. So there is nothing new when none
 * of three rows has a higher number, and too much was missed when one has a number that is
 * higher than the next. */
static enum follow reader_follow_log(struct keys_reader *reader, struct error *err)
{
	const struct keys *keys = reader->keys;
	enum follow follow = FOLLOW_TOOK;
	bool took = false;
	if (keys_rows_prepare(reader->db, &reader->read_log_row,
		"SELECT " KEYS_LOG_COLUMNS " FROM key_log WHERE id = ?1", err) < 0)
		return FOLLOW_FAILED;
	while (follow == FOLLOW_TOOK) {
		const int64_t ids[] = {keys->log_rows * 2 + keys->log_odd, 0, 1};
		follow = FOLLOW_END;
		for (size_t i = 0; i < 3 && follow == FOLLOW_END; i++)
			follow = reader_try_row(reader, ids[i], err);
		took |= follow == FOLLOW_TOOK;
	}
	return follow == FOLLOW_END && !took ? reader_try_last(reader, err) : follow;
}

static int64_t reader_log_end(const struct keys *keys)
{
	int64_t end = 0;
	for (size_t i = 0; i < keys->live_count; i++) {
		if (end < keys->live[i].segment.log_end)
			end = keys->live[i].segment.log_end;
	}
	return end;
}

static int reader_load(struct keys_reader *reader, struct error *err)
{
	reader_forget(reader);
	reader->keys = keys_new(reader->db);
	return keys_load_segments(reader->keys, err) < 0 ||
		       keys_load_log(reader->keys, err) < 0
		   ? -1
		   : 0;
}

static int reader_follow(struct keys_reader *reader, struct error *err)
{
	int64_t end = reader_log_end(reader->keys);
	enum follow follow = FOLLOW_FAILED;
	if (keys_load_segments(reader->keys, err) == 0)
		follow = reader_follow_log(reader, err);
	if (follow == FOLLOW_END && reader_log_end(reader->keys) < end)
		follow = FOLLOW_LOST;
	if (follow == FOLLOW_LOST)
		return reader_load(reader, err);
	return follow == FOLLOW_FAILED ? -1 : 0;
}

/* Takes the snapshot, when the transaction has none, and brings keys up to it. */
static int reader_refresh(struct keys_reader *reader, struct error *err)
{
	int rc = -1;
	if (keys_rows_prepare(
		reader->db, &reader->read_version, "PRAGMA data_version", err) < 0)
		return -1;
	bool read = keys_rows_step(reader->read_version) == SQLITE_ROW;
	int64_t version = read ? sqlite3_column_int64(reader->read_version, 0) : 0;
	if (!read)
		(void)keys_rows_error(reader->db, "cannot read the store", err);
	(void)sqlite3_reset(reader->read_version);
	if (read && reader->keys != NULL && reader->version == version)
		return 0;
	if (read)
		rc = reader->keys == NULL ? reader_load(reader, err)
					  : reader_follow(reader, err);
	reader->version = version;
	if (rc < 0)
		reader_forget(reader);
	return rc;
}

static void reader_bound_filters(struct keys_reader *reader)
{
	struct keys *keys = reader->keys;
	if (keys->filter_bytes <= FILTER_BYTES_MAX)
		return;
	for (size_t i = 0; i < keys->live_count; i++) {
		struct keys_live *live = &keys->live[i];
		for (uint64_t piece = 0; piece < live->shape.pieces; piece++) {
			free(live->pieces[piece]);
			live->pieces[piece] = NULL;
		}
	}
	keys->filter_bytes = 0;
}

/* ---- finding ---- */

static int reader_run(
    struct keys_reader *reader, sqlite3_stmt **stmt, const char *sql, struct error *err)
{
	if (keys_rows_prepare(reader->db, stmt, sql, err) < 0)
		return -1;
	int rc = sqlite3_step(*stmt);
	(void)sqlite3_reset(*stmt);
	return rc == SQLITE_DONE
		   ? 0
		   : keys_rows_error(reader->db, "cannot read the key tables", err);
}

/* Finds the key, or with found all rows of its first half. */
static int reader_find(struct keys_reader *reader, struct keys_entry *key,
    struct keys_found *found, struct error *err)
{
	bool own = sqlite3_get_autocommit(reader->db) != 0;
	int rc = own ? reader_run(reader, &reader->begin, "BEGIN", err) : 0;
	if (rc < 0)
		return -1;
	rc = reader_refresh(reader, err);
	if (rc == 0)
		rc = found != NULL
			 ? keys_find_prefix_inside(reader->keys, key->high, found, err)
			 : keys_find_inside(reader->keys, key, err);
	if (reader->keys != NULL)
		reader_bound_filters(reader);
	if (own &&
	    reader_run(reader, &reader->end, "ROLLBACK", rc < 0 ? NULL : err) < 0)
		rc = -1;
	return rc < 0 ? error_wrap(err, "key index") : rc;
}

int keys_reader_find(struct keys_reader *reader, const unsigned char key[KEYS_SIZE],
    int64_t *row, struct error *err)
{
	struct keys_entry entry = keys_entry_of(key, 0);
	int rc = reader_find(reader, &entry, NULL, err);
	if (rc == 1)
		*row = entry.row;
	return rc;
}

int keys_reader_find_prefix(struct keys_reader *reader, const unsigned char prefix[8],
    int64_t **rows, size_t *count, struct error *err)
{
	struct keys_found found = {0};
	struct keys_entry key = {.high = keys_u64_read(prefix)};
	int rc = reader_find(reader, &key, &found, err);
	return keys_find_give(&found, rc, rows, count);
}
