/* checkpoint -- copies the write-ahead log into the database while the writer goes on
 * writing, and keeps the log from growing without bound. */
#ifndef OFFHOOK_SQLITE_CHECKPOINT_H
#define OFFHOOK_SQLITE_CHECKPOINT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

struct checkpoint;

/* Starts the thread, with a connection of its own. */
int checkpoint_open(
    struct checkpoint **out, const char *dir, int64_t limit_bytes, struct error *err);
/* Ends it. NULL is fine. */
void checkpoint_close(struct checkpoint *checkpoint);
/* How long the log's file becomes, as a rule. */
int64_t checkpoint_log_bytes(const struct checkpoint *checkpoint);
/* After each commit, by the writer: the log now has `pages`. Wakes the thread when it
 * is worth it. At the limit, when few pages are left, or a quarter beyond it, the writer
 * writes the rest of the log back itself. While another program keeps a transaction open
 * that does not help, and the log grows, with a warning. */
void checkpoint_committed(struct checkpoint *checkpoint, sqlite3 *writer, int pages);
/* False, with why (unless NULL), while checkpoints fail (I/O error, disk full …): commits may
 * go on, but the log grows. Any thread. */
bool checkpoint_healthy(struct checkpoint *checkpoint, struct error *why);
/* Has the thread try again when the last checkpoint failed. */
void checkpoint_retry(struct checkpoint *checkpoint);
/* Writes back what the log has now, on the caller's thread, while the writer goes on. */
void checkpoint_ahead(struct checkpoint *checkpoint);
/* Empties the log file, so that nothing erased is left in it. By the writer. 1 when a
 * reader prevents it: try again soon. */
int checkpoint_truncate(
    struct checkpoint *checkpoint, sqlite3 *writer, struct error *err);

#endif
