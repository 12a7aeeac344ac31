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
 * filters. -1 with err, also when there is no such segment. */
int keys_load_segments(struct keys *keys, struct error *err);

/* A row of the log; entries are borrowed until the statement's next step. */
struct keys_log_row {
	int64_t id, number;
	const void *entries;
	size_t size;
};

/* What keys_log_read wants, from key_log. */
#define KEYS_LOG_COLUMNS "id, number, entries, sum"

/* The row that stmt is at; -1 with err when it is not what was written. */
int keys_log_read(sqlite3_stmt *stmt, struct keys_log_row *out, struct error *err);
int64_t keys_log_sum(const void *entries, size_t size, int64_t id, int64_t number);
/* Adds the entries of the row, the one after the last. */
void keys_log_take(struct keys *keys, const struct keys_log_row *row);
/* Adds the log's rows beyond what is in segments. -1 with err, also when one of them is
 * missing before the last. */
int keys_load_log(struct keys *keys, struct error *err);
/* Reads all rows of the log, those that do not count too: one whose number is damaged may
 * look as if it did not. */
int keys_check_log(struct keys *keys, struct error *err);
/* The active table becomes the frozen one. */
void keys_freeze(struct keys *keys, struct keys_table *next);

#endif
