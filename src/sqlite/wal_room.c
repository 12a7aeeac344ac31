#include "sqlite/wal_room.h"

#include <sys/statvfs.h>

#include "sqlite/sqlite_db.h"
#include "sqlite/wal_vfs.h"

enum { WRITE = 64 << 10, SLICE = 256 << 10 };

/* A disk that has less to spare gets a log as long as it must be. */
#define FREE_MIN (INT64_C(1) << 30)

static bool wal_room_free(sqlite3 *db)
{
	struct statvfs st;
	return statvfs(sqlite3_db_filename(db, "main"), &st) == 0 &&
	       st.f_bavail >= (uint64_t)FREE_MIN / st.f_frsize;
}

static int wal_room_slice(sqlite3 *db, int64_t bytes, bool *more)
{
	static const char zeros[WRITE];
	sqlite3_file *file = wal_vfs_file(db);
	sqlite3_int64 size = 0;
	if (file == NULL || file->pMethods->xFileSize(file, &size) != SQLITE_OK)
		return -1;
	if (size >= bytes)
		return 0;
	if (!wal_room_free(db))
		return -1;
	int64_t end = size + SLICE < bytes ? size + SLICE : bytes;
	while (size < end) {
		int count = end - size < WRITE ? (int)(end - size) : WRITE;
		if (file->pMethods->xWrite(file, zeros, count, size) != SQLITE_OK)
			return -1;
		size += count;
	}
	*more = size < bytes;
	return file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) == SQLITE_OK ? 0 : -1;
}

void wal_room_make(struct wal_room *room, sqlite3 *db)
{
	room->more = false;
	/* With the log's lock: nobody else makes the file longer meanwhile. */
	if (room->bytes == 0 || sqlite_db_exec(db, "BEGIN IMMEDIATE", NULL) < 0)
		return;
	if (wal_room_slice(db, room->bytes, &room->more) < 0) {
		*room = (struct wal_room){0};
		wal_vfs_drop(db);
	}
	(void)sqlite_db_exec(db, "ROLLBACK", NULL);
}
