/* checkpoint -- moves the write-ahead log into the database while the writer
 * goes on writing, and keeps the log from growing without bound. */
#ifndef OFFHOOK_SQLITE_CHECKPOINT_H
#define OFFHOOK_SQLITE_CHECKPOINT_H

#include <sqlite3.h>
#include <stdint.h>

#include "util/error.h"

struct checkpoint;

/* Starts the thread, with a connection of its own. */
int checkpoint_open(
    struct checkpoint **out, const char *dir, int64_t limit_bytes, struct error *err);
/* Ends it. NULL is fine. */
void checkpoint_close(struct checkpoint *checkpoint);
/* After each commit, by the writer: the log now has `pages`. Wakes the thread when it
 * is worth it; at the limit, or a quarter beyond it, stops the writer until the last of
 * the log is written back. A reader that stands still may keep that from helping; then
 * the log grows, with a warning. */
void checkpoint_committed(struct checkpoint *checkpoint, sqlite3 *writer, int pages);
/* Empties the log file, so that nothing erased is left in it. 1 when a reader keeps it
 * from that, soon: try again. By the writer. */
int checkpoint_truncate(
    struct checkpoint *checkpoint, sqlite3 *writer, struct error *err);

#endif
