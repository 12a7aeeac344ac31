#include "keys_fixture.h"

static void copy_file(const char *from, const char *to)
{
	char bytes[65536];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	assert_non_null(in);
	assert_non_null(out);
	size_t got = 0;
	while ((got = fread(bytes, 1, sizeof bytes, in)) > 0)
		assert_int_equal(fwrite(bytes, 1, got, out), got);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

/* The power fails in mid-transaction: the database goes on from its files. */
static void crash(struct fixture *f)
{
	char copy[128], from[128], to[140];
	snprintf(copy, sizeof copy, "%s/copy.db", f->dir);
	copy_file(f->path, copy);
	snprintf(from, sizeof from, "%s-wal", f->path);
	snprintf(to, sizeof to, "%s-wal", copy);
	copy_file(from, to);
	close_keys(f);
	remove_db(f->path);
	assert_int_equal(rename(copy, f->path), 0);
	assert_int_equal(rename(to, from), 0);
	open_keys(f);
}

static void reopen(struct fixture *f)
{
	close_keys(f);
	open_keys(f);
}

/* ---- simple stories ---- */

TEST(a_key_is_known_to_others_once_it_is_committed)
{
	struct fixture *f = fixture_new(8, 2);
	unsigned char key[KEYS_SIZE];
	int64_t row = 0;
	struct error err;

	make_key(key, 1, 1);
	run_sql(f->db, "BEGIN IMMEDIATE");
	assert_int_equal(keys_peek(f->keys, key, &row), KEYS_NEW);
	add(f, 1, 1);
	assert_int_equal(keys_peek(f->keys, key, &row), KEYS_NEW);
	assert_int_equal(keys_find_uncommitted(f->keys, key, &row, &err), 1);
	assert_int_equal(row, 1);
	assert_true(commit(f, 0));
	row = 0;
	assert_int_equal(keys_peek(f->keys, key, &row), KEYS_KNOWN);
	assert_int_equal(row, 1);
	fixture_free(f);
}

TEST(undo_forgets_one_transaction_of_a_batch)
{
	struct fixture *f = fixture_new(8, 2);

	run_sql(f->db, "BEGIN IMMEDIATE");
	add(f, 1, 1);
	size_t mark = keys_mark(f->keys);
	add(f, 1, 1);
	add(f, 2, 1);
	keys_undo(f->keys, mark);
	f->added_count = 1;
	check_all(f, 3, 3);
	assert_true(commit(f, 0));
	check_all(f, 3, 3);
	reopen(f);
	check_all(f, 3, 3);
	fixture_free(f);
}

TEST(a_row_added_under_two_keys_of_a_prefix_is_given_once)
{
	struct fixture *f = fixture_new(8, 2);
	unsigned char key[KEYS_SIZE];
	struct error err;
	int64_t *rows;
	size_t count;
	run_sql(f->db, "BEGIN IMMEDIATE");
	make_key(key, 1, 1);
	keys_add(f->keys, key, 7);
	make_key(key, 1, 2);
	keys_add(f->keys, key, 7);
	assert_true(commit(f, 0));
	assert_int_equal(
	    keys_find_prefix(f->keys, f->reader, key, &rows, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_int_equal(rows[0], 7);
	free(rows);
	fixture_free(f);
}

/* A reader whose snapshot is older than a seal still finds what was in the log. */
TEST(an_old_snapshot_misses_nothing_that_was_committed)
{
	struct fixture *f = fixture_new(8, 2);
	unsigned char key[KEYS_SIZE];

	run_sql(f->db, "BEGIN IMMEDIATE");
	for (uint32_t i = 0; i < 8; i++)
		add(f, i, 0);
	assert_true(commit(f, 0));
	run_sql(f->reader, "BEGIN");
	assert_int_equal(ask_number(f->reader, "SELECT count(*) FROM key_log"), 1);
	drain(f, 1);
	assert_int_equal(ask_number(f->db, "SELECT count(*) FROM key_segments"), 1);
	for (uint32_t i = 0; i < 8; i++) {
		make_key(key, i, 0);
		check_find(f, f->own, key, i + 1);
		check_prefix(f, f->own, i);
	}
	run_sql(f->reader, "COMMIT");
	fixture_free(f);
}

TEST(many_keys_of_one_prefix_and_many_rows_of_one_key_span_chunks)
{
	struct fixture *f = fixture_new(500, 3);

	for (uint32_t i = 0; i < 2500; i++) {
		if (i % 100 == 0)
			run_sql(f->db, "BEGIN IMMEDIATE");
		add(f, i % 5 == 0 ? i : 1, i % 5 < 3 ? i : 0);
		if (i % 100 == 99)
			assert_true(commit(f, 0));
	}
	drain(f, 65536);
	check_tidy(f);
	check_all(f, 40, 4);
	for (uint32_t what = 0; what < 2500; what += 7)
		check_key(f, 1, what);
	reopen(f);
	check_key(f, 1, 0);
	check_prefix(f, NULL, 1);
	fixture_free(f);
}

/* ---- interruptions ---- */

/* Whatever step of sealing or merging is the last. */
TEST(a_merge_may_be_interrupted_after_any_step)
{
	bool finished = false;
	int steps = 0;

	for (; !finished; steps++) {
		struct fixture *f = fixture_with_backlog();
		for (int i = 0; i < steps && keys_busy(f->keys); i++) {
			run_sql(f->db, "BEGIN IMMEDIATE");
			assert_true(commit(f, 1));
		}
		finished = !keys_busy(f->keys);
		if (steps % 2 == 0)
			reopen(f);
		else
			crash(f);
		check_all(f, 30, 6);
		drain(f, 4096);
		check_tidy(f);
		check_all(f, 30, 6);
		fixture_free(f);
	}
	assert_in_range(steps, 20, 100);
}

/* faults 4.4: what is damaged is told to who asks for it, and stops nobody's commit. */
TEST(a_merge_that_meets_damage_is_given_up_and_commits_go_on)
{
	struct fixture *f = fixture_with_backlog();
	run_sql(f->db,
	    "UPDATE key_chunks SET entries = zeroblob(length(entries)) WHERE "
	    "id = (SELECT first FROM key_segments ORDER BY id LIMIT 1)");
	drain(f, 65536);
	assert_in_range(ask_number(f->db, "SELECT count(*) FROM key_segments"), 3, 5);
	for (int i = 0; i < 20; i++)
		commit_random(f, 50);
	check_key(f, f->added[f->committed].sid, f->added[f->committed].what);
	fixture_free(f);
}

TEST(restarts_while_a_table_is_sealed_lose_nothing_of_the_log)
{
	struct fixture *f = fixture_new(600, 2);

	for (int i = 0; i < 602; i++)
		commit_random(f, 1);
	for (int i = 0; i < 8; i++) {
		reopen(f);
		check_all(f, 30, 6);
		assert_int_equal(
		    ask_number(f->db, "SELECT count(*) FROM key_segments"), 0);
		commit_random(f, 1);
	}
	drain(f, 1);
	check_tidy(f);
	check_all(f, 30, 6);
	fixture_free(f);
}

TEST(every_step_may_be_rolled_back)
{
	struct fixture *f = fixture_with_backlog();
	int steps = 0;

	for (; keys_busy(f->keys); steps++) {
		struct error err;
		for (size_t budget = 50000; budget > 10; budget /= 10) {
			run_sql(f->db, "BEGIN IMMEDIATE");
			add(f, 0, 0);
			assert_int_equal(keys_write(f->keys, budget, &err), 0);
			rollback(f);
		}
		check_all(f, 30, 6);
		run_sql(f->db, "BEGIN IMMEDIATE");
		assert_true(commit(f, 1));
	}
	assert_in_range(steps, 20, 100);
	check_tidy(f);
	check_all(f, 30, 6);
	fixture_free(f);
}

/* ---- random operations against the model ---- */

static void random_transaction(struct fixture *f)
{
	struct error err;

	run_sql(f->db, "BEGIN IMMEDIATE");
	for (uint32_t n = below(f, 12); n > 0; n--)
		add(f, below(f, 12), below(f, 4));
	if (below(f, 4) == 0) {
		size_t mark = keys_mark(f->keys);
		int64_t count = f->added_count;
		for (uint32_t n = below(f, 5); n > 0; n--)
			add(f, below(f, 12), below(f, 4));
		keys_undo(f->keys, mark);
		f->added_count = count;
	}
	if (below(f, 8) == 0)
		check_all(f, 12, 4);
	switch (below(f, 10)) {
	case 0:
		rollback(f);
		break;
	case 1:
		assert_int_equal(keys_write(f->keys, below(f, 3000), &err), 0);
		check_all(f, 12, 4);
		rollback(f);
		break;
	case 2:
		assert_int_equal(keys_write(f->keys, below(f, 3000), &err), 0);
		crash(f);
		break;
	default:
		assert_true(commit(f, below(f, 3000)));
		break;
	}
}

TEST(random_operations_agree_with_the_model)
{
	static const struct keys_config configs[] = {
	    {8, 2}, {8, 3}, {16, 4}, {64, 2}, {200, 3}};

	for (uint64_t seed = 1; seed <= 15; seed++) {
		const struct keys_config *config = &configs[seed % 5];
		struct fixture *f = fixture_new(config->seal_count, config->fan_out);
		f->random = seed;
		for (int i = 0; i < 150; i++) {
			random_transaction(f);
			if (i % 10 == 0)
				check_all(f, 12, 4);
			if (below(f, 20) == 0)
				reopen(f);
		}
		drain(f, 1000);
		check_all(f, 12, 4);
		check_tidy(f);
		fixture_free(f);
	}
}
