#include "sqlite/read_vfs.h"

#include <assert.h>
#include <sqlite3.h>
#include <stddef.h>

#include "util/thread.h"

/* Of the locks of the log's index (https://www.sqlite.org/walformat.html): the writer's,
 * and the first of the readers'. */
enum { LOCK_WRITE = 0, LOCK_READ = 3 };

/* How often a look at the index is repeated: for almost a second, as SQLite waits between. */
enum { LOOKS = 50 };

static pthread_mutex_t read_mutex = PTHREAD_MUTEX_INITIALIZER;
/* Set at the first file, under the mutex. */
static sqlite3_io_methods read_methods;
static const sqlite3_io_methods *read_usual;

/* Who finds the index's head half written while the owner commits asks for the writer's
 * lock, to see whether there is an owner. When the owner has let go of it meanwhile, a
 * reader that may not write the index would give up ("readonly"), though nothing is wrong.
 * Told "busy", it looks again. */
static int read_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
	static _Thread_local int looks;
	bool is_look =
	    offset == LOCK_WRITE && flags == (SQLITE_SHM_LOCK | SQLITE_SHM_SHARED);
	if (is_look && looks < LOOKS) {
		looks++;
		return SQLITE_BUSY;
	}
	if (is_look || offset >= LOCK_READ)
		looks = 0;
	return read_usual->xShmLock(file, offset, count, flags);
}

/* All files of a machine's file systems have the same methods; if not, one is read as
 * SQLite does it. */
static void read_vfs_watch(sqlite3_file *file)
{
	mutex_lock(&read_mutex);
	if (read_usual == NULL) {
		read_usual = file->pMethods;
		read_methods = *file->pMethods;
		read_methods.xShmLock = read_shm_lock;
	}
	if (file->pMethods == read_usual)
		file->pMethods = &read_methods;
	mutex_unlock(&read_mutex);
}

static int read_vfs_open(
    sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	sqlite3_vfs *usual = vfs->pAppData;
	if ((flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0) {
		flags &= ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
		flags |= SQLITE_OPEN_READONLY;
	}
	int rc = usual->xOpen(usual, name, file, flags, out_flags);
	if (rc == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB) != 0)
		read_vfs_watch(file);
	return rc;
}

void read_vfs_register(void)
{
	static sqlite3_vfs vfs;
	sqlite3_vfs *usual = sqlite3_vfs_find("unix");
	assert(usual != NULL);
	vfs = *usual;
	vfs.zName = READ_VFS;
	vfs.pAppData = usual;
	vfs.xOpen = read_vfs_open;
	(void)sqlite3_vfs_register(&vfs, 0);
}
