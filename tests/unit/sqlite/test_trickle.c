/* What a checkpoint writes is synced a few pages at a time, and is all there. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sqlite/sqlite_db.h"
#include "sqlite/trickle.h"

enum { ROWS = 400 };

/* Stands in the file below what is tested, and counts. */
static struct {
	sqlite3_io_methods methods;
	const sqlite3_io_methods *usual;
	int written, synced, most; /* most: pages written between two syncs */
} watch;

static int since_sync;

static int watched_write(
    sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
	watch.written++;
	since_sync++;
	if (since_sync > watch.most)
		watch.most = since_sync;
	return watch.usual->xWrite(file, bytes, count, offset);
}

static int watched_sync(sqlite3_file *file, int flags)
{
	watch.synced++;
	since_sync = 0;
	return watch.usual->xSync(file, flags);
}

static void watch_file(sqlite3 *db)
{
	sqlite3_file *file = NULL;
	(void)sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	assert_non_null(file);
	watch.usual = file->pMethods;
	watch.methods = *file->pMethods;
	watch.methods.xWrite = watched_write;
	watch.methods.xSync = watched_sync;
	file->pMethods = &watch.methods;
}

static void fill(sqlite3 *db)
{
	static const char insert[] = "INSERT INTO t VALUES(randomblob(3000))";
	assert_int_equal(sqlite_db_exec(db, "CREATE TABLE t(x); BEGIN", NULL), 0);
	for (int i = 0; i < ROWS; i++)
		assert_int_equal(sqlite_db_exec(db, insert, NULL), 0);
	assert_int_equal(sqlite_db_exec(db, "COMMIT", NULL), 0);
}

static void checkpoint(sqlite3 *db)
{
	watch.written = watch.synced = watch.most = since_sync = 0;
	assert_int_equal(sqlite3_wal_checkpoint_v2(
			     db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(since_sync, 0);
}

static void check_file(const char *dir)
{
	sqlite3 *db = NULL;
	int64_t rows = 0;
	assert_int_equal(sqlite_db_open_reader(&db, dir, NULL), 0);
	assert_int_equal(sqlite_db_int(db, "SELECT count(*) FROM t", &rows, NULL), 0);
	assert_int_equal(rows, ROWS);
	assert_int_equal(sqlite_db_exec(db, "PRAGMA integrity_check", NULL), 0);
	(void)sqlite3_close(db);
}

static void make_empty(const char *dir)
{
	char path[96];
	(void)snprintf(path, sizeof(path), "%s/offhook.db", dir);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	(void)fclose(file);
}

static void remove_all(const char *dir)
{
	static const char *const files[] = {"", "-wal", "-shm"};
	char path[96];
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/offhook.db%s", dir, files[i]);
		(void)unlink(path);
	}
	(void)rmdir(dir);
}

TEST(a_checkpoint_syncs_a_few_pages_at_a_time)
{
	char dir[] = "/tmp/offhook-test-XXXXXX";
	sqlite3 *db = NULL;
	assert_non_null(mkdtemp(dir));
	make_empty(dir);
	assert_int_equal(sqlite_db_open(&db, dir, 256, NULL), 0);
	assert_int_equal(sqlite_db_exec(db, "PRAGMA journal_mode = WAL", NULL), 0);
	watch_file(db);
	struct trickle *trickle = trickle_new(db, true);
	assert_non_null(trickle);
	fill(db);
	checkpoint(db);
	assert_true(watch.written >= ROWS * 3 / 4);
	assert_in_range(watch.most, 1, 64);
	assert_int_equal(
	    sqlite_db_exec(
		db, "UPDATE t SET x = randomblob(3000) WHERE rowid % 3 = 0", NULL),
	    0);
	checkpoint(db);
	assert_true(watch.written >= ROWS / 4);
	assert_in_range(watch.most, 1, 9);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	trickle_free(trickle);
	check_file(dir);
	remove_all(dir);
}
