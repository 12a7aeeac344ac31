#include "sqlite/wal_vfs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* Bytes in a call of the system. SQLite's own files cut off what is beyond 17 bits. */
enum { PIECE = 120 << 10 };

/* What SQLite has as the log's file; the usual one is behind it. */
struct wal_file {
	sqlite3_file file; /* first */
	unsigned char *piece;
	sqlite3_int64 at; /* where piece begins in the file */
	int unwritten;    /* bytes of piece that are not in the file yet, */
	int known;        /* or that were read from it; never both */
	bool ahead;
};

static sqlite3_file *wal_usual(struct wal_file *wal)
{
	return (sqlite3_file *)(wal + 1);
}

/* What cannot be written stays: the next call tries again, and fails or not. */
static int wal_flush(struct wal_file *wal)
{
	sqlite3_file *usual = wal_usual(wal);
	wal->known = 0;
	if (wal->unwritten == 0)
		return SQLITE_OK;
	int rc = usual->pMethods->xWrite(usual, wal->piece, wal->unwritten, wal->at);
	if (rc == SQLITE_OK)
		wal->unwritten = 0;
	return rc;
}

static int wal_close(sqlite3_file *file)
{
	struct wal_file *wal = (struct wal_file *)file;
	sqlite3_file *usual = wal_usual(wal);
	(void)wal_flush(wal);
	free(wal->piece);
	wal->piece = NULL;
	return usual->pMethods->xClose(usual);
}

static int wal_read(sqlite3_file *file, void *out, int count, sqlite3_int64 offset)
{
	struct wal_file *wal = (struct wal_file *)file;
	sqlite3_file *usual = wal_usual(wal);
	if (!wal->ahead || count > PIECE) {
		int rc = wal_flush(wal);
		return rc != SQLITE_OK
			   ? rc
			   : usual->pMethods->xRead(usual, out, count, offset);
	}
	if (offset < wal->at || offset + count > wal->at + wal->known) {
		int rc = wal_flush(wal);
		if (rc != SQLITE_OK)
			return rc;
		/* At the file's end a piece is too much, though the page is there. */
		if (usual->pMethods->xRead(usual, wal->piece, PIECE, offset) !=
		    SQLITE_OK)
			return usual->pMethods->xRead(usual, out, count, offset);
		wal->at = offset;
		wal->known = PIECE;
	}
	memcpy(out, wal->piece + (offset - wal->at), (size_t)count);
	return SQLITE_OK;
}

static int wal_write(
    sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
	struct wal_file *wal = (struct wal_file *)file;
	sqlite3_file *usual = wal_usual(wal);
	bool fits = wal->unwritten > 0 && offset == wal->at + wal->unwritten &&
		    count <= PIECE - wal->unwritten;
	int rc = fits ? SQLITE_OK : wal_flush(wal);
	if (rc != SQLITE_OK)
		return rc;
	if (count > PIECE)
		return usual->pMethods->xWrite(usual, bytes, count, offset);
	if (!fits)
		wal->at = offset;
	memcpy(wal->piece + wal->unwritten, bytes, (size_t)count);
	wal->unwritten += count;
	return SQLITE_OK;
}

static int wal_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct wal_file *wal = (struct wal_file *)file;
	int rc = wal_flush(wal);
	return rc != SQLITE_OK
		   ? rc
		   : wal_usual(wal)->pMethods->xTruncate(wal_usual(wal), size);
}

static int wal_sync(sqlite3_file *file, int flags)
{
	struct wal_file *wal = (struct wal_file *)file;
	int rc = wal_flush(wal);
	return rc != SQLITE_OK ? rc
			       : wal_usual(wal)->pMethods->xSync(wal_usual(wal), flags);
}

static int wal_size(sqlite3_file *file, sqlite3_int64 *out)
{
	struct wal_file *wal = (struct wal_file *)file;
	int rc = wal_flush(wal);
	return rc != SQLITE_OK
		   ? rc
		   : wal_usual(wal)->pMethods->xFileSize(wal_usual(wal), out);
}

