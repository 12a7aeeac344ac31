/* A disk without room: keys_write fails, nothing is lost, and it works again later. */
#include "keys_fixture.h"

static void set_limit(struct fixture *f, int64_t pages)
{
	char sql[64];
	snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long)pages);
	run_sql(f->db, sql);
}

/* Transactions until one fails, at most `most`; how many succeeded. */
static int commit_until_full(struct fixture *f, uint32_t keys, size_t budget, int most)
{
	for (int done = 0; done < most; done++) {
		run_sql(f->db, "BEGIN IMMEDIATE");
		for (uint32_t i = 0; i < keys; i++)
			add(f, below(f, 20), below(f, 6));
		if (!commit(f, budget))
			return done;
	}
	return most;
}

TEST(a_full_disk_fails_cleanly_and_ends)
{
	int failures = 0;

	for (uint32_t seed = 0; seed < 12; seed++) {
		struct fixture *f = fixture_new(100 + 50 * (seed % 7), 2 + seed % 3);
		f->random = seed;
		for (int round = 0; round < 4; round++) {
			size_t budget = seed % 2 == 0 ? 0 : 2000 * (seed % 5);
			int64_t pages = ask_number(f->db, "PRAGMA page_count");
			set_limit(f, pages + below(f, 6));
			failures += commit_until_full(f, 25, budget, 25) < 25;
			check_all(f, 20, 6);
			if (round == 2) {
				close_keys(f);
				open_keys(f);
				check_all(f, 20, 6);
			}
			set_limit(f, 1000000);
			assert_int_equal(commit_until_full(f, 25, budget, 10), 10);
			check_all(f, 20, 6);
		}
		drain(f, 3000);
		check_tidy(f);
		check_all(f, 20, 6);
		fixture_free(f);
	}
	assert_in_range(failures, 12, 48);
}

/* Lets *left more rows be written, then none. */
static void refuse(sqlite3_context *context, int count, sqlite3_value **values)
{
	int *left = sqlite3_user_data(context);
	(void)count;
	(void)values;
	sqlite3_result_int(context, --*left < 0);
}

static void refuse_rows(sqlite3 *db, int *left)
{
	static const char *const on[] = {"INSERT ON key_log", "INSERT ON key_chunks",
	    "INSERT ON key_filters", "INSERT ON key_segments",
	    "DELETE ON key_segments"};
	assert_int_equal(sqlite3_create_function(
			     db, "refuse", 0, SQLITE_UTF8, left, refuse, NULL, NULL),
	    SQLITE_OK);
	for (size_t i = 0; i < sizeof on / sizeof *on; i++) {
		char sql[160];
		snprintf(sql, sizeof sql,
		    "CREATE TEMP TRIGGER refuse_%zu BEFORE %s BEGIN "
		    "SELECT RAISE(ABORT, 'refused') WHERE refuse(); END",
		    i, on[i]);
		run_sql(db, sql);
	}
}

TEST(any_statement_may_fail_and_the_committed_stays)
{
	struct fixture *f = fixture_with_backlog();
	int left = 0, failures = 0;

	refuse_rows(f->db, &left);
	for (int allowed = 0; keys_busy(f->keys); allowed = (allowed + 1) % 8) {
		run_sql(f->db, "BEGIN IMMEDIATE");
		add(f, below(f, 20), below(f, 6));
		left = allowed;
		failures += !commit(f, 9000);
		check_all(f, 30, 6);
	}
	assert_in_range(failures, 10, 1000);
	check_tidy(f);
	fixture_free(f);
}
