#include "sqlite/sqlite_db.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keys/keys_segment.h"
#include "sqlite/db_file.h"
#include "sqlite/lock.h"
#include "sqlite/read_vfs.h"
#include "sqlite/wal_vfs.h"
#include "store/store.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/text.h"

enum {
	READER_CACHE_KIB = 2048,
	/* Bytes that the log's file keeps when the log starts anew. More than the log
	 * has as a rule, because a commit that makes the file longer takes longer. */
	LOG_FILE_KEPT = 32 << 20
};

char *sqlite_db_path(const char *dir)
{
	return mem_printf("%s/offhook.db", dir);
}

/* ---- errors ---- */

int sqlite_db_refuse(const char *file, struct error *err)
{
	return error_set(err,
	    "%s is not an SQLite database, or its beginning is damaged: restore it from a "
	    "backup; to begin with an empty store, move it away",
	    file);
}

int sqlite_db_error(sqlite3 *db, struct error *err)
{
	int code = sqlite3_errcode(db);
	const char *file = sqlite3_db_filename(db, "main");
	int cause = sqlite3_system_errno(db);
	if (file == NULL)
		file = "the store";
	bool io = code == SQLITE_IOERR || code == SQLITE_CANTOPEN;
	if (code == SQLITE_FULL || (io && (cause == ENOSPC || cause == EDQUOT)))
		return error_set(err,
		    "the disk is full: make room for %s, it goes on by itself", file);
	if (code == SQLITE_READONLY || (io && cause == EROFS))
		return error_set(
		    err, "%s cannot be written: the disk is read-only", file);
	if (code == SQLITE_NOTADB)
		return sqlite_db_refuse(file, err);
	if (code == SQLITE_CORRUPT)
		return error_set(err,
		    "%s is damaged (%s): restore it from a backup, or save what can be read "
		    "with sqlite3's .recover",
		    file, sqlite3_errmsg(db));
	if (io && cause != 0)
		return error_set(
		    err, "%s: %s: %s", file, sqlite3_errmsg(db), strerror(cause));
	return error_set(err, "%s: %s", file, sqlite3_errmsg(db));
}

/* ---- connections ---- */

static void setup_library(void)
{
	/* Saves a lock at every allocation. Has no effect when other code of the process
	 * has used SQLite before. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	read_vfs_register();
	wal_vfs_register();
}

static int open_uri(sqlite3 **out, const char *uri, int flags, struct error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	sqlite3 *db = NULL;
	(void)pthread_once(&once, setup_library);
	int rc = sqlite3_open_v2(
	    uri, &db, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK) {
		if (db != NULL)
			(void)sqlite_db_error(db, err);
		else
			(void)error_set(err, "sqlite: %s", sqlite3_errstr(rc));
		(void)sqlite3_close(db);
		return -1;
	}
	(void)sqlite3_busy_timeout(db, SQLITE_DB_BUSY_MS);
	*out = db;
	return 0;
}

/* A path as part of a file: URI. */
static char *uri_of(const char *path, const char *parameters)
{
	struct buf uri = {0};
	buf_puts(&uri, "file:");
	for (const char *p = path; *p != '\0'; p++) {
		if (*p == '%' || *p == '?' || *p == '#')
			buf_printf(&uri, "%%%02X", (unsigned)(unsigned char)*p);
		else
			buf_putc(&uri, *p);
	}
	buf_puts(&uri, parameters);
	return uri.ptr;
}

int sqlite_db_open_new(sqlite3 **out, const char *path, struct error *err)
{
	char *uri = uri_of(path, "?mode=rw");
	sqlite3 *db = NULL;
	int rc = open_uri(&db, uri, SQLITE_OPEN_READWRITE, err);
	if (rc == 0)
		rc = sqlite_db_exec(
		    db, "PRAGMA page_size = 4096; PRAGMA journal_mode = MEMORY;", err);
	if (rc < 0)
		(void)sqlite3_close(db);
	else
		*out = db;
	free(uri);
	return rc;
}

int sqlite_db_open(sqlite3 **out, const char *dir, int cache_kib, struct error *err)
{
	char *path = sqlite_db_path(dir);
	char *uri = uri_of(path, "?mode=rw&vfs=" WAL_VFS);
	char *pragmas = mem_printf("PRAGMA cache_size = -%d;"
				   "PRAGMA temp_store = MEMORY;"
				   "PRAGMA secure_delete = ON;"
				   "PRAGMA synchronous = FULL;"
				   "PRAGMA wal_autocheckpoint = 0;"
				   "PRAGMA journal_size_limit = %d;",
	    cache_kib, LOG_FILE_KEPT);
	int persist = 1;
	sqlite3 *db = NULL;
	int rc = open_uri(&db, uri, SQLITE_OPEN_READWRITE, err);
	if (rc == 0) {
		(void)sqlite3_file_control(
		    db, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
		rc = sqlite_db_exec(db, pragmas, err);
	}
	if (rc < 0)
		(void)sqlite3_close(db);
	else
		*out = db;
	free(pragmas);
	free(uri);
	free(path);
	return rc;
}

static bool exists_beside(const char *path, const char *suffix)
{
	char *name = mem_printf("%s%s", path, suffix);
	bool exists = access(name, F_OK) == 0;
	free(name);
	return exists;
}

/* While there is an owner, it keeps the log's index: a reader, which may be a handler
 * process, maps it for reading alone (docs/design.md, "What the server believes").
 * When the log and its index are there, SQLite reads without making files. A copied
 * database may lack them. Without a log, the file alone is the whole store, and nobody
 * changes it. With a log but no index, the index is kept in memory (exclusive locking
 * does that), and a copy that nobody owns needs no locks. */
static const char *how_to_read(const char *dir, const char *path)
{
	if (lock_held(dir))
		return "?mode=ro&readonly_shm=1&vfs=" READ_VFS;
	if (exists_beside(path, "-shm"))
		return "?mode=ro&vfs=" READ_VFS;
	if (!exists_beside(path, "-wal"))
		return "?mode=ro&immutable=1";
	return "?mode=ro&vfs=unix-none";
}

int sqlite_db_open_reader(sqlite3 **out, const char *dir, struct error *err)
{
	char *path = sqlite_db_path(dir);
	int rc = db_file_look(dir, err);
	if (rc == 0)
		rc = error_set(err, "there is no store in %s yet", dir);
	if (rc > 0 && access(path, R_OK) < 0)
		rc = error_set(err, "cannot read %s: %s", path, strerror(errno));
	if (rc > 0) {
		const char *how = how_to_read(dir, path);
		char *uri = uri_of(path, how);
		char *pragmas = mem_printf(
		    "%s PRAGMA cache_size = -%d; PRAGMA temp_store = MEMORY;",
		    strstr(how, "unix-none") != NULL
			? "PRAGMA locking_mode = EXCLUSIVE;"
			: "",
		    READER_CACHE_KIB);
		rc = open_uri(out, uri, SQLITE_OPEN_READONLY, err);
		if (rc == 0 && sqlite_db_exec(*out, pragmas, err) < 0) {
			(void)sqlite3_close(*out);
			*out = NULL;
			rc = -1;
		}
		free(pragmas);
		free(uri);
	}
	free(path);
	return rc;
}

/* ---- statements ---- */

int sqlite_db_exec(sqlite3 *db, const char *sql, struct error *err)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK
		   ? 0
		   : sqlite_db_error(db, err);
}

sqlite3_stmt *sqlite_db_prepare(sqlite3 *db, const char *sql, struct error *err)
{
	sqlite3_stmt *stmt = NULL;
	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) !=
	    SQLITE_OK)
		(void)sqlite_db_error(db, err);
	return stmt;
}

