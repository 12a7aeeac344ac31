/* trickle -- writing the database back without holding up the log. A checkpoint writes
 * its pages and syncs them all at once; a commit that syncs the log meanwhile waits
 * behind them, for milliseconds. Synced a few at a time, they are as fast, and the
 * commit waits for those few. */
#ifndef OFFHOOK_SQLITE_TRICKLE_H
#define OFFHOOK_SQLITE_TRICKLE_H

#include <sqlite3.h>

struct trickle;

/* From now on what this connection writes to its database file trickles. NULL: SQLite
 * does not give its file, and it writes as ever. Not while another thread uses it. */
struct trickle *trickle_new(sqlite3 *db);
/* After the connection is closed. NULL is fine. */
void trickle_free(struct trickle *trickle);

#endif
