/* trickle -- checkpoints that do not hold up commits. A checkpoint writes its pages and
 * syncs all of them at the end; a commit that syncs the log at that moment waits for them,
 * for milliseconds. When they are synced a few at a time, the checkpoint takes no longer,
 * and a commit waits for a few pages only. What a page does not hold any more is not
 * written: sqlite/wipe.h. */
#ifndef OFFHOOK_SQLITE_TRICKLE_H
#define OFFHOOK_SQLITE_TRICKLE_H

#include <sqlite3.h>
#include <stdbool.h>

struct trickle;

/* From now on the connection wipes the pages that it writes to the database file and, with
 * syncs, syncs the file after every few. Not while another thread uses it. NULL: SQLite
 * does not give the file, and nothing changes. */
struct trickle *trickle_new(sqlite3 *db, bool syncs);
/* After the connection is closed. NULL is fine. */
void trickle_free(struct trickle *trickle);

#endif
