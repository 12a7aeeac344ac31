/* keys -- which keys are known, and which row each one is: the SQLite engine's index
 * of random 16-byte keys, at the price of appending. An index B-tree on random keys
 * costs a page write a row once it has outgrown the cache; here
 *   new keys live in memory (keys_table) and, for restarts, in one row of the key log a
 *   commit;
 *   a full memory table is sealed as a sorted segment (keys_segment: rows of one page
 *   each) with a filter (keys_filter: blocked Bloom, 16 bits a key) whose pieces are
 *   loaded into memory when first needed;
 *   segments of one size are merged, a step at a time, by the writer (keys_merge).
 *   who only reads, in another process, follows the log with a keys_reader.
 * Nothing is ever deleted: rows that no longer count are written over, which is half the
 * writing. Start reads the log only. Memory tells that a key was never added, but for the
 * filters' false positives, one in a thousand a segment. A key may have several rows.
 * docs/store.md, "Keys", says how they lie on disk. */
#ifndef OFFHOOK_KEYS_KEYS_H
#define OFFHOOK_KEYS_KEYS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

enum { KEYS_SIZE = 16 };

struct keys;

struct keys_config {
	size_t seal_count; /* keys in memory before they are sealed; 0: 65,536 */
	size_t fan_out; /* segments of a size before they are merged, 2 to 16; 0: 8 */
};

/* SQL that makes the tables, and what later adds checksums to them; for the engine's
 * schema. */
extern const char *const keys_schema, *const keys_schema_sums;

/* Loads the key log. db is the writer's connection, used by the writer's thread only;
 * an unfinished merge starts anew. -1 with err, also when the tables are damaged: what a
 * start reads is checked here, the rest whenever it is read. */
int keys_open(struct keys **out, sqlite3 *db, const struct keys_config *config,
    struct error *err);
void keys_close(struct keys *keys); /* NULL is fine */

/* ---- the writer's thread, inside its transaction ---- */

/* From now on the key is known to keys_find_uncommitted, and after keys_committed to
 * everybody. row > 0. */
void keys_add(struct keys *keys, const unsigned char key[KEYS_SIZE], int64_t row);
/* Forgets what keys_add added since mark: for one transaction of a batch that failed.
 * keys_mark gives the mark. */
size_t keys_mark(const struct keys *keys);
void keys_undo(struct keys *keys, size_t mark);
/* Just before COMMIT, once: writes the log row, and at most `budget` bytes of sealing
 * and merging (64 KiB is a good one), or eight times what the transaction adds where
 * that is more: so the work never piles up. -1 with err: roll back, then
 * keys_rolled_back. */
int keys_write(struct keys *keys, size_t budget, struct error *err);
void keys_committed(struct keys *keys);
void keys_rolled_back(struct keys *keys);
/* Whether sealing or merging is unfinished: call keys_write when idle too. */
bool keys_busy(const struct keys *keys);
/* The row added last under the key, the open transaction's included: 1, 0, or -1. */
int keys_find_uncommitted(struct keys *keys, const unsigned char key[KEYS_SIZE],
    int64_t *row, struct error *err);

/* ---- any thread ---- */

enum keys_known { KEYS_NEW, KEYS_KNOWN, KEYS_UNSURE };

/* From memory alone: KEYS_UNSURE when a filter says perhaps, or is not loaded yet. */
enum keys_known keys_peek(
    struct keys *keys, const unsigned char key[KEYS_SIZE], int64_t *row);
/* Exactly, reading segments through db (a reader's connection of this thread, not inside
 * a transaction): 1 and *row, 0, or -1 with err. Loads the parts of the filters that it
 * needs. Who has no writer, or holds a snapshot, has a keys_reader. */
int keys_find(struct keys *keys, sqlite3 *db, const unsigned char key[KEYS_SIZE],
    int64_t *row, struct error *err);
/* Every row that has a key starting with these 8 bytes, each once, the lowest first:
 * *rows is the caller's to free. As keys_find otherwise, but 0 whether or not there are
 * any. */
int keys_find_prefix(struct keys *keys, sqlite3 *db, const unsigned char prefix[8],
    int64_t **rows, size_t *count, struct error *err);

/* Bytes of memory held; the filters are 2 a key once all of them are loaded. */
size_t keys_memory(struct keys *keys);

#endif
