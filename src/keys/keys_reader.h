/* keys_reader -- the index as one connection reads it, by itself: in a process that has
 * no writer, or through a snapshot that may be older than what the writer's memory has.
 * It keeps what it has read. A look-up reads what was committed since the last one: the
 * list of segments, when the store has changed at all, and the new rows of the log; and
 * the segments that may have the key. Each look-up answers from the connection's snapshot
 * and from nothing else; when the connection is in no transaction, from the latest commit.
 *
 * Memory: 40 bytes for each key that is not in a segment (twice 65,536 as a rule), and up to
 * 8 MB of filters. For one thread, the connection's. */
#ifndef OFFHOOK_KEYS_KEYS_READER_H
#define OFFHOOK_KEYS_KEYS_READER_H

#include "keys/keys.h"

struct keys_reader;

/* Reads nothing yet. */
struct keys_reader *keys_reader_new(sqlite3 *db);
/* Before the connection is closed. NULL is fine. */
void keys_reader_free(struct keys_reader *reader);
/* As keys_find: 1 and *row, 0, or -1 with err. */
int keys_reader_find(struct keys_reader *reader, const unsigned char key[KEYS_SIZE],
    int64_t *row, struct error *err);
/* As keys_find_prefix. */
int keys_reader_find_prefix(struct keys_reader *reader, const unsigned char prefix[8],
    int64_t **rows, size_t *count, struct error *err);

#endif
