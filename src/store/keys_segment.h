/* keys_segment -- sorted segments on disk: rows of keys_entry that fill a page each
 * ("chunks"), found by interpolation, because keys are spread evenly. Rows of a
 * segment are numbered segment << 32 | number, chunks and filter pieces alike. */
#ifndef OFFHOOK_STORE_KEYS_SEGMENT_H
#define OFFHOOK_STORE_KEYS_SEGMENT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/keys_entry.h"
#include "store/keys_filter.h"
#include "store/keys_table.h"
#include "util/error.h"

enum { KEYS_CHUNK_ENTRIES = 169 }; /* the most that fit a page of 4 KiB */

/* One connection's statements; {.db = db} to begin with. */
struct keys_rows {
	sqlite3 *db;
	sqlite3_stmt *read_chunk, *read_piece, *write_chunk, *write_piece;
};

void keys_rows_close(struct keys_rows *rows);
/* err gets what SQLite says; returns -1. */
int keys_rows_error(sqlite3 *db, const char *what, struct error *err);
int keys_rows_prepare(
    sqlite3 *db, sqlite3_stmt **stmt, const char *sql, struct error *err);
/* Runs a statement that changes rows; its parameters are the numbers, in order. */
int keys_rows_run(
    sqlite3 *db, const char *sql, const int64_t *numbers, struct error *err);
/* As keys_rows_run, for a DELETE of many rows. Under PRAGMA secure_delete (Debian's
 * default) every page it frees would be overwritten and written, half of all that
 * merging writes; keys are hashes, which live on elsewhere, and need no erasing. */
int keys_rows_delete(
    sqlite3 *db, const char *sql, const int64_t *numbers, struct error *err);
int64_t keys_rows_id(int64_t segment, uint64_t number);

struct keys_chunk {
	int64_t id; /* 0: nothing read yet */
	size_t count;
	struct keys_entry entries[KEYS_CHUNK_ENTRIES];
};

uint64_t keys_chunk_count(uint64_t entries);
int keys_chunk_read(
    struct keys_rows *rows, int64_t id, struct keys_chunk *out, struct error *err);
int keys_chunk_write(
    struct keys_rows *rows, const struct keys_chunk *chunk, struct error *err);
/* size bytes to bits: 1; 0 when there is no such piece (its segment was merged away);
 * -1 with err. */
int keys_piece_read(struct keys_rows *rows, int64_t id, unsigned char *bits,
    size_t size, struct error *err);
int keys_piece_write(struct keys_rows *rows, int64_t id, const unsigned char *bits,
    size_t size, struct error *err);

struct keys_segment {
	int64_t id;
	int level;      /* how often its keys have been merged */
	uint64_t count; /* keys */
};

/* The newest row of the key, to key->row: 1, 0, or -1 with err. */
int keys_segment_find(struct keys_rows *rows, const struct keys_segment *segment,
    struct keys_entry *key, struct error *err);
int keys_segment_find_prefix(struct keys_rows *rows, const struct keys_segment *segment,
    uint64_t prefix, struct keys_found *found, struct error *err);

#endif
