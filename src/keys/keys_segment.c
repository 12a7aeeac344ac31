#include "keys/keys_segment.h"

void keys_rows_close(struct keys_rows *rows)
{
	(void)sqlite3_finalize(rows->read_chunk);
	(void)sqlite3_finalize(rows->read_piece);
	(void)sqlite3_finalize(rows->write_chunk);
	(void)sqlite3_finalize(rows->write_piece);
	*rows = (struct keys_rows){.db = rows->db};
}

int keys_rows_error(sqlite3 *db, const char *what, struct error *err)
{
	return error_set(err, "%s: %s", what, sqlite3_errmsg(db));
}

int keys_rows_prepare(
    sqlite3 *db, sqlite3_stmt **stmt, const char *sql, struct error *err)
{
	if (*stmt != NULL)
		return 0;
	if (sqlite3_prepare_v2(db, sql, -1, stmt, NULL) != SQLITE_OK)
		return keys_rows_error(db, "cannot use the key tables", err);
	return 0;
}

int keys_rows_run(
    sqlite3 *db, const char *sql, const int64_t *numbers, struct error *err)
{
	sqlite3_stmt *stmt = NULL;
	if (keys_rows_prepare(db, &stmt, sql, err) < 0)
		return -1;
	for (int i = sqlite3_bind_parameter_count(stmt); i > 0; i--)
		(void)sqlite3_bind_int64(stmt, i, numbers[i - 1]);
	int rc = sqlite3_step(stmt);
	if (rc != SQLITE_DONE)
		(void)keys_rows_error(db, "cannot write the key tables", err);
	(void)sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : -1;
}

uint64_t keys_chunk_count(uint64_t entries)
{
	return (entries + KEYS_CHUNK_ENTRIES - 1) / KEYS_CHUNK_ENTRIES;
}

/* 1 when the row is there; it stays readable until sqlite3_reset. */
static int keys_read_row(
    struct keys_rows *rows, sqlite3_stmt *stmt, int64_t row, struct error *err)
{
	(void)sqlite3_bind_int64(stmt, 1, row);
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		return rc == SQLITE_ROW;
	(void)keys_rows_error(rows->db, "cannot read the key tables", err);
	(void)sqlite3_reset(stmt);
	return -1;
}

static int keys_damaged(const char *table, int64_t row, struct error *err)
{
	(void)error_set(err,
	    "the store is damaged: row %lld of %s is missing or bad; restore a backup",
	    (long long)row, table);
	return -1;
}

int keys_chunk_read(
    struct keys_rows *rows, int64_t row, struct keys_chunk *out, struct error *err)
{
	if (keys_rows_prepare(rows->db, &rows->read_chunk,
		"SELECT entries FROM key_chunks WHERE id = ?1", err) < 0)
		return -1;
	int rc = keys_read_row(rows, rows->read_chunk, row, err);
	if (rc < 0)
		return -1;

	const unsigned char *bytes = sqlite3_column_blob(rows->read_chunk, 0);
	size_t size = (size_t)sqlite3_column_bytes(rows->read_chunk, 0);
	out->count = size / KEYS_ENTRY_SIZE;
	bool good = rc == 1 && out->count > 0 && out->count <= KEYS_CHUNK_ENTRIES;
	out->row = good ? row : 0;
	for (size_t i = 0; good && i < out->count; i++)
		out->entries[i] = keys_entry_read(bytes + i * KEYS_ENTRY_SIZE);
	(void)sqlite3_reset(rows->read_chunk);
	return good ? 0 : keys_damaged("key_chunks", row, err);
}

static int keys_write_row(struct keys_rows *rows, sqlite3_stmt *stmt, int64_t row,
    const unsigned char *bytes, size_t size, struct error *err)
{
	(void)sqlite3_bind_int64(stmt, 1, row);
	(void)sqlite3_bind_blob64(stmt, 2, bytes, size, SQLITE_STATIC);
	int rc = sqlite3_step(stmt);
	if (rc != SQLITE_DONE)
		(void)keys_rows_error(rows->db, "cannot write the key tables", err);
	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
	return rc == SQLITE_DONE ? 0 : -1;
}

int keys_chunk_write(
    struct keys_rows *rows, const struct keys_chunk *chunk, struct error *err)
{
	unsigned char bytes[KEYS_CHUNK_ENTRIES * KEYS_ENTRY_SIZE];
	if (keys_rows_prepare(rows->db, &rows->write_chunk,
		"REPLACE INTO key_chunks (id, entries) VALUES (?1, ?2)", err) < 0)
		return -1;
	for (size_t i = 0; i < chunk->count; i++)
		keys_entry_write(bytes + i * KEYS_ENTRY_SIZE, &chunk->entries[i]);
	return keys_write_row(rows, rows->write_chunk, chunk->row, bytes,
	    chunk->count * KEYS_ENTRY_SIZE, err);
}

