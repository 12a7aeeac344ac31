/* trickle -- checkpoints that do not hold up commits. A checkpoint writes its pages and
 * syncs all of them at the end; a commit that syncs the log at that moment waits for them,
 * for milliseconds. When they are synced a few at a time, the checkpoint takes no longer,
 * and a commit waits for a few pages only. */
#ifndef OFFHOOK_SQLITE_TRICKLE_H
#define OFFHOOK_SQLITE_TRICKLE_H

#include <sqlite3.h>

struct trickle;

/* From now on the connection syncs its database file after every few writes. Not while
 * another thread uses it. NULL: SQLite does not give the file, and nothing changes. */
struct trickle *trickle_new(sqlite3 *db);
/* After the connection is closed. NULL is fine. */
void trickle_free(struct trickle *trickle);

#endif
