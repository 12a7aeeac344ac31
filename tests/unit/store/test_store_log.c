/* The write-ahead log stays small, and a reader that stands still stops nobody. */
#include "store_fixture.h"

#include <sqlite3.h>
#include <sys/stat.h>

enum { COUNT = 4000, LIMIT = 1 << 20 };

static _Atomic int done_count;

static void count_done(struct store_txn *txn)
{
	assert_int_equal(txn->result, STORE_OK);
	done_count++;
}

/* Some 8 MB, a few transactions a commit. */
static void write_much(struct fixture *f)
{
	struct store_txn *txns = calloc(COUNT, sizeof(*txns));
	static char body[2000];
	memset(body, 'x', sizeof(body));
	done_count = 0;
	for (int i = 0; i < COUNT; i++) {
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
	while (done_count < COUNT)
		(void)usleep(100);
	free(txns);
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
