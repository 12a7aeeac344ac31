/* What a job may not be: refused with the reason, and nothing written. */
#include "job_fixture.h"

#define LETTERS_50  "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghij"
#define LETTERS_200 LETTERS_50 LETTERS_50 LETTERS_50 LETTERS_50

TEST(a_state_has_a_name)
{
	static const char *const names[] = {
	    "waiting", "blocked", "running", "done", "dead", "cancelled"};
	for (unsigned i = 0; i < JOB_STATES; i++)
		assert_string_equal(job_state_name((enum job_state)i), names[i]);
}

static struct store_job_write with(struct store_job job)
{
	struct store_job_write write = new_job("q", "{}");
	if (job.queue.ptr != NULL)
		write.job.queue = job.queue;
	write.job.group = job.group;
	write.job.unique = job.unique;
	write.job.priority = job.priority;
	return write;
}

STORE_TEST(a_job_that_breaks_a_rule_is_refused)
{
	struct fixture *f = *state;

	const struct {
		struct store_job_write write;
		const char *want;
	} cases[] = {
	    {with((struct store_job){.queue = SPAN("a b")}),
		"'a b' cannot be a queue's name"},
	    {with((struct store_job){.queue = SPAN("")}),
		"'' cannot be a queue's name"},
	    {with((struct store_job){.group = SPAN(LETTERS_200 "x")}),
		"its group has 201 bytes; at most 200 are allowed"},
	    {with((struct store_job){.unique = SPAN(LETTERS_200 "x")}),
		"its unique key has 201 bytes"},
	    {with((struct store_job){.priority = 101}),
		"'q': priority 101; it goes from -100 to 100"},
	    {with((struct store_job){.priority = -101}), "priority -101"},
	    {new_job("q", ""), "a job for queue 'q' has no payload"},
	    {settled(1, 0, JOB_DONE), "job 1: try 0 cannot end as done"},
	    {settled(1, 1, JOB_RUNNING), "try 1 cannot end as running"},
	    {settled(1, 1, JOB_STATES), "cannot end as unknown"},
	    {{.op = JOB_PAUSE, .job = {.queue = SPAN("7")}},
		"'7' cannot be a queue's name"},
	    {{.op = JOB_CANCEL, .job = {.unique = SPAN("k")}},
		"'' cannot be a queue's name"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct store_job_write good = new_job("q", "{}");
		struct store_job_write bad = cases[i].write;
		struct store_txn txn = event_txn("SM1", "r");
		txn.key_count = 0;
		txn.jobs = &good;
		good.next = &bad;
		assert_int_equal(store_commit(f->store, &txn), STORE_CONFLICT);
		if (strstr(txn.error.text, cases[i].want) == NULL)
			fail_msg("case %zu: %s", i, txn.error.text);
	}
	assert_jobs(f, "");
	assert_events(f, (struct store_event_query){0}, "");
}

STORE_TEST(a_transaction_can_be_mended_and_submitted_again)
{
	struct fixture *f = *state;
	struct store_job_write write = new_job("q", "");
	struct store_txn txn = {.jobs = &write};
	assert_int_equal(store_commit(f->store, &txn), STORE_CONFLICT);
	write.job.payload = SPAN("{}");
	assert_int_equal(store_commit(f->store, &txn), STORE_OK);
	assert_jobs(f, "1 waiting");
}

STORE_TEST(what_just_keeps_the_rules_is_taken)
{
	struct fixture *f = *state;
	(void)enqueue(f, with((struct store_job){.group = SPAN(LETTERS_200)}));
	(void)enqueue(f, with((struct store_job){.unique = SPAN(LETTERS_200)}));
	(void)enqueue(f, with((struct store_job){.priority = 100}));
	(void)enqueue(f, with((struct store_job){.priority = -100}));
	assert_due(f, "q", T0, "3 1 2 4");
}