int sqlite_db_step(sqlite3_stmt *stmt, struct error *err)
{
	int rc = keys_rows_step(stmt);
	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		(void)sqlite_db_error(sqlite3_db_handle(stmt), err);
	(void)sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? 0 : -1;
}

int sqlite_db_run(sqlite3_stmt *stmt, struct error *err)
{
	int rc = sqlite_db_step(stmt, err);
	if (rc > 0)
		(void)sqlite3_reset(stmt);
	return rc < 0 ? -1 : 0;
}

int sqlite_db_int(sqlite3 *db, const char *sql, int64_t *out, struct error *err)
{
	sqlite3_stmt *stmt = sqlite_db_prepare(db, sql, err);
	if (stmt == NULL)
		return -1;
	int rc = sqlite_db_step(stmt, err);
	if (rc == 1)
		*out = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	return rc < 0 ? -1 : 0;
}

void sqlite_db_text(sqlite3_stmt *stmt, int index, struct span text)
{
	(void)sqlite3_bind_text64(
	    stmt, index, text.ptr, text.len, SQLITE_STATIC, SQLITE_UTF8);
}

void sqlite_db_blob(sqlite3_stmt *stmt, int index, struct span bytes)
{
	(void)sqlite3_bind_blob64(stmt, index, bytes.ptr, bytes.len, SQLITE_STATIC);
}

struct span sqlite_db_column(sqlite3_stmt *stmt, int column)
{
	const char *ptr = sqlite3_column_blob(stmt, column);
	size_t len = (size_t)sqlite3_column_bytes(stmt, column);
	if (ptr == NULL && sqlite3_column_type(stmt, column) != SQLITE_NULL)
		ptr = "";
	return (struct span){ptr, len};
}

int64_t sqlite_db_stamp(struct span text)
{
	unsigned char digest[32];
	int64_t stamp;
	text_sha256(digest, text);
	memcpy(&stamp, digest, sizeof(stamp));
	return stamp;
}

int sqlite_db_doc(sqlite3_stmt *stmt, int64_t row, bool stamped,
    struct store_doc *found, struct error *err)
{
	(void)sqlite3_bind_int64(stmt, 1, row);
	int rc = sqlite_db_step(stmt, err);
	if (rc != 1)
		return rc;
	struct span text = sqlite_db_column(stmt, 0);
	found->row = row;
	found->json = json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, NULL);
	found->stamp = stamped ? sqlite_db_stamp(text) : 0;
	(void)sqlite3_reset(stmt);
	/* Text that is not JSON was written by another program: as if it were not there. */
	return found->json != NULL ? 1 : 0;
}

sqlite3_stmt *sqlite_cache_get(
    struct sqlite_cache *cache, const char *sql, struct error *err)
{
	for (unsigned i = 0; i < SQLITE_CACHE_SIZE; i++) {
		sqlite3_stmt *stmt = cache->stmts[i];
		if (stmt != NULL && strcmp(sqlite3_sql(stmt), sql) == 0)
			return stmt;
	}
	sqlite3_stmt *stmt = sqlite_db_prepare(cache->db, sql, err);
	if (stmt != NULL) {
		sqlite3_stmt **place = &cache->stmts[cache->next++ % SQLITE_CACHE_SIZE];
		(void)sqlite3_finalize(*place);
		*place = stmt;
	}
	return stmt;
}

void sqlite_cache_clear(struct sqlite_cache *cache)
{
	for (unsigned i = 0; i < SQLITE_CACHE_SIZE; i++) {
		(void)sqlite3_finalize(cache->stmts[i]);
		cache->stmts[i] = NULL;
	}
}
