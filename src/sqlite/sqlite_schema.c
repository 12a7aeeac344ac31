#include "sqlite/sqlite_schema.h"

#include <stdio.h>
#include <stdlib.h>

#include "keys/keys.h"
#include "sqlite/sqlite_db.h"
#include "sqlite/sqlite_jobs.h"
#include "util/mem.h"

/* What the tables hold: docs/store.md. The view events is the table event for a person
 * with the sqlite3 shell. */
static const char first_tables[] =
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE event(id INTEGER PRIMARY KEY, received_at INTEGER NOT NULL,"
    " kind TEXT NOT NULL, sid TEXT, route TEXT, query TEXT, state INTEGER NOT NULL,"
    " failure TEXT, params TEXT, raw BLOB, reply_status INTEGER NOT NULL,"
    " reply_type TEXT, reply_body TEXT, duplicates INTEGER NOT NULL);"
    "CREATE VIEW events AS SELECT id, kind, sid, route, query,"
    " strftime('%Y-%m-%dT%H:%M:%S', received_at / 1000, 'unixepoch')"
    "  || printf('.%03dZ', received_at % 1000) AS receivedAt,"
    " CASE state WHEN 0 THEN 'done' WHEN 1 THEN 'failed' ELSE 'late' END AS state,"
    " failure, duplicates, reply_status AS replyStatus, reply_type AS replyType,"
    " reply_body AS replyBody, params, raw FROM event;"
    "CREATE TABLE collections(name TEXT PRIMARY KEY COLLATE NOCASE, key_field TEXT)"
    " WITHOUT ROWID;"
    "CREATE TABLE indexes(collection TEXT, path TEXT, PRIMARY KEY(collection, path))"
    " WITHOUT ROWID;"
    "INSERT INTO meta VALUES('next_row', 1);";

struct migration {
	const char *sql;             /* or NULL */
	const char *const *more_sql; /* another part's tables, or NULL */
	const char *readable_from;   /* the oldest program that can use the result */
};

/* Migration i makes schema i + 1. Never change one that has landed: add one. What else a
 * change needs is in docs/store.md, "Changing the schema". */
static const struct migration migrations[] = {
    {first_tables, &keys_schema, "0.1.0"},
    {NULL, &sqlite_jobs_schema, "0.1.0"},
    {"ALTER TABLE event ADD COLUMN request TEXT", NULL, "0.1.0"},
    /* Keys are made of a seal and of all that was said: the events before have none
     * such yet (store_unkeyed). */
    {"INSERT OR REPLACE INTO meta VALUES('unkeyed_first', 1);"
     "INSERT OR REPLACE INTO meta SELECT 'unkeyed_last', coalesce(max(id), 0) FROM event;",
	NULL, "0.1.0"},
    {NULL, &keys_schema_sums, "0.1.0"},
};

enum { SCHEMA = sizeof(migrations) / sizeof(migrations[0]) };

static int schema_migrate(sqlite3 *db, int from, struct error *err)
{
	const struct migration *m = &migrations[from];
	char *versions =
	    mem_printf("INSERT OR REPLACE INTO meta VALUES('readable_from', '%s');"
		       "INSERT OR REPLACE INTO meta VALUES('written_by', '%s');"
		       "PRAGMA user_version = %d;",
		m->readable_from, OFFHOOK_VERSION, from + 1);
	int rc = sqlite_db_exec(db, "BEGIN IMMEDIATE", err);
	if (rc == 0 && m->sql != NULL)
		rc = sqlite_db_exec(db, m->sql, err);
	if (rc == 0 && m->more_sql != NULL)
		rc = sqlite_db_exec(db, *m->more_sql, err);
	if (rc == 0)
		rc = sqlite_db_exec(db, versions, err);
	if (rc == 0)
		rc = sqlite_db_exec(db, "COMMIT", err);
	if (rc < 0)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	free(versions);
	return rc < 0 ? error_wrap(err, "schema %d", from + 1) : 0;
}

/* "1.2.3" as a number that compares. */
static int64_t version_number(const char *text)
{
	int64_t number = 0;
	for (int part = 0; part < 3; part++) {
		char *end = NULL;
		long value = text == NULL ? 0 : strtol(text, &end, 10);
		number = number * 100000 + value;
		text = end != NULL && *end == '.' ? end + 1 : NULL;
	}
	return number;
}

static int schema_check_newer(sqlite3 *db, struct error *err)
{
	static const char sql[] =
	    "SELECT (SELECT value FROM meta WHERE name = 'readable_from'),"
	    " (SELECT value FROM meta WHERE name = 'written_by')";
	sqlite3_stmt *stmt = sqlite_db_prepare(db, sql, err);
	if (stmt == NULL)
		return -1;
	int rc = sqlite_db_step(stmt, err) == 1 ? 0 : -1;
	if (rc == 0) {
		const char *from = (const char *)sqlite3_column_text(stmt, 0);
		const char *by = (const char *)sqlite3_column_text(stmt, 1);
		if (from == NULL ||
		    version_number(OFFHOOK_VERSION) < version_number(from))
			rc = error_set(err,
			    "the store was written by offhook %s and needs offhook %s or newer; "
			    "this is offhook " OFFHOOK_VERSION,
			    by != NULL ? by : "(unknown)",
			    from != NULL ? from : "(unknown)");
	}
	(void)sqlite3_finalize(stmt);
	return rc;
}

static int schema_migrate_from(sqlite3 *db, int64_t have, struct error *err)
{
	for (int i = (int)have; i < (int)SCHEMA; i++) {
		if (schema_migrate(db, i, err) < 0)
			return -1;
	}
	return 0;
}

int sqlite_schema_make(sqlite3 *db, struct error *err)
{
	return schema_migrate_from(db, 0, err);
}

/* Which schema the store has. Without one it is no store: no server leaves a file before it
 * has its tables. */
static int schema_ask(sqlite3 *db, int64_t *have, struct error *err)
{
	int64_t tables = 0;
	if (sqlite_db_int(db, "PRAGMA user_version", have, err) < 0 ||
	    sqlite_db_int(db,
		"SELECT count(*) FROM sqlite_master WHERE type = 'table'"
		" AND name IN ('meta', 'event')",
		&tables, err) < 0)
		return -1;
	if (*have > 0 && tables == 2)
		return 0;
	return error_set(err,
	    "%s has no store in it: was it copied without offhook.db-wal, or is it another "
	    "program's? Restore both from a backup; to begin with an empty store, move it "
	    "away",
	    sqlite3_db_filename(db, "main"));
}

int sqlite_schema_upgrade(sqlite3 *db, struct error *err)
{
	int64_t have = 0;
	/* Another program's file must not be changed, nor how it is journaled. */
	if (schema_ask(db, &have, err) < 0 ||
	    sqlite_db_exec(db, "PRAGMA journal_mode = WAL", err) < 0)
		return -1;
	return have > SCHEMA ? schema_check_newer(db, err)
			     : schema_migrate_from(db, have, err);
}

int sqlite_schema_look(sqlite3 *db, struct error *err)
{
	int64_t have = 0;
	if (schema_ask(db, &have, err) < 0)
		return -1;
	return have > SCHEMA ? schema_check_newer(db, err) : 0;
}

int sqlite_schema_check(sqlite3 *db, struct error *err)
{
	int64_t have = 0;
	if (schema_ask(db, &have, err) < 0)
		return -1;
	if (have < SCHEMA)
		return error_set(err,
		    "%s was made by an older offhook: start this one's server on it, which "
		    "brings it up to date",
		    sqlite3_db_filename(db, "main"));
	return have > SCHEMA ? schema_check_newer(db, err) : 0;
}