int keys_piece_read(struct keys_rows *rows, int64_t row, unsigned char *bits,
    size_t size, struct error *err)
{
	if (keys_rows_prepare(rows->db, &rows->read_piece,
		"SELECT bits FROM key_filters WHERE id = ?1", err) < 0)
		return -1;
	int rc = keys_read_row(rows, rows->read_piece, row, err);
	if (rc < 0)
		return -1;
	const void *bytes = sqlite3_column_blob(rows->read_piece, 0);
	bool good = (size_t)sqlite3_column_bytes(rows->read_piece, 0) == size;
	if (good)
		memcpy(bits, bytes, size);
	(void)sqlite3_reset(rows->read_piece);
	return good ? 0 : keys_damaged("key_filters", row, err);
}

int keys_piece_write(struct keys_rows *rows, int64_t row, const unsigned char *bits,
    size_t size, struct error *err)
{
	if (keys_rows_prepare(rows->db, &rows->write_piece,
		"REPLACE INTO key_filters (id, bits) VALUES (?1, ?2)", err) < 0)
		return -1;
	return keys_write_row(rows, rows->write_piece, row, bits, size, err);
}

/* An entry's place between two chunks, lo and hi, that begin with these first halves
 * of keys: where it should be, were keys spread evenly. */
struct bracket {
	uint64_t lo, hi;
	uint64_t lo_high, hi_high;
};

/* A chunk inside the bracket. After `tries` in vain, halves it. */
static uint64_t segment_guess(const struct bracket *b, uint64_t high, int tries)
{
	if (tries > 8 || high <= b->lo_high || b->hi_high <= high)
		return b->lo + (b->hi - b->lo) / 2;
	double part = (double)(high - b->lo_high) / (double)(b->hi_high - b->lo_high);
	uint64_t at = b->lo + (uint64_t)(part * (double)(b->hi - b->lo));
	if (at <= b->lo)
		return b->lo + 1;
	return at < b->hi ? at : b->hi - 1;
}

/* Reads the last chunk that begins before the key, or (equal_too) with it; the first
 * chunk when there is none. */
static int segment_seek(struct keys_rows *rows, const struct keys_segment *segment,
    const struct keys_entry *key, bool equal_too, struct keys_chunk *chunk,
    struct error *err)
{
	struct bracket b = {0, keys_chunk_count(segment->count), 0, UINT64_MAX};
	chunk->row = 0;
	chunk->count = 0;
	for (int tries = 1; b.hi - b.lo > 1; tries++) {
		uint64_t at = segment_guess(&b, key->high, tries);
		if (keys_chunk_read(rows, segment->first + (int64_t)at, chunk, err) < 0)
			return -1;
		int order = keys_entry_compare(&chunk->entries[0], key);
		if (order < 0 || (equal_too && order == 0)) {
			b.lo = at;
			b.lo_high = chunk->entries[0].high;
		} else {
			b.hi = at;
			b.hi_high = chunk->entries[0].high;
		}
	}
	int64_t row = segment->first + (int64_t)b.lo;
	return chunk->row == row ? 0 : keys_chunk_read(rows, row, chunk, err);
}

int keys_segment_find(struct keys_rows *rows, const struct keys_segment *segment,
    struct keys_entry *key, struct error *err)
{
	struct keys_chunk chunk;
	if (segment_seek(rows, segment, key, true, &chunk, err) < 0)
		return -1;
	size_t at = chunk.count;
	while (at > 0 && keys_entry_compare(&chunk.entries[at - 1], key) > 0)
		at--;
	if (at == 0 || keys_entry_compare(&chunk.entries[at - 1], key) != 0)
		return 0;
	key->row = chunk.entries[at - 1].row;
	return 1;
}

int keys_segment_find_prefix(struct keys_rows *rows, const struct keys_segment *segment,
    uint64_t prefix, struct keys_found *found, struct error *err)
{
	struct keys_entry first = {.high = prefix};
	struct keys_chunk chunk;
	if (segment_seek(rows, segment, &first, false, &chunk, err) < 0)
		return -1;
	int64_t end = segment->first + (int64_t)keys_chunk_count(segment->count);
	for (;;) {
		for (size_t i = 0; i < chunk.count; i++) {
			if (chunk.entries[i].high > prefix)
				return 0;
			if (chunk.entries[i].high == prefix)
				keys_found_add(found, chunk.entries[i].row);
		}
		if (chunk.row + 1 == end)
			return 0;
		if (keys_chunk_read(rows, chunk.row + 1, &chunk, err) < 0)
			return -1;
	}
}
