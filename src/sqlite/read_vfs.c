#include "sqlite/read_vfs.h"

#include <assert.h>
#include <sqlite3.h>
#include <stddef.h>

static int read_vfs_open(
    sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	sqlite3_vfs *usual = vfs->pAppData;
	if ((flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0) {
		flags &= ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
		flags |= SQLITE_OPEN_READONLY;
	}
	return usual->xOpen(usual, name, file, flags, out_flags);
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
