/* sqlite_reader -- a connection for reading, used by one thread. No snapshot is held
 * between calls (but see store_due_open): long reads go in slices, so that the log can be
 * written back meanwhile. */
#ifndef OFFHOOK_SQLITE_SQLITE_READER_H
#define OFFHOOK_SQLITE_SQLITE_READER_H

#include "keys/keys_reader.h"
#include "sqlite/running.h"
#include "sqlite/sqlite_db.h"
#include "store/engine.h"

enum { SQLITE_SLICE_ROWS = 500, SQLITE_SLICE_BYTES = 1 << 20 };

struct engine_reader {
	sqlite3 *db;
	struct sqlite_cache cache;
	/* the writer's, in its process; else NULL */
	struct keys *keys;
	struct keys_reader
	    *own_keys; /* when the writer's cannot answer; made when first used */
	struct sqlite_known *known; /* collections that were found, which stay */
	const struct running *running;
	struct running *given; /* the owner's, mapped once an attempt has begun here */
	char *dir;
};

/* Functions of struct engine. */
int sqlite_reader_open(struct engine_reader **out, const char *dir, struct error *err);
int sqlite_reader_new(
    struct engine_reader **out, struct engine_db *db, struct error *err);
void sqlite_reader_close(struct engine_reader *reader);
void sqlite_reader_job_began(struct engine_reader *reader, int64_t id, int try);
int sqlite_reader_lookup(struct engine_reader *reader, struct store_key *key,
    int64_t *event_id, struct error *err);
int64_t sqlite_reader_count(
    struct engine_reader *reader, const char *collection, struct error *err);
int sqlite_reader_get(struct engine_reader *reader, const char *collection,
    struct span key, bool by_id, json_t **out, struct error *err);
int sqlite_reader_collections(struct engine_reader *reader, bool counted,
    struct arena *arena, struct store_collection **out, struct error *err);

/* What the reader does from here to the end sees one snapshot. */
int sqlite_snapshot_begin(struct engine_reader *reader, struct error *err);
/* Returns rc; when that was no error but ending fails, -1 with err. */
int sqlite_snapshot_end(struct engine_reader *reader, int rc, struct error *err);

/* Whether a collection exists: 1, 0 or -1; *key_field is its key or NULL, the reader's.
 * key_field may be NULL. */
int sqlite_reader_collection(struct engine_reader *reader, const char *collection,
    const char **key_field, struct error *err);
/* keys_find_prefix. */
int sqlite_reader_key_prefix(struct engine_reader *reader,
    const unsigned char prefix[KEYS_SIZE / 2], int64_t **rows, size_t *count,
    struct error *err);

/* The document with that key or "_id", in a collection that exists: 1 (found->json is
 * the caller's), 0 or -1. */
int sqlite_reader_by_key(struct engine_reader *reader, const char *collection,
    const char *key_field, struct span key, struct store_doc *found, struct error *err);
int sqlite_reader_by_id(struct engine_reader *reader, const char *collection,
    struct span id, struct store_doc *found, struct error *err);
/* A cached statement. format is sqlite3_mprintf's; its only argument is the collection. */
sqlite3_stmt *sqlite_reader_stmt(struct engine_reader *reader, const char *format,
    const char *collection, struct error *err);

#endif
