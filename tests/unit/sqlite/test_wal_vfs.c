/* What goes through the log in large pieces is what SQLite wrote, and is there in time. */
#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sqlite/sqlite_db.h"
#include "sqlite/wal_vfs.h"

struct fixture {
	char dir[32];
	char path[64];
	sqlite3 *db;
};

static void run(sqlite3 *db, const char *sql)
{
	struct error err = {""};
	if (sqlite_db_exec(db, sql, &err) < 0)
		fail_msg("%s: %s", sql, err.text);
}

static int64_t number(sqlite3 *db, const char *sql)
{
	int64_t out = -1;
	assert_int_equal(sqlite_db_int(db, sql, &out, NULL), 0);
	return out;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/offhook-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	(void)snprintf(f->path, sizeof(f->path), "%s/offhook.db", f->dir);
	FILE *file = fopen(f->path, "w");
	assert_non_null(file);
	(void)fclose(file);
	assert_int_equal(sqlite_db_open(&f->db, f->dir, 4096, NULL), 0);
	run(f->db,
	    "PRAGMA journal_mode = WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, x)");
	assert_non_null(wal_vfs_file(f->db));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[96];
	(void)sqlite3_close(f->db);
	(void)snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

/* As another program would see the store: SQLite's own files. */
static void assert_rows(const char *path, int64_t rows)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *check = NULL;
	assert_int_equal(
	    sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(
	    number(db, "SELECT count(*) FROM t WHERE length(x) > 0"), rows);
	check = sqlite_db_prepare(db, "PRAGMA integrity_check", NULL);
	assert_int_equal(sqlite3_step(check), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(check, 0), "ok");
	(void)sqlite3_finalize(check);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Calls of the system that this process wrote with. */
static int64_t writes_so_far(void)
{
	FILE *file = fopen("/proc/self/io", "r");
	char line[64];
	long long count = -1;
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "syscw: ", 7) == 0)
			count = strtoll(line + 7, NULL, 10);
	if (file != NULL)
		(void)fclose(file);
	return count;
}

#define INSERT(count, size)                                                            \
	"INSERT INTO t(x) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"     \
	" FROM n WHERE i < " count ") SELECT randomblob(" size ") FROM n;"

TEST_WITH(a_commit_is_one_write, setup, teardown)
{
	struct fixture *f = *state;
	run(f->db, INSERT("1", "10"));
	int64_t before = writes_so_far();
	if (before < 0)
		skip();
	run(f->db, INSERT("20", "2000")); /* ten pages */
	assert_int_equal(writes_so_far() - before, 1);
	before = writes_so_far();
	run(f->db, INSERT("500", "2000")); /* a megabyte: nine pieces */
	assert_in_range(writes_so_far() - before, 8, 11);
}

TEST_WITH(what_is_committed_is_there_for_others, setup, teardown)
{
	struct fixture *f = *state;
	run(f->db, INSERT("1", "10"));
	assert_rows(f->path, 1);
	run(f->db, INSERT("2000", "1500"));
	assert_rows(f->path, 2001);
	run(f->db, "DELETE FROM t WHERE id % 3 = 0");
	assert_rows(f->path, 2001 - 667);
}

/* With a small cache SQLite writes pages to the log before the commit, reads them back, and
 * writes over them there. */
TEST_WITH(what_is_written_before_the_commit_is_read_back, setup, teardown)
{
	struct fixture *f = *state;
	run(f->db, "PRAGMA cache_size = 10; BEGIN;" INSERT("300", "3000"));
	run(f->db, "UPDATE t SET x = randomblob(2900) WHERE id % 7 = 0");
	assert_int_equal(
	    number(f->db, "SELECT count(*) FROM t WHERE length(x) = 2900"), 42);
	assert_rows(f->path, 0);
	run(f->db, "ROLLBACK");
	assert_rows(f->path, 0);
	run(f->db, "BEGIN;" INSERT("400", "3000") "UPDATE t SET x = randomblob(2900);"
						  "COMMIT");
	assert_rows(f->path, 400);
}

/* The database file alone, as if there had never been a log. */
static void assert_file_has(struct fixture *f, int64_t rows)
{
	char command[256], copy[80];
	(void)snprintf(copy, sizeof(copy), "%s/copy.db", f->dir);
	(void)snprintf(
	    command, sizeof(command), "rm -f %s*; cp %s %s", copy, f->path, copy);
	assert_int_equal(system(command), 0);
	assert_rows(copy, rows);
}

static void checkpoint(sqlite3 *db)
{
	wal_vfs_ahead(db, true);
	assert_int_equal(sqlite3_wal_checkpoint_v2(
			     db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL),
	    SQLITE_OK);
	wal_vfs_ahead(db, false);
}

/* Also where the log began anew since, and where the last piece had reached beyond what was
 * written then. */
TEST_WITH(each_checkpoint_reads_what_was_written_since_the_last, setup, teardown)
{
	struct fixture *f = *state;
	sqlite3 *other = NULL;
	int64_t rows = 0;
	assert_int_equal(sqlite_db_open(&other, f->dir, 256, NULL), 0);
	run(other, "SELECT * FROM t");
	assert_non_null(wal_vfs_file(other));
	for (int i = 0; i < 60; i++) {
		run(f->db, i % 5 == 0 ? INSERT("100", "2000") : INSERT("3", "700"));
		rows += i % 5 == 0 ? 100 : 3;
		if (i % 11 == 0)
			run(f->db,
			    "UPDATE t SET x = randomblob(1000) WHERE id % 5 = 0");
		checkpoint(i % 3 == 2 ? f->db : other);
		assert_file_has(f, rows);
	}
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

TEST_WITH(what_could_not_be_written_is_not_committed, setup, teardown)
{
	struct fixture *f = *state;
	struct rlimit limit;
	(void)signal(SIGXFSZ, SIG_IGN);
	run(f->db, INSERT("50", "2000"));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = 200 << 10;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    sqlite_db_exec(f->db, INSERT("100", "2000"), NULL), -1);
	assert_int_equal(
	    sqlite_db_exec(f->db, "BEGIN;" INSERT("400", "9000"), NULL), -1);
	if (!sqlite3_get_autocommit(f->db))
		run(f->db, "ROLLBACK");
	limit.rlim_cur = RLIM_INFINITY;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_rows(f->path, 50);
	run(f->db, INSERT("100", "2000"));
	assert_rows(f->path, 150);
}

/* The log is at the disk's end, but can begin anew. */
TEST_WITH(what_was_rolled_back_keeps_no_room, setup, teardown)
{
	struct fixture *f = *state;
	sqlite3 *other = NULL;
	struct rlimit limit;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(sqlite_db_open(&other, f->dir, 256, NULL), 0);
	run(f->db, INSERT("50", "2000"));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = 200 << 10;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(sqlite_db_exec(f->db, INSERT("50", "2000"), NULL), -1);
	wal_vfs_drop(f->db);
	checkpoint(other);
	run(f->db, INSERT("10", "2000"));
	limit.rlim_cur = RLIM_INFINITY;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	assert_rows(f->path, 60);
}
