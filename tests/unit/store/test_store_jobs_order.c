/* Groups, whose jobs run one after another, and unique keys, of which there is one. */
#include "job_fixture.h"

STORE_TEST(one_job_of_a_group_waits_and_the_others_are_blocked)
{
	struct fixture *f = *state;
	struct store_job_write write = done(f, grouped_job("q", "a"));
	assert_int_equal(write.job.state, JOB_WAITING);
	write = done(f, grouped_job("q", "a"));
	assert_int_equal(write.job.state, JOB_BLOCKED);
	(void)enqueue(f, grouped_job("q", "b"));
	(void)enqueue(f, grouped_job("r", "a"));
	(void)enqueue(f, new_job("q", "{}"));
	assert_jobs(f, "1 waiting, 2 blocked, 3 waiting, 4 waiting, 5 waiting");
	assert_due(f, "q", T0, "1 3 5");
}

STORE_TEST(who_ends_lets_the_next_of_its_group_go)
{
	struct fixture *f = *state;
	for (int i = 0; i < 4; i++)
		(void)enqueue(f, grouped_job("q", "a"));
	assert_true(done(f, settled(1, 1, JOB_DONE)).unblocked);
	assert_jobs(f, "1 done, 2 waiting, 3 blocked, 4 blocked");
	assert_true(done(f, settled(2, 1, JOB_DEAD)).unblocked);
	assert_true(done(f, settled(3, 1, JOB_CANCELLED)).unblocked);
	assert_false(done(f, settled(4, 1, JOB_DONE)).unblocked);
	assert_jobs(f, "1 done, 2 dead, 3 cancelled, 4 done");
	assert_int_equal(done(f, grouped_job("q", "a")).job.state, JOB_WAITING);
}

STORE_TEST(a_job_to_be_tried_again_holds_its_group_up)
{
	struct fixture *f = *state;
	(void)enqueue(f, grouped_job("q", "a"));
	(void)enqueue(f, grouped_job("q", "a"));
	assert_false(done(f, settled(1, 1, JOB_WAITING)).unblocked);
	assert_jobs(f, "1 waiting, 2 blocked");
}

STORE_TEST(a_group_goes_on_within_one_transaction)
{
	struct fixture *f = *state;
	struct store_job_write settle = settled(1, 1, JOB_DONE);
	struct store_job_write next = grouped_job("q", "a");
	struct store_txn txn = {.jobs = &settle};
	settle.next = &next;
	(void)enqueue(f, grouped_job("q", "a"));
	assert_int_equal(store_commit(f->store, &txn), STORE_OK);
	assert_false(settle.unblocked);
	assert_jobs(f, "1 done, 2 waiting");
}

STORE_TEST(cancelling_keeps_a_group_in_order)
{
	struct fixture *f = *state;
	for (int i = 0; i < 4; i++)
		(void)enqueue(f, grouped_job("q", "a"));
	assert_false(done(f, change_of(JOB_CANCEL, 3)).unblocked);
	assert_jobs(f, "1 waiting, 2 blocked, 3 cancelled, 4 blocked");
	assert_true(done(f, change_of(JOB_CANCEL, 1)).unblocked);
	assert_jobs(f, "1 cancelled, 2 waiting, 3 cancelled, 4 blocked");
}

STORE_TEST(a_redriven_job_waits_for_its_group)
{
	struct fixture *f = *state;
	for (int i = 0; i < 3; i++)
		(void)enqueue(f, grouped_job("q", "a"));
	(void)done(f, settled(1, 1, JOB_DEAD));
	struct store_job_write write = done(f, change_of(JOB_RETRY, 1));
	assert_true(write.changed);
	assert_int_equal(write.job.state, JOB_BLOCKED);
	assert_jobs(f, "1 blocked, 2 waiting, 3 blocked");
	assert_false(done(f, change_of(JOB_RETRY, 1)).changed);
	(void)done(f, settled(2, 1, JOB_DONE));
	assert_jobs(f, "1 waiting, 2 done, 3 blocked");
}

