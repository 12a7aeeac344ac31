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

static void a_full_disk_fails_cleanly_and_ends(void **state)
{
	int failures = 0;

	(void)state;
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

/* Any statement may fail, at any step: the disk is full, or the power goes. */
static int64_t steps_left;

static int refuse(void *ctx)
{
	(void)ctx;
	return --steps_left < 0;
}

static void a_transaction_interrupted_anywhere_leaves_what_was_committed(void **state)
{
	struct fixture *f = fixture_new(350, 2);
	int failures = 0;

	(void)state;
	assert_int_equal(commit_until_full(f, 50, 0, 34), 34);
	for (int64_t steps = 0; keys_busy(f->keys); steps += 7) {
		struct error err;
		run_sql(f->db, "BEGIN IMMEDIATE");
		add(f, below(f, 20), below(f, 6));
		steps_left = steps % 401;
		sqlite3_progress_handler(f->db, 1, refuse, NULL);
		int written = keys_write(f->keys, 5000, &err);
		sqlite3_progress_handler(f->db, 0, NULL, NULL);
		bool committed = end(f, written);
		failures += !committed;
		if (steps % 5 == 0)
			check_all(f, 20, 6);
	}
	assert_true(failures > 10);
	check_tidy(f);
	check_all(f, 20, 6);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_full_disk_fails_cleanly_and_ends),
	    cmocka_unit_test(
		a_transaction_interrupted_anywhere_leaves_what_was_committed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
