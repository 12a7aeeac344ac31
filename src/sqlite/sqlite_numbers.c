#include "sqlite/sqlite_numbers.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sqlite/sqlite_db.h"

/* Beyond what any store can come to. A job's id has 48 bits in jobs.running. */
static const int64_t rows_most = INT64_MAX / 2, jobs_most = (int64_t)1 << 47;

__attribute__((format(printf, 2, 3))) static int numbers_damaged(
    struct error *err, const char *format, ...)
{
	char what[160];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return error_set(
	    err, "the store is damaged: %s; restore it from a backup", what);
}

/* Looks at that row of meta, which must be there: 1, or -1 with err. The caller finalizes
 * the statement, either way. */
static int numbers_meta(
    sqlite3_stmt **stmt, sqlite3 *db, const char *name, struct error *err)
{
	*stmt = sqlite_db_prepare(db, "SELECT value FROM meta WHERE name = ?", err);
	if (*stmt == NULL)
		return -1;
	sqlite_db_text(*stmt, 1, span_of(name));
	int rc = sqlite_db_step(*stmt, err);
	return rc == 0 ? numbers_damaged(err, "meta has no %s", name) : rc;
}

/* The number of meta, which must be there and between the two. */
static int numbers_one(sqlite3 *db, const char *name, int64_t least, int64_t most,
    int64_t *out, struct error *err)
{
	sqlite3_stmt *stmt;
	int rc = numbers_meta(&stmt, db, name, err);
	if (rc == 1) {
		*out = sqlite3_column_int64(stmt, 0);
		bool right = sqlite3_column_type(stmt, 0) == SQLITE_INTEGER &&
			     *out >= least && *out <= most;
		rc = right ? 0
			   : numbers_damaged(err, "%s of meta cannot be %.40s", name,
				 (const char *)sqlite3_column_text(stmt, 0));
	}
	(void)sqlite3_finalize(stmt);
	return rc;
}

/* "1.2.3", and what a program of one's own puts behind it. */
static bool is_version(const char *text)
{
	for (int part = 0; part < 3; part++) {
		size_t digits = text != NULL ? strspn(text, "0123456789") : 0;
		if (digits == 0 || digits > 4)
			return false;
		text += digits;
		if (part < 2 && *text++ != '.')
			return false;
	}
	return true;
}

static int numbers_version(sqlite3 *db, const char *name, struct error *err)
{
	sqlite3_stmt *stmt;
	int rc = numbers_meta(&stmt, db, name, err);
	if (rc == 1)
		rc = is_version((const char *)sqlite3_column_text(stmt, 0))
			 ? 0
			 : numbers_damaged(err, "%s of meta is no version", name);
	(void)sqlite3_finalize(stmt);
	return rc;
}

/* The largest id of the table, or 0. */
static int numbers_largest(
    sqlite3 *db, const char *table, int64_t most, int64_t *out, struct error *err)
{
	char *sql = sqlite3_mprintf("SELECT coalesce(max(id), 0) FROM \"%w\"", table);
	int rc = sqlite_db_int(db, sql, out, err);
	sqlite3_free(sql);
	if (rc == 0 && *out > most)
		rc = numbers_damaged(
		    err, "row %" PRId64 " of %s cannot be", *out, table);
	return rc < 0 ? -1 : 0;
}

/* No document has a row that is still to be given. */
static int numbers_documents(sqlite3 *db, int64_t next_row, struct error *err)
{
	int64_t largest = 0;
	sqlite3_stmt *stmt =
	    sqlite_db_prepare(db, "SELECT 'doc_' || name FROM collections", err);
	if (stmt == NULL)
		return -1;
	int rc;
	while ((rc = sqlite_db_step(stmt, err)) == 1) {
		const char *table = (const char *)sqlite3_column_text(stmt, 0);
		if (numbers_largest(db, table, rows_most, &largest, err) < 0)
			rc = -1;
		else if (largest >= next_row)
			rc = numbers_damaged(err,
			    "next_row of meta is %" PRId64 ", and %s has row %" PRId64,
			    next_row, table, largest);
		if (rc < 0)
			break;
	}
	(void)sqlite3_finalize(stmt);
	return rc;
}

int sqlite_numbers_check(sqlite3 *db, struct error *err)
{
	int64_t next_row = 0, next_job = 0, first = 0, last = 0, event = 0, job = 0;
	if (numbers_one(db, "next_row", 1, rows_most, &next_row, err) < 0 ||
	    numbers_one(db, "next_job", 1, jobs_most, &next_job, err) < 0 ||
	    numbers_one(db, "unkeyed_first", 1, rows_most, &first, err) < 0 ||
	    numbers_one(db, "unkeyed_last", 0, rows_most, &last, err) < 0 ||
	    numbers_version(db, "written_by", err) < 0 ||
	    numbers_version(db, "readable_from", err) < 0 ||
	    numbers_largest(db, "event", rows_most, &event, err) < 0 ||
	    numbers_largest(db, "job", jobs_most, &job, err) < 0)
		return -1;
	if (first <= last && last > event)
		return numbers_damaged(err,
		    "unkeyed_last of meta is %" PRId64 ", and the last event %" PRId64,
		    last, event);
	return numbers_documents(db, next_row, err);
}
