/* wal_room -- the write-ahead log's file at its full length before it is needed. A commit that
 * makes the file longer waits for the disk twice as long as one that writes over what is
 * there, so who has nothing else to do writes zeros behind the log. SQLite takes them for the
 * log's end, and a file of nothing else for an empty log: they are no frames with the log's
 * salt (https://www.sqlite.org/fileformat2.html, "The WAL File"). */
#ifndef OFFHOOK_SQLITE_WAL_ROOM_H
#define OFFHOOK_SQLITE_WAL_ROOM_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct wal_room {
	int64_t
	    bytes; /* how long the file shall be; 0: as long as it becomes by itself */
	bool more; /* it is not yet */
};

/* Makes the file longer by a slice, and syncs it, if it is too short; sets more. Takes the
 * disk about as long as a commit. By the connection that writes the log, not in a
 * transaction. Once the disk has refused a slice, or has less than 1 GB left, it wants no
 * more. */
void wal_room_make(struct wal_room *room, sqlite3 *db);

#endif
