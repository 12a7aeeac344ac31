#include "keys/keys_segment.h"

#include <assert.h>
#include <unistd.h>

#include "keys/keys_sum.h"
#include "util/span.h"

enum { STEP_TRIES = 100, STEP_PAUSE_US = 200 };

void keys_rows_close(struct keys_rows *rows)
{
	(void)sqlite3_finalize(rows->read_chunk);
	(void)sqlite3_finalize(rows->read_piece);
	(void)sqlite3_finalize(rows->read_sums);
	(void)sqlite3_finalize(rows->write_chunk);
	(void)sqlite3_finalize(rows->write_piece);
	(void)sqlite3_finalize(rows->write_sums);
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

int keys_rows_step(sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);
	for (int i = 0; (rc & 0xff) == SQLITE_READONLY && i < STEP_TRIES &&
			sqlite3_db_readonly(sqlite3_db_handle(stmt), "main") == 1;
	     i++) {
		(void)sqlite3_reset(stmt);
		(void)usleep(STEP_PAUSE_US);
		rc = sqlite3_step(stmt);
	}
	return rc;
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

int keys_damaged(const char *table, int64_t row, const char *what, struct error *err)
{
	return error_set(err,
	    "the store is damaged: row %lld of %s %s; restore it from a backup",
	    (long long)row, table, what);
}

/* ---- rows ---- */

/* Reads a row whose first column is bytes: they stay readable until sqlite3_reset. *bytes is
 * NULL when the row is not there, or has none. */
static int rows_read(struct keys_rows *rows, sqlite3_stmt *stmt, int64_t row,
    const unsigned char **bytes, size_t *size, struct error *err)
{
	(void)sqlite3_bind_int64(stmt, 1, row);
	int rc = sqlite3_step(stmt);
	*bytes = NULL;
	*size = 0;
	if (rc == SQLITE_ROW) {
		*bytes = sqlite3_column_blob(stmt, 0);
		*size = (size_t)sqlite3_column_bytes(stmt, 0);
	}
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		return 0;
	(void)keys_rows_error(rows->db, "cannot read the key tables", err);
	(void)sqlite3_reset(stmt);
	return -1;
}

/* The statement's parameters: row, bytes and, where it has one, sum. */
static int rows_write(struct keys_rows *rows, sqlite3_stmt *stmt, int64_t row,
    struct span bytes, int64_t sum, struct error *err)
{
	(void)sqlite3_bind_int64(stmt, 1, row);
	(void)sqlite3_bind_blob64(stmt, 2, bytes.ptr, bytes.len, SQLITE_STATIC);
	if (sqlite3_bind_parameter_count(stmt) > 2)
		(void)sqlite3_bind_int64(stmt, 3, sum);
	int rc = sqlite3_step(stmt);
	if (rc != SQLITE_DONE)
		(void)keys_rows_error(rows->db, "cannot write the key tables", err);
	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
	return rc == SQLITE_DONE ? 0 : -1;
}

/* ---- checksums of chunks ---- */

static int64_t sums_row(const struct keys_segment *segment, uint64_t index)
{
	return segment->first + (int64_t)(index / KEYS_SUMS);
}

static int sums_read(struct keys_rows *rows, const struct keys_segment *segment,
    uint64_t index, int64_t *sum, struct error *err)
{
	const unsigned char *bytes;
	size_t size;
	uint64_t left = keys_chunk_count(segment->count) - (index - index % KEYS_SUMS);
	if (keys_rows_prepare(rows->db, &rows->read_sums,
		"SELECT sums FROM key_sums WHERE id = ?1", err) < 0 ||
	    rows_read(rows, rows->read_sums, sums_row(segment, index), &bytes, &size,
		err) < 0)
		return -1;
	bool good = bytes != NULL &&
		    size == (left < KEYS_SUMS ? left : KEYS_SUMS) * sizeof(*sum);
	if (good)
		*sum = (int64_t)keys_u64_read(bytes + index % KEYS_SUMS * sizeof(*sum));
	(void)sqlite3_reset(rows->read_sums);
	return good ? 0
		    : keys_damaged("key_sums", sums_row(segment, index),
			  "is missing or of another length", err);
}

int keys_sums_write(struct keys_rows *rows, const struct keys_segment *segment,
    const struct keys_sums *sums, struct error *err)
{
	unsigned char bytes[KEYS_SUMS * sizeof(uint64_t)];
	if (keys_rows_prepare(rows->db, &rows->write_sums,
		"REPLACE INTO key_sums (id, sums) VALUES (?1, ?2)", err) < 0)
		return -1;
	for (size_t i = 0; i < sums->count; i++)
		keys_u64_write(bytes + i * sizeof(uint64_t), (uint64_t)sums->sums[i]);
	struct span span = {(const char *)bytes, sums->count * sizeof(uint64_t)};
	return rows_write(
	    rows, rows->write_sums, sums_row(segment, sums->from), span, 0, err);
}

/* ---- chunks ---- */

/* 1: as it was written; 0: it was not; -1 with err. */
static int chunk_is_right(struct keys_rows *rows, const struct keys_segment *segment,
    uint64_t index, const struct keys_chunk *chunk, int64_t sum, struct error *err)
{
	int64_t written = 0;
	if (segment->summed)
		return sums_read(rows, segment, index, &written, err) < 0
			   ? -1
			   : written == sum;
	for (size_t i = 1; i < chunk->count; i++) {
		if (keys_entry_compare(&chunk->entries[i - 1], &chunk->entries[i]) > 0)
			return 0;
	}
	return 1;
}

int keys_chunk_read(struct keys_rows *rows, const struct keys_segment *segment,
    uint64_t index, struct keys_chunk *out, struct error *err)
{
	const unsigned char *bytes;
	size_t size;
	int64_t row = segment->first + (int64_t)index;
	assert(index < keys_chunk_count(segment->count));
	uint64_t left = segment->count - index * KEYS_CHUNK_ENTRIES;
	out->row = 0;
	out->count = left < KEYS_CHUNK_ENTRIES ? (size_t)left : KEYS_CHUNK_ENTRIES;
	if (keys_rows_prepare(rows->db, &rows->read_chunk,
		"SELECT entries FROM key_chunks WHERE id = ?1", err) < 0 ||
	    rows_read(rows, rows->read_chunk, row, &bytes, &size, err) < 0)
		return -1;
	bool good =
	    bytes != NULL && out->count > 0 && size == out->count * KEYS_ENTRY_SIZE;
	int64_t sum = good && segment->summed ? keys_sum(bytes, size, row) : 0;
	for (size_t i = 0; good && i < out->count; i++)
		out->entries[i] = keys_entry_read(bytes + i * KEYS_ENTRY_SIZE);
	(void)sqlite3_reset(rows->read_chunk);
	if (!good) {
		(void)keys_damaged(
		    "key_chunks", row, "is missing or of another length", err);
		return -1;
	}
	int right = chunk_is_right(rows, segment, index, out, sum, err);
	if (right < 0)
		return -1;
	if (right == 0)
		return keys_damaged("key_chunks", row, "is not what was written", err);
	out->row = row;
	return 0;
}

int keys_chunk_write(struct keys_rows *rows, const struct keys_chunk *chunk,
    int64_t *sum, struct error *err)
{
	unsigned char bytes[KEYS_CHUNK_ENTRIES * KEYS_ENTRY_SIZE];
	size_t size = chunk->count * KEYS_ENTRY_SIZE;
	if (keys_rows_prepare(rows->db, &rows->write_chunk,
		"REPLACE INTO key_chunks (id, entries) VALUES (?1, ?2)", err) < 0)
		return -1;
	for (size_t i = 0; i < chunk->count; i++)
		keys_entry_write(bytes + i * KEYS_ENTRY_SIZE, &chunk->entries[i]);
	*sum = keys_sum(bytes, size, chunk->row);
	return rows_write(rows, rows->write_chunk, chunk->row,
	    (struct span){(const char *)bytes, size}, 0, err);
}

/* ---- pieces of filters ---- */

int keys_piece_read(struct keys_rows *rows, const struct keys_segment *segment,
    uint64_t index, unsigned char *bits, struct error *err)
{
	const unsigned char *bytes;
	size_t size, want = keys_filter_size(keys_filter_shape(segment->count));
	int64_t row = segment->first + (int64_t)index;
	if (keys_rows_prepare(rows->db, &rows->read_piece,
		"SELECT bits, sum FROM key_filters WHERE id = ?1", err) < 0 ||
	    rows_read(rows, rows->read_piece, row, &bytes, &size, err) < 0)
		return -1;
	bool good = bytes != NULL && size == want;
	bool right =
	    good && (!segment->summed || keys_sum(bytes, size, row) ==
					     sqlite3_column_int64(rows->read_piece, 1));
	if (right)
		memcpy(bits, bytes, size);
	(void)sqlite3_reset(rows->read_piece);
	if (!good)
		return keys_damaged(
		    "key_filters", row, "is missing or of another length", err);
	return right ? 0
		     : keys_damaged("key_filters", row, "is not what was written", err);
}

int keys_piece_write(struct keys_rows *rows, int64_t row, const unsigned char *bits,
    size_t size, struct error *err)
{
	if (keys_rows_prepare(rows->db, &rows->write_piece,
		"REPLACE INTO key_filters (id, bits, sum) VALUES (?1, ?2, ?3)",
		err) < 0)
		return -1;
	return rows_write(rows, rows->write_piece, row,
	    (struct span){(const char *)bits, size}, keys_sum(bits, size, row), err);
}

/* ---- a segment's own row ---- */

/* More than any store can have. */
static const int64_t segment_most = (int64_t)1 << 40;

static int64_t segment_sum(const struct keys_segment *segment)
{
	unsigned char bytes[4 * sizeof(uint64_t)];
	keys_u64_write(bytes, (uint64_t)segment->level);
	keys_u64_write(bytes + 8, segment->count);
	keys_u64_write(bytes + 16, (uint64_t)segment->first);
	keys_u64_write(bytes + 24, (uint64_t)segment->log_end);
	return keys_sum(bytes, sizeof(bytes), segment->id);
}

int keys_segment_read(sqlite3_stmt *stmt, struct keys_segment *out, struct error *err)
{
	enum { ID, LEVEL, COUNT, FIRST, LOG_END, NUMBERS, SUM = NUMBERS };

	int64_t number[NUMBERS];
	bool good = true;
	for (int i = 0; i < NUMBERS; i++) {
		number[i] = sqlite3_column_int64(stmt, i);
		good &= sqlite3_column_type(stmt, i) == SQLITE_INTEGER;
	}
	*out = (struct keys_segment){.id = number[ID],
	    .level = (int)number[LEVEL],
	    .count = (uint64_t)number[COUNT],
	    .first = number[FIRST],
	    .log_end = number[LOG_END],
	    .summed = sqlite3_column_type(stmt, SUM) != SQLITE_NULL};
	good = good && number[ID] > 0 && number[LEVEL] >= 0 &&
	       number[LEVEL] < KEYS_LEVELS && number[COUNT] > 0 &&
	       number[COUNT] < segment_most && number[FIRST] > 0 &&
	       number[FIRST] < segment_most && number[LOG_END] >= 0 &&
	       number[LOG_END] < INT64_MAX / 2;
	if (!good)
		return keys_damaged(
		    "key_segments", number[ID], "has numbers that cannot be", err);
	if (out->summed && sqlite3_column_int64(stmt, SUM) != segment_sum(out))
		return keys_damaged(
		    "key_segments", number[ID], "is not what was written", err);
	return 0;
}

int keys_segment_check(
    struct keys_rows *rows, const struct keys_segment *segment, struct error *err)
{
	struct keys_chunk chunk;
	struct keys_shape shape = keys_filter_shape(segment->count);
	uint64_t last = keys_chunk_count(segment->count) - 1;
	unsigned char bits[KEYS_PIECE_SIZE];
	return keys_chunk_read(rows, segment, last, &chunk, err) < 0 ||
		       keys_piece_read(rows, segment, shape.pieces - 1, bits, err) < 0
		   ? -1
		   : 0;
}

int keys_segment_write(
    struct keys_rows *rows, const struct keys_segment *segment, struct error *err)
{
	const int64_t row[] = {segment->id, segment->level, (int64_t)segment->count,
	    segment->first, segment->log_end, segment_sum(segment)};
	return keys_rows_run(rows->db,
	    "INSERT INTO key_segments (" KEYS_SEGMENT_COLUMNS ") "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	    row, err);
}

/* ---- finding ---- */

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
		if (keys_chunk_read(rows, segment, at, chunk, err) < 0)
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
	if (chunk->row == segment->first + (int64_t)b.lo)
		return 0;
	return keys_chunk_read(rows, segment, b.lo, chunk, err);
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
		uint64_t next = (uint64_t)(chunk.row + 1 - segment->first);
		if (keys_chunk_read(rows, segment, next, &chunk, err) < 0)
			return -1;
	}
}
