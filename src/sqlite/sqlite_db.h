/* sqlite_db -- a connection to the SQLite file, and short forms of SQLite's calls. */
#ifndef OFFHOOK_SQLITE_SQLITE_DB_H
#define OFFHOOK_SQLITE_SQLITE_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/error.h"
#include "util/span.h"

/* How long a connection waits while another process recovers the log. */
enum { SQLITE_DB_BUSY_MS = 2000 };

/* DIR/offhook.db; malloc'd. */
char *sqlite_db_path(const char *dir);
/* A connection that may write, to a file that is there. SQLite gives the files beside it
 * its mode, whatever the umask. This process must never open it by hand as well: closing
 * it would drop SQLite's own locks. The -wal and -shm files stay when the last connection closes, so that a reader of
 * another user never has to make them. */
int sqlite_db_open(sqlite3 **out, const char *dir, int cache_kib, struct error *err);
/* One to a file that nobody else uses yet, without a log: what is cut short is lost. */
int sqlite_db_open_new(sqlite3 **out, const char *path, struct error *err);
/* A connection that only reads and makes no files; -1 when there is no store. */
int sqlite_db_open_reader(sqlite3 **out, const char *dir, struct error *err);

/* Sets err to what went wrong last, in words; returns -1. */
int sqlite_db_error(sqlite3 *db, struct error *err);
/* Sets err for a file that is not SQLite's; returns -1. */
int sqlite_db_refuse(const char *file, struct error *err);
int sqlite_db_exec(sqlite3 *db, const char *sql, struct error *err);
/* A statement kept for long, or NULL with err. */
sqlite3_stmt *sqlite_db_prepare(sqlite3 *db, const char *sql, struct error *err);
/* 1: there is a row, 0: no further one, -1 with err. After 0 and -1 it is reset. */
int sqlite_db_step(sqlite3_stmt *stmt, struct error *err);
/* Runs a statement that gives no rows, and resets it. */
int sqlite_db_run(sqlite3_stmt *stmt, struct error *err);
/* Prepares, runs, ends a statement that gives one number; *out stays when no row. */
int sqlite_db_int(sqlite3 *db, const char *sql, int64_t *out, struct error *err);

/* Binds without copying: the bytes must live until the statement is reset. An absent
 * span is NULL. */
void sqlite_db_text(sqlite3_stmt *stmt, int index, struct span text);
void sqlite_db_blob(sqlite3_stmt *stmt, int index, struct span bytes);
/* A column's bytes, valid until the next step; NULL is absent. */
struct span sqlite_db_column(sqlite3_stmt *stmt, int column);

struct store_doc;
/* The document at `row`, by a statement that gives its text for the id ?1: 1 and
 * found->json is the caller's, 0 when the row is not there, -1 with err. */
int sqlite_db_doc(sqlite3_stmt *stmt, int64_t row, bool stamped,
    struct store_doc *found, struct error *err);
/* Of a document's text: store_doc.stamp. */
int64_t sqlite_db_stamp(struct span text);

/* A reader's statements, found by their text: the last SQLITE_CACHE_SIZE that were made. */
enum { SQLITE_CACHE_SIZE = 16 };

struct sqlite_cache {
	sqlite3 *db;
	sqlite3_stmt *stmts[SQLITE_CACHE_SIZE];
	unsigned next;
};

/* Borrowed from the cache, reset; NULL with err. */
sqlite3_stmt *sqlite_cache_get(
    struct sqlite_cache *cache, const char *sql, struct error *err);
void sqlite_cache_clear(struct sqlite_cache *cache);

#endif