static int wal_lock(sqlite3_file *file, int level)
{
	sqlite3_file *usual = wal_usual((struct wal_file *)file);
	return usual->pMethods->xLock(usual, level);
}

static int wal_unlock(sqlite3_file *file, int level)
{
	sqlite3_file *usual = wal_usual((struct wal_file *)file);
	return usual->pMethods->xUnlock(usual, level);
}

static int wal_reserved(sqlite3_file *file, int *out)
{
	sqlite3_file *usual = wal_usual((struct wal_file *)file);
	return usual->pMethods->xCheckReservedLock(usual, out);
}

static int wal_control(sqlite3_file *file, int op, void *arg)
{
	struct wal_file *wal = (struct wal_file *)file;
	int rc = wal_flush(wal);
	return rc != SQLITE_OK
		   ? rc
		   : wal_usual(wal)->pMethods->xFileControl(wal_usual(wal), op, arg);
}

static int wal_sector(sqlite3_file *file)
{
	sqlite3_file *usual = wal_usual((struct wal_file *)file);
	return usual->pMethods->xSectorSize(usual);
}

static int wal_device(sqlite3_file *file)
{
	sqlite3_file *usual = wal_usual((struct wal_file *)file);
	return usual->pMethods->xDeviceCharacteristics(usual);
}

/* Shared memory and mapping belong to the database file: version 1 has neither. */
static const sqlite3_io_methods wal_methods = {
    .iVersion = 1,
    .xClose = wal_close,
    .xRead = wal_read,
    .xWrite = wal_write,
    .xTruncate = wal_truncate,
    .xSync = wal_sync,
    .xFileSize = wal_size,
    .xLock = wal_lock,
    .xUnlock = wal_unlock,
    .xCheckReservedLock = wal_reserved,
    .xFileControl = wal_control,
    .xSectorSize = wal_sector,
    .xDeviceCharacteristics = wal_device,
};

static int wal_vfs_open(
    sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	sqlite3_vfs *usual = vfs->pAppData;
	if ((flags & SQLITE_OPEN_WAL) == 0)
		return usual->xOpen(usual, name, file, flags, out_flags);
	struct wal_file *wal = (struct wal_file *)file;
	memset(wal, 0, sizeof(*wal));
	int rc = usual->xOpen(usual, name, wal_usual(wal), flags, out_flags);
	if (rc == SQLITE_OK) {
		wal->piece = mem_new(1, PIECE);
		wal->file.pMethods = &wal_methods;
	}
	return rc;
}

void wal_vfs_register(void)
{
	static sqlite3_vfs vfs;
	sqlite3_vfs *usual = sqlite3_vfs_find("unix");
	assert(usual != NULL);
	vfs = *usual;
	vfs.zName = WAL_VFS;
	vfs.szOsFile += (int)sizeof(struct wal_file);
	vfs.pAppData = usual;
	vfs.xOpen = wal_vfs_open;
	(void)sqlite3_vfs_register(&vfs, 0);
}

sqlite3_file *wal_vfs_file(sqlite3 *db)
{
	sqlite3_file *file = NULL;
	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) !=
		SQLITE_OK ||
	    file == NULL || file->pMethods != &wal_methods)
		return NULL;
	return file;
}

int wal_vfs_sync(sqlite3 *db)
{
	sqlite3_file *file = wal_vfs_file(db);
	return file == NULL ? SQLITE_OK
			    : file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
}

void wal_vfs_drop(sqlite3 *db)
{
	struct wal_file *wal = (struct wal_file *)wal_vfs_file(db);
	if (wal != NULL)
		wal->unwritten = 0;
}

void wal_vfs_ahead(sqlite3 *db, bool ahead)
{
	struct wal_file *wal = (struct wal_file *)wal_vfs_file(db);
	if (wal == NULL)
		return;
	wal->ahead = ahead;
	wal->known = 0;
}
