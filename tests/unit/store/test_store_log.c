/* The write-ahead log stays small, and a reader that stands still stops nobody. */
#include "store_fixture.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum { COUNT = 4000, LIMIT = 1 << 20 };

static _Atomic int done_count;

static void count_done(struct store_txn *txn)
{
	assert_int_equal(txn->result, STORE_OK);
	done_count++;
}

/* A few transactions a commit. */
static void write_some(struct fixture *f, int count)
{
	struct store_txn *txns = calloc((size_t)count, sizeof(*txns));
	static char body[2000];
	memset(body, 'x', sizeof(body));
	done_count = 0;
	for (int i = 0; i < count; i++) {
		txns[i] = event_txn("", "");
		txns[i].key_count = 0;
		txns[i].event.reply.body = (struct span){body, sizeof(body)};
		txns[i].done = count_done;
		assert_true(store_submit(f->store, &txns[i]));
		if (i % 20 != 0)
			continue;
		store_flush(f->store);
		while (done_count < i)
			(void)usleep(100);
	}
	store_flush(f->store);
	while (done_count < count)
		(void)usleep(100);
	free(txns);
}

/* Some 8 MB. */
static void write_much(struct fixture *f)
{
	write_some(f, COUNT);
}

static int64_t log_size(const struct fixture *f)
{
	char path[96];
	struct stat st;
	(void)snprintf(path, sizeof(path), "%s/offhook.db-wal", f->dir);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void open_limited(struct fixture *f)
{
	fixture_close(f);
	f->config.wal_limit_bytes = LIMIT;
	fixture_open(f);
}

STORE_TEST(the_log_does_not_outgrow_its_limit)
{
	struct fixture *f = *state;
	open_limited(f);
	write_much(f);
	/* Beyond the limit by one commit at most. */
	assert_true(log_size(f) < LIMIT + LIMIT / 2);
	struct store_stats stats;
	store_stats(f->store, &stats);
	assert_true(stats.wal_bytes < LIMIT + LIMIT / 2);
}

STORE_TEST(a_closed_store_has_an_empty_log)
{
	struct fixture *f = *state;
	write_much(f);
	fixture_close(f);
	assert_int_equal(log_size(f), 0);
	fixture_open(f);
}

STORE_TEST(a_reader_that_stands_still_stops_nobody)
{
	struct fixture *f = *state;
	char path[96];
	sqlite3 *db = NULL;
	open_limited(f);
	(void)add_event(f, "SM1", "r");
	(void)snprintf(path, sizeof(path), "%s/offhook.db", f->dir);
	assert_int_equal(
	    sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN; SELECT * FROM event;", NULL, NULL, NULL),
	    SQLITE_OK);
	write_much(f);
	assert_true(log_size(f) > 4 * LIMIT);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	struct store_stats stats;
	write_much(f);
	store_stats(f->store, &stats);
	assert_true(stats.wal_bytes < LIMIT + LIMIT / 2);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void wait_healthy(struct fixture *f, bool want)
{
	for (int i = 0; i < 10000 && store_healthy(f->store, &f->err) != want; i++)
		(void)usleep(1000);
	assert_int_equal(store_healthy(f->store, &f->err), want);
}

STORE_TEST(the_log_gets_its_room_in_idle_time)
{
	struct fixture *f = *state;
	struct statvfs st;
	assert_int_equal(statvfs(f->dir, &st), 0);
	if (st.f_bavail < (2ul << 30) / st.f_frsize)
		skip();
	open_limited(f);
	store_make_room(f->store);
	for (int i = 0; i < 10000 && log_size(f) < LIMIT; i++)
		(void)usleep(1000);
	assert_true(log_size(f) >= LIMIT);
	(void)add_event(f, "SM1", "r");
	write_much(f);
	assert_true(log_size(f) < LIMIT + LIMIT / 2);
	fixture_close(f);
	assert_int_equal(log_size(f), 0);
	fixture_open(f);
	assert_int_equal(add_event(f, "SM2", "r"), COUNT + 2);
}

/* faults 4.7: the database cannot grow, while its log still can */
STORE_TEST(a_checkpoint_that_fails_is_told_and_made_up_for)
{
	struct fixture *f = *state;
	char path[96];
	struct stat st;
	write_much(f);
	fixture_reopen(f);
	(void)snprintf(path, sizeof(path), "%s/offhook.db", f->dir);
	assert_int_equal(stat(path, &st), 0);
	limit_files((rlim_t)st.st_size);
	write_some(f, COUNT * 2 / 3);
	wait_healthy(f, false);
	assert_non_null(strstr(f->err.text, "offhook.db"));
	(void)add_event(f, "SM1", "r");
	limit_files(RLIM_INFINITY);
	wait_healthy(f, true);
	(void)add_event(f, "SM2", "r");
}
