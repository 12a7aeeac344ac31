/* keys_load -- what is read of the key tables to know them: the list of segments and the
 * log. The writer reads them once, when it starts; a keys_reader reads on from where it
 * was. */
#ifndef OFFHOOK_KEYS_KEYS_LOAD_H
#define OFFHOOK_KEYS_KEYS_LOAD_H

#include "keys/keys_internal.h"

/* An index that knows nothing yet. */
struct keys *keys_new(sqlite3 *db);

void keys_live_add(struct keys *keys, const struct keys_segment *segment);
/* Takes it off the list; the caller clears it, when it has let go of the lock. */
struct keys_live keys_live_take(struct keys *keys, int64_t segment);
struct keys_live *keys_live_of(const struct keys *keys, int64_t segment);
void keys_live_clear(struct keys_live *live);

/* Makes the list of live segments what the table says. Those that stay keep their
 * filters. -1 with err. */
int keys_load_segments(struct keys *keys, struct error *err);
/* Adds the log's rows beyond keys->log_number. -1 with err. */
int keys_load_log(struct keys *keys, struct error *err);
/* Adds one row of the log, the one after the last. */
void keys_load_log_row(
    struct keys *keys, int64_t id, int64_t number, const void *entries, size_t size);
/* The active table becomes the frozen one. */
void keys_freeze(struct keys *keys, struct keys_table *next);

#endif