/* ---- unique keys ---- */

static struct store_job_write unique_job(
    const char *queue, const char *key, int64_t unique_ms, int64_t created_at_ms)
{
	struct store_job_write write = new_job(queue, "{}");
	write.job.unique = span_of(key);
	write.job.unique_ms = unique_ms;
	write.job.created_at_ms = created_at_ms;
	return write;
}

STORE_TEST(an_open_job_keeps_its_key)
{
	struct fixture *f = *state;
	struct store_job_write write = done(f, unique_job("q", "k", 0, T0));
	assert_true(write.changed);
	write = done(f, unique_job("q", "k", 0, T0 + 1000000));
	assert_false(write.changed);
	assert_int_equal(write.job.id, 0);
	assert_int_equal(enqueue(f, unique_job("q", "other", 0, T0)), 2);
	assert_int_equal(enqueue(f, unique_job("r", "k", 0, T0)), 3);
	(void)done(f, settled(1, 1, JOB_DONE));
	assert_int_equal(enqueue(f, unique_job("q", "k", 0, T0)), 4);
}

STORE_TEST(a_blocked_job_keeps_its_key_too)
{
	struct fixture *f = *state;
	struct store_job_write write = unique_job("q", "k", 0, T0);
	write.job.group = SPAN("a");
	(void)enqueue(f, grouped_job("q", "a"));
	assert_int_equal(enqueue(f, write), 2);
	assert_int_equal(enqueue(f, unique_job("q", "k", 0, T0)), 0);
}

STORE_TEST(a_key_is_kept_for_its_window)
{
	struct fixture *f = *state;

	static const struct {
		enum job_state end;
		int64_t unique_ms, after_ms;
		bool added;
	} cases[] = {
	    {JOB_DONE, 0, 0, true},
	    {JOB_DONE, 1000, 999, false},
	    {JOB_DONE, 1000, 1000, true},
	    {JOB_DEAD, 1000, 999, false},
	    {JOB_DEAD, 1000, 1000, true},
	    {JOB_CANCELLED, 1000, 1, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char key[16];
		(void)snprintf(key, sizeof(key), "k%zu", i);
		int64_t id = enqueue(f, unique_job("q", key, 0, T0));
		(void)done(f, settled(id, 1, cases[i].end));
		struct store_job_write write = done(f,
		    unique_job("q", key, cases[i].unique_ms, T0 + cases[i].after_ms));
		if (write.changed != cases[i].added)
			fail_msg("case %zu", i);
	}
}

STORE_TEST(of_two_in_one_transaction_one_is_added)
{
	struct fixture *f = *state;
	struct store_job_write first = unique_job("q", "k", 0, T0);
	struct store_job_write second = first;
	struct store_txn txn = {.jobs = &first};
	first.next = &second;
	assert_int_equal(store_commit(f->store, &txn), STORE_OK);
	assert_true(first.changed);
	assert_false(second.changed);
	assert_jobs(f, "1 waiting");
}

STORE_TEST(a_key_cancels_its_open_jobs)
{
	struct fixture *f = *state;
	struct store_job_write write = {.op = JOB_CANCEL,
	    .job = {.queue = SPAN("q"), .unique = SPAN("k")},
	    .now_ms = T0 + 9};
	assert_false(done(f, write).changed);
	(void)done(f, settled(enqueue(f, unique_job("q", "k", 0, T0)), 1, JOB_DONE));
	(void)enqueue(f, unique_job("q", "k", 0, T0));
	(void)enqueue(f, unique_job("q", "other", 0, T0));
	(void)enqueue(f, unique_job("r", "k", 0, T0));
	assert_true(done(f, write).changed);
	assert_jobs(f, "1 done, 2 cancelled, 3 waiting, 4 waiting");
}
