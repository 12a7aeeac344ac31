/* keys_segment -- sorted segments on disk: rows of keys_entry that fill a page each
 * ("chunks"), found by interpolation, because keys are spread evenly. A segment has a
 * range of rows of key_chunks to itself; the pieces of its filter have the same numbers
 * in key_filters. When a segment ends, its rows stay and later segments write over them:
 * deleting a row would write its page once more.
 *
 * What is read is checked: the checksum (keys_sum) of a segment's own row and of each piece
 * of its filter stands in that row; those of its chunks, which have no room for it, 500 to
 * a row of key_sums. A segment that a version before schema 5 wrote has none: its chunks
 * must have the right length and be in order. */
#ifndef OFFHOOK_KEYS_KEYS_SEGMENT_H
#define OFFHOOK_KEYS_KEYS_SEGMENT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "keys/keys_entry.h"
#include "keys/keys_filter.h"
#include "keys/keys_table.h"
#include "util/error.h"

enum {
	KEYS_LEVELS = 32,
	KEYS_CHUNK_ENTRIES = 169, /* the most that fit a page of 4 KiB */
	KEYS_SUMS = 500           /* so do these */
};

/* Checksums of the chunks from index `from` of a segment. */
struct keys_sums {
	uint64_t from;
	size_t count;
	int64_t sums[KEYS_SUMS];
};

/* One connection's statements; {.db = db} to begin with. */
struct keys_rows {
	sqlite3 *db;
	sqlite3_stmt *read_chunk, *read_piece, *read_sums;
	sqlite3_stmt *write_chunk, *write_piece, *write_sums;
};

void keys_rows_close(struct keys_rows *rows);
/* err gets what SQLite says; returns -1. */
int keys_rows_error(sqlite3 *db, const char *what, struct error *err);
int keys_rows_prepare(
    sqlite3 *db, sqlite3_stmt **stmt, const char *sql, struct error *err);
/* sqlite3_step, for any statement of the store that may begin to read. A reader that may not
 * write the log's index is told "readonly" when an owner has moved the readers' marks on
 * since it read the index's head; a moment later it finds one: tried so often, for 20 ms at
 * least. */
int keys_rows_step(sqlite3_stmt *stmt);
/* Runs a statement that changes rows; its parameters are the numbers, in order. */
int keys_rows_run(
    sqlite3 *db, const char *sql, const int64_t *numbers, struct error *err);

struct keys_segment {
	int64_t id;      /* the newer the higher */
	int level;       /* how often its keys have been merged */
	uint64_t count;  /* keys */
	int64_t first;   /* row of its first chunk, and of its filter's first piece */
	int64_t log_end; /* what the log has up to this number is in segments */
	bool summed;     /* has checksums */
};

/* The columns that keys_segment_read wants, from key_segments. */
#define KEYS_SEGMENT_COLUMNS "id, level, count, first, log_end, sum"

/* The row that stmt is at; -1 with err when no segment can be so. */
int keys_segment_read(sqlite3_stmt *stmt, struct keys_segment *out, struct error *err);
/* Whether its end is there, as long as it must be: chunks and filter. 0, or -1 with err. */
int keys_segment_check(
    struct keys_rows *rows, const struct keys_segment *segment, struct error *err);
/* Lists it in key_segments. */
int keys_segment_write(
    struct keys_rows *rows, const struct keys_segment *segment, struct error *err);

struct keys_chunk {
	int64_t row; /* 0: nothing read yet */
	size_t count;
	struct keys_entry entries[KEYS_CHUNK_ENTRIES];
};

uint64_t keys_chunk_count(uint64_t entries);
/* The segment's chunk of that index. */
int keys_chunk_read(struct keys_rows *rows, const struct keys_segment *segment,
    uint64_t index, struct keys_chunk *out, struct error *err);
/* Sets *sum to its checksum. */
int keys_chunk_write(struct keys_rows *rows, const struct keys_chunk *chunk,
    int64_t *sum, struct error *err);
/* Writes the row of the sums; they are full, or the segment's last. */
int keys_sums_write(struct keys_rows *rows, const struct keys_segment *segment,
    const struct keys_sums *sums, struct error *err);
/* The piece of that index of the segment's filter. */
int keys_piece_read(struct keys_rows *rows, const struct keys_segment *segment,
    uint64_t index, unsigned char *bits, struct error *err);
int keys_piece_write(struct keys_rows *rows, int64_t row, const unsigned char *bits,
    size_t size, struct error *err);
/* "the store is damaged: " and the row; returns -1. */
int keys_damaged(const char *table, int64_t row, const char *what, struct error *err);

/* The newest row of the key, to key->row: 1, 0, or -1 with err. */
int keys_segment_find(struct keys_rows *rows, const struct keys_segment *segment,
    struct keys_entry *key, struct error *err);
int keys_segment_find_prefix(struct keys_rows *rows, const struct keys_segment *segment,
    uint64_t prefix, struct keys_found *found, struct error *err);

#endif
