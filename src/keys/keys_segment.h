/* keys_segment -- sorted segments on disk: rows of keys_entry that fill a page each
 * ("chunks"), found by interpolation, because keys are spread evenly. A segment has a
 * range of rows of key_chunks to itself; the pieces of its filter have the same numbers
 * in key_filters. When a segment ends, its rows stay and later segments write over them:
 * deleting a row would write its page once more. */
#ifndef OFFHOOK_KEYS_KEYS_SEGMENT_H
#define OFFHOOK_KEYS_KEYS_SEGMENT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "keys/keys_entry.h"
#include "keys/keys_filter.h"
#include "keys/keys_table.h"
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

struct keys_segment {
	int64_t id;      /* the newer the higher */
	int level;       /* how often its keys have been merged */
	uint64_t count;  /* keys */
	int64_t first;   /* row of its first chunk, and of its filter's first piece */
	int64_t log_end; /* what the log has up to this number is in segments */
};

struct keys_chunk {
	int64_t row; /* 0: nothing read yet */
	size_t count;
	struct keys_entry entries[KEYS_CHUNK_ENTRIES];
};

uint64_t keys_chunk_count(uint64_t entries);
int keys_chunk_read(
    struct keys_rows *rows, int64_t row, struct keys_chunk *out, struct error *err);
int keys_chunk_write(
    struct keys_rows *rows, const struct keys_chunk *chunk, struct error *err);
int keys_piece_read(struct keys_rows *rows, int64_t row, unsigned char *bits,
    size_t size, struct error *err);
int keys_piece_write(struct keys_rows *rows, int64_t row, const unsigned char *bits,
    size_t size, struct error *err);

/* The newest row of the key, to key->row: 1, 0, or -1 with err. */
int keys_segment_find(struct keys_rows *rows, const struct keys_segment *segment,
    struct keys_entry *key, struct error *err);
int keys_segment_find_prefix(struct keys_rows *rows, const struct keys_segment *segment,
    uint64_t prefix, struct keys_found *found, struct error *err);

#endif
