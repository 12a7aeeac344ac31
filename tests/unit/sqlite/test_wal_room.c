/* The log's file gets its length in time, and what is behind the log is no part of it. */
#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "sqlite/sqlite_db.h"
#include "sqlite/wal_room.h"

enum { ROOM = 1000000 };

struct fixture {
	char dir[32];
	char log[64];
	sqlite3 *db;
};

static void run(sqlite3 *db, const char *sql)
{
	struct error err = {""};
	if (sqlite_db_exec(db, sql, &err) < 0)
		fail_msg("%s: %s", sql, err.text);
}

static void in_shell(const struct fixture *f, const char *command)
{
	char line[256];
	(void)snprintf(line, sizeof(line), "D=%s; %s", f->dir, command);
	assert_int_equal(system(line), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/offhook-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	(void)snprintf(f->log, sizeof(f->log), "%s/offhook.db-wal", f->dir);
	in_shell(f, ": > $D/offhook.db");
	assert_int_equal(sqlite_db_open(&f->db, f->dir, 4096, NULL), 0);
	run(f->db, "PRAGMA journal_mode = WAL; CREATE TABLE t(x)");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	(void)sqlite3_close(f->db);
	in_shell(f, "rm -rf $D");
	free(f);
	return 0;
}

static int64_t log_size(const struct fixture *f)
{
	struct stat st;
	assert_int_equal(stat(f->log, &st), 0);
	return st.st_size;
}

/* How many slices it took. */
static int make_all(struct fixture *f, struct wal_room *room)
{
	int slices = 0;
	room->more = true;
	for (; room->more; slices++)
		wal_room_make(room, f->db);
	return slices;
}

static void make_room(struct fixture *f)
{
	struct wal_room room = {.bytes = ROOM};
	(void)make_all(f, &room);
	if (room.bytes == 0)
		skip(); /* less than 1 GB free */
	assert_int_equal(log_size(f), ROOM);
}

static void assert_rows(const char *dir, const char *name, int64_t rows)
{
	char path[96];
	sqlite3 *db = NULL;
	int64_t found = 0;
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(
	    sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite_db_int(db, "SELECT count(*) FROM t", &found, NULL), 0);
	assert_int_equal(found, rows);
	assert_int_equal(sqlite_db_int(db,
			     "SELECT count(*) FROM pragma_integrity_check"
			     " WHERE integrity_check <> 'ok'",
			     &found, NULL),
	    0);
	assert_int_equal(found, 0);
	(void)sqlite3_close(db);
}

TEST_WITH(the_file_is_made_longer_a_slice_at_a_time, setup, teardown)
{
	struct fixture *f = *state;
	struct wal_room room = {.bytes = ROOM};
	make_room(f);
	assert_int_equal(make_all(f, &room), 1); /* nothing is left to do */
	run(f->db, "PRAGMA wal_checkpoint(TRUNCATE)");
	assert_int_equal(log_size(f), 0);
	assert_int_equal(make_all(f, &room), 4);
	assert_int_equal(log_size(f), ROOM);
	run(f->db, "INSERT INTO t VALUES(randomblob(5000))");
	assert_int_equal(log_size(f), ROOM);
}

/* As a kill leaves them: the log begins with frames, or is nothing but zeros. */
TEST_WITH(the_rest_of_the_file_is_no_part_of_the_log, setup, teardown)
{
	struct fixture *f = *state;
	run(f->db, "INSERT INTO t VALUES(1), (2)");
	make_room(f);
	in_shell(f, "cp $D/offhook.db $D/a.db; cp $D/offhook.db-wal $D/a.db-wal");
	assert_rows(f->dir, "a.db", 2);
	run(f->db, "PRAGMA wal_checkpoint(TRUNCATE)");
	make_room(f);
	in_shell(f, "cp $D/offhook.db $D/b.db; cp $D/offhook.db-wal $D/b.db-wal");
	assert_rows(f->dir, "b.db", 2);
	run(f->db, "INSERT INTO t VALUES(3)");
	in_shell(f, "cp $D/offhook.db $D/c.db; cp $D/offhook.db-wal $D/c.db-wal");
	assert_rows(f->dir, "c.db", 3);
	assert_rows(f->dir, "offhook.db", 3);
}

TEST_WITH(a_disk_that_has_no_room_is_left_alone, setup, teardown)
{
	struct fixture *f = *state;
	struct wal_room room = {.bytes = ROOM, .more = true};
	struct rlimit limit;
	(void)signal(SIGXFSZ, SIG_IGN);
	make_room(f);
	run(f->db, "PRAGMA wal_checkpoint(TRUNCATE)");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = 300 << 10;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	(void)make_all(f, &room);
	assert_int_equal(room.bytes, 0);
	assert_in_range(log_size(f), 1, 300 << 10);
	run(f->db, "INSERT INTO t VALUES(randomblob(100000))");
	limit.rlim_cur = RLIM_INFINITY;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_rows(f->dir, "offhook.db", 1);
}
