/* A second connection that keeps what it has read, beside a writer that goes on. */
#include "keys_fixture.h"

/* What another process has: a connection of its own. */
struct other {
	sqlite3 *db;
	struct keys_reader *reader;
	int64_t held; /* the last row of the snapshot that is held; -1: none */
};

static void other_open(struct other *other, struct fixture *f)
{
	other->db = open_db(f->path);
	other->reader = keys_reader_new(other->db);
	other->held = -1;
}

static void other_close(struct other *other)
{
	keys_reader_free(other->reader);
	sqlite3_close(other->db);
}

static void other_check(
    struct other *other, struct fixture *f, uint32_t sid, uint32_t what)
{
	unsigned char key[KEYS_SIZE];
	int64_t last = other->held < 0 ? f->committed : other->held;
	make_key(key, sid, what);
	check_find(f, other->reader, key, model_find(f, last, sid, what));
	if (what == 0)
		check_prefix_until(f, other->reader, sid, last);
}

static void other_check_all(struct other *other, struct fixture *f)
{
	for (uint32_t sid = 0; sid < 14; sid++) {
		for (uint32_t what = 0; what < 5; what++)
			other_check(other, f, sid, what);
	}
}

static void other_hold(struct other *other, struct fixture *f)
{
	run_sql(other->db, "BEGIN");
	(void)ask_number(other->db, "SELECT count(*) FROM key_log");
	other->held = f->committed;
}

static void other_let_go(struct other *other)
{
	run_sql(other->db, "COMMIT");
	other->held = -1;
}

static void write_some(struct fixture *f)
{
	struct error err;
	run_sql(f->db, "BEGIN IMMEDIATE");
	for (uint32_t n = below(f, 12); n > 0; n--)
		add(f, below(f, 12), below(f, 4));
	if (below(f, 8) == 0) {
		assert_int_equal(keys_write(f->keys, below(f, 3000), &err), 0);
		rollback(f);
	} else {
		assert_true(commit(f, below(f, 3000)));
	}
}

/* As a server that is started again; the other processes stay. */
static void restart_writer(struct fixture *f)
{
	close_keys(f);
	open_keys(f);
}

/* faults 4.9 */
TEST(readers_that_come_now_and_then_agree_with_the_model)
{
	static const struct keys_config configs[] = {
	    {8, 2}, {8, 3}, {16, 4}, {64, 2}, {200, 3}};

	for (uint64_t seed = 1; seed <= 15; seed++) {
		const struct keys_config *config = &configs[seed % 5];
		struct fixture *f = fixture_new(config->seal_count, config->fan_out);
		struct other others[4];
		f->random = seed;
		for (size_t i = 0; i < 4; i++)
			other_open(&others[i], f);
		for (int round = 0; round < 400; round++) {
			struct other *other = &others[below(f, 4)];
			write_some(f);
			/* The first comes often; each of the others half as often. */
			for (size_t i = 0; i < 4; i++)
				if (below(f, 2U << 2 * i) == 0)
					other_check(
					    &others[i], f, below(f, 14), below(f, 5));
			if (below(f, 30) == 0 && other->held < 0)
				other_hold(other, f);
			else if (below(f, 10) == 0 && other->held >= 0)
				other_let_go(other);
			if (below(f, 40) == 0)
				restart_writer(f);
		}
		for (size_t i = 0; i < 4; i++) {
			other_check_all(&others[i], f);
			other_close(&others[i]);
		}
		fixture_free(f);
	}
}

/* As sqlite3's .restore does, while nothing writes. */
TEST(a_store_that_was_put_back_is_read_anew)
{
	struct fixture *f = fixture_new(1000, 2);
	struct other other;
	other_open(&other, f);
	for (int i = 0; i < 40; i++)
		commit_random(f, 7);
	other_check_all(&other, f);
	run_sql(f->db, "DELETE FROM key_log WHERE number > 30");
	f->committed = 30 * 7;
	other_check_all(&other, f);
	restart_writer(f);
	for (int i = 0; i < 10; i++) {
		commit_random(f, 7);
		other_check_all(&other, f);
	}
	other_close(&other);
	fixture_free(f);
}

/* ---- what a look-up costs ---- */

static int count_step(void *steps)
{
	++*(int64_t *)steps;
	return 0;
}

/* Instructions of SQLite's machine for one look-up of each of ten keys. */
static int64_t other_cost(struct other *other, struct fixture *f)
{
	int64_t steps = 0;
	sqlite3_progress_handler(other->db, 1, count_step, &steps);
	for (uint32_t sid = 0; sid < 10; sid++)
		other_check(other, f, sid, 1);
	sqlite3_progress_handler(other->db, 0, NULL, NULL);
	return steps;
}

/* faults 4.9 */
TEST(a_look_up_reads_what_is_new_and_not_the_whole_log)
{
	struct fixture *f = fixture_new(MAX_ADDED, 2);
	struct other other;
	other_open(&other, f);
	commit_random(f, 10);
	(void)other_cost(&other, f);
	int64_t small = other_cost(&other, f);
	for (int i = 0; i < 2000; i++)
		commit_random(f, 1);
	int64_t first = other_cost(&other, f);
	assert_true(first > 2000 * 5);
	/* Unchanged, and after one more commit each. */
	assert_int_equal(other_cost(&other, f), small);
	for (int i = 0; i < 20; i++) {
		commit_random(f, 1);
		assert_true(other_cost(&other, f) < small + 150);
	}
	other_close(&other);
	fixture_free(f);
}

/* faults 4.9 */
TEST(a_look_up_after_a_seal_does_not_read_the_log_again)
{
	struct fixture *f = fixture_new(1000, 2);
	struct other other;
	other_open(&other, f);
	for (int i = 0; i < 999; i++)
		commit_random(f, 1);
	(void)other_cost(&other, f);
	int64_t before = other_cost(&other, f);
	for (int i = 0; i < 10; i++)
		commit_random(f, 1);
	drain(f, 65536);
	assert_int_equal(ask_number(f->db, "SELECT count(*) FROM key_segments"), 1);
	assert_true(other_cost(&other, f) < before + 800);
	other_check_all(&other, f);
	other_close(&other);
	fixture_free(f);
}
