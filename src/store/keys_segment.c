#include "store/keys_segment.h"

#include <assert.h>

void keys_rows_close(struct keys_rows *rows)
{
	sqlite3_finalize(rows->read_chunk);
	sqlite3_finalize(rows->read_piece);
	sqlite3_finalize(rows->write_chunk);
	sqlite3_finalize(rows->write_piece);
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
		sqlite3_bind_int64(stmt, i, numbers[i - 1]);
	int rc = sqlite3_step(stmt);
	if (rc != SQLITE_DONE)
		keys_rows_error(db, "cannot write the key tables", err);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : -1;
}

/* The setting's number, or -1 when it cannot be told. */
static int secure_delete(sqlite3 *db)
{
	sqlite3_stmt *stmt = NULL;
	int value = -1;

	if (sqlite3_prepare_v2(db, "PRAGMA secure_delete", -1, &stmt, NULL) ==
		SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

static void set_secure_delete(sqlite3 *db, int value)
{
	static const char *const sql[] = {"PRAGMA secure_delete = OFF",
	    "PRAGMA secure_delete = ON", "PRAGMA secure_delete = FAST"};
	if (value >= 0 && value <= 2)
		sqlite3_exec(db, sql[value], NULL, NULL, NULL);
}

int keys_rows_delete(
    sqlite3 *db, const char *sql, const int64_t *numbers, struct error *err)
{
	int before = secure_delete(db);
	if (before >= 0)
		set_secure_delete(db, 0);
	int rc = keys_rows_run(db, sql, numbers, err);
	set_secure_delete(db, before);
	return rc;
}

int64_t keys_rows_id(int64_t segment, uint64_t number)
{
	assert(segment > 0 && number <= UINT32_MAX);
	return (int64_t)((uint64_t)segment << 32 | number);
}

uint64_t keys_chunk_count(uint64_t entries)
{
	return (entries + KEYS_CHUNK_ENTRIES - 1) / KEYS_CHUNK_ENTRIES;
}

/* 1 when the row is there; it stays readable until sqlite3_reset. */
static int read_row(
    struct keys_rows *rows, sqlite3_stmt *stmt, int64_t id, struct error *err)
{
	sqlite3_bind_int64(stmt, 1, id);
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		return rc == SQLITE_ROW;
	keys_rows_error(rows->db, "cannot read the key tables", err);
	sqlite3_reset(stmt);
	return -1;
}

int keys_chunk_read(
    struct keys_rows *rows, int64_t id, struct keys_chunk *out, struct error *err)
{
	if (keys_rows_prepare(rows->db, &rows->read_chunk,
		"SELECT entries FROM key_chunks WHERE id = ?1", err) < 0)
		return -1;
	int rc = read_row(rows, rows->read_chunk, id, err);
	if (rc < 0)
		return -1;

	const unsigned char *bytes = sqlite3_column_blob(rows->read_chunk, 0);
	size_t size = (size_t)sqlite3_column_bytes(rows->read_chunk, 0);
	out->count = size / KEYS_ENTRY_SIZE;
	bool good = rc == 1 && out->count > 0 && out->count <= KEYS_CHUNK_ENTRIES;
	out->id = good ? id : 0;
	for (size_t i = 0; good && i < out->count; i++)
		out->entries[i] = keys_entry_read(bytes + i * KEYS_ENTRY_SIZE);
	sqlite3_reset(rows->read_chunk);
	if (good)
		return 0;
	error_set(err,
	    "the store is damaged: row %lld of key_chunks is missing or bad; "
	    "restore a backup",
	    (long long)id);
	return -1;
}

static int write_row(struct keys_rows *rows, sqlite3_stmt *stmt, int64_t id,
    const unsigned char *bytes, size_t size, struct error *err)
{
	sqlite3_bind_int64(stmt, 1, id);
	sqlite3_bind_blob64(stmt, 2, bytes, size, SQLITE_STATIC);
	int rc = sqlite3_step(stmt);
	if (rc != SQLITE_DONE)
		keys_rows_error(rows->db, "cannot write the key tables", err);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return rc == SQLITE_DONE ? 0 : -1;
}

int keys_chunk_write(
    struct keys_rows *rows, const struct keys_chunk *chunk, struct error *err)
{
	unsigned char bytes[KEYS_CHUNK_ENTRIES * KEYS_ENTRY_SIZE];

	if (keys_rows_prepare(rows->db, &rows->write_chunk,
		"INSERT INTO key_chunks (id, entries) VALUES (?1, ?2)", err) < 0)
		return -1;
	for (size_t i = 0; i < chunk->count; i++)
		keys_entry_write(bytes + i * KEYS_ENTRY_SIZE, &chunk->entries[i]);
	return write_row(rows, rows->write_chunk, chunk->id, bytes,
	    chunk->count * KEYS_ENTRY_SIZE, err);
}

int keys_piece_read(struct keys_rows *rows, int64_t id, unsigned char *bits,
    size_t size, struct error *err)
{
	if (keys_rows_prepare(rows->db, &rows->read_piece,
		"SELECT bits FROM key_filters WHERE id = ?1", err) < 0)
		return -1;
	int rc = read_row(rows, rows->read_piece, id, err);
	if (rc <= 0)
		return rc;
	const void *bytes = sqlite3_column_blob(rows->read_piece, 0);
	if ((size_t)sqlite3_column_bytes(rows->read_piece, 0) == size)
		memcpy(bits, bytes, size);
	else
		rc = error_set(err,
		    "the store is damaged: row %lld of key_filters is bad; "
		    "restore a backup",
		    (long long)id);
	sqlite3_reset(rows->read_piece);
	return rc;
}

int keys_piece_write(struct keys_rows *rows, int64_t id, const unsigned char *bits,
    size_t size, struct error *err)
{
	if (keys_rows_prepare(rows->db, &rows->write_piece,
		"INSERT INTO key_filters (id, bits) VALUES (?1, ?2)", err) < 0)
		return -1;
	return write_row(rows, rows->write_piece, id, bits, size, err);
}

/* An entry's place between two chunks, lo and hi, that begin with these first halves
 * of keys: where it should be, were keys spread evenly. */
struct bracket {
	uint64_t lo, hi;
	uint64_t lo_high, hi_high;
};

/* A chunk inside the bracket. After `tries` in vain, halves it. */
static uint64_t guess(const struct bracket *b, uint64_t high, int tries)
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
static int seek(struct keys_rows *rows, const struct keys_segment *segment,
    const struct keys_entry *key, bool equal_too, struct keys_chunk *chunk,
    struct error *err)
{
	struct bracket b = {0, keys_chunk_count(segment->count), 0, UINT64_MAX};

	chunk->id = 0;
	chunk->count = 0;
	for (int tries = 1; b.hi - b.lo > 1; tries++) {
		uint64_t at = guess(&b, key->high, tries);
		if (keys_chunk_read(rows, keys_rows_id(segment->id, at), chunk, err) <
		    0)
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
	int64_t id = keys_rows_id(segment->id, b.lo);
	return chunk->id == id ? 0 : keys_chunk_read(rows, id, chunk, err);
}

int keys_segment_find(struct keys_rows *rows, const struct keys_segment *segment,
    struct keys_entry *key, struct error *err)
{
	struct keys_chunk chunk;

	if (seek(rows, segment, key, true, &chunk, err) < 0)
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

	if (seek(rows, segment, &first, false, &chunk, err) < 0)
		return -1;
	int64_t end = keys_rows_id(segment->id, keys_chunk_count(segment->count));
	for (;;) {
		for (size_t i = 0; i < chunk.count; i++) {
			if (chunk.entries[i].high > prefix)
				return 0;
			if (chunk.entries[i].high == prefix)
				keys_found_add(found, chunk.entries[i].row);
		}
		if (chunk.id + 1 == end)
			return 0;
		if (keys_chunk_read(rows, chunk.id + 1, &chunk, err) < 0)
			return -1;
	}
}
