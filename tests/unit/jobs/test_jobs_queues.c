/* Which jobs run, when, and how many at a time. */
#include "jobs_fixture.h"

JOBS_TEST(jobs_of_a_group_run_one_after_another)
{
	struct play *p = *state;
	struct store_job job = {.group = SPAN("call")};
	play_open(p);
	int64_t first = enqueue_job(p, job), second = enqueue_job(p, job);
	int64_t other = enqueue(p, "{}");
	struct job_attempt *attempt = take_attempt_of(p, first);
	end_attempt(p, take_attempt_of(p, other), JOB_END_OK, NULL);
	expect_job(p, other, "done 1/0 ");
	expect_job(p, second, "blocked 0/0 ");
	end_attempt(
	    p, attempt, JOB_END_FAILED, "no luck"); /* it holds up the other one */
	expect_job(p, first, "waiting 1/1 ");
	expect_nothing_begins(p);
	p->now_ms += 1000;
	end_attempt(p, take_attempt_of(p, first), JOB_END_OK, NULL);
	end_attempt(p, take_attempt_of(p, second), JOB_END_OK, NULL);
	expect_job(p, second, "done 1/0 ");
}

JOBS_TEST(a_cancelled_job_lets_the_next_of_its_group_go)
{
	struct play *p = *state;
	struct store_job job = {.group = SPAN("call"), .run_at_ms = NOW_MS + 5000};
	play_open(p);
	int64_t first = enqueue_job(p, job);
	job.run_at_ms = 0;
	int64_t second = enqueue_job(p, job);
	expect_nothing_begins(p);
	change_job(p, JOB_CANCEL, first);
	end_attempt(p, take_attempt_of(p, second), JOB_END_OK, NULL);
}

JOBS_TEST(no_more_than_its_concurrency_run_and_the_first_by_priority_first)
{
	static const int priorities[] = {0, 5, -3, 100, 5};
	static const int64_t want[] = {8, 6, 9, 5, 7};
	struct play *p = *state;
	struct job_attempt *attempts[4];
	play_open(p);
	for (int i = 0; i < 4; i++)
		attempts[i] = take_attempt_of(p, enqueue(p, "{}"));
	for (int i = 0; i < 5; i++)
		(void)enqueue_job(p, (struct store_job){.priority = priorities[i]});
	expect_nothing_begins(p);
	for (int i = 0; i < 5; i++) {
		end_attempt(p, attempts[i % 4], JOB_END_OK, NULL);
		attempts[i % 4] = take_attempt_of(p, want[i]);
	}
	expect_nothing_begins(p);
	for (int i = 0; i < 4; i++)
		end_attempt(p, attempts[i], JOB_END_OK, NULL);
}

JOBS_TEST(a_delayed_job_waits_for_its_time)
{
	struct play *p = *state;
	play_open(p);
	int64_t id = enqueue_job(p, (struct store_job){.run_at_ms = NOW_MS + 60000});
	expect_nothing_begins(p);
	p->now_ms += 59999;
	expect_nothing_begins(p);
	p->now_ms += 1;
	end_attempt(p, take_attempt_of(p, id), JOB_END_OK, NULL);
	id = enqueue_job(p, (struct store_job){.run_at_ms = NOW_MS + 100000});
	play_reopen(p); /* the next server knows, too */
	expect_nothing_begins(p);
	p->now_ms = NOW_MS + 100000;
	end_attempt(p, take_attempt_of(p, id), JOB_END_OK, NULL);
}

JOBS_TEST(a_paused_queue_starts_nothing_until_it_is_resumed)
{
	struct play *p = *state;
	play_open(p);
	struct job_attempt *attempt = take_attempt_of(p, enqueue(p, "{}"));
	change_job(p, JOB_PAUSE, 0);
	int64_t id = enqueue(p, "{}");
	end_attempt(p, attempt, JOB_END_OK, NULL);
	expect_nothing_begins(p);
	play_reopen(p);
	expect_nothing_begins(p);
	change_job(p, JOB_RESUME, 0);
	end_attempt(p, take_attempt_of(p, id), JOB_END_OK, NULL);
}

JOBS_TEST(a_cancelled_job_never_begins)
{
	struct play *p = *state;
	play_open(p);
	change_job(p, JOB_PAUSE, 0);
	int64_t id = enqueue(p, "{}"), next = enqueue(p, "{}");
	change_job(p, JOB_CANCEL, id);
	change_job(p, JOB_RESUME, 0);
	end_attempt(p, take_attempt_of(p, next), JOB_END_OK, NULL);
	expect_job(p, next, "done 1/0 ");
	assert_int_equal(p->begun, 1);
}

JOBS_TEST(one_cancelled_by_its_unique_key_never_begins)
{
	struct play *p = *state;
	struct store_job_write cancel = {
	    .op = JOB_CANCEL, .job = {.queue = SPAN("q"), .unique = SPAN("key")}};
	struct store_txn txn = {.jobs = &cancel};
	play_open(p);
	change_job(p, JOB_PAUSE, 0);
	(void)enqueue_job(p, (struct store_job){.unique = SPAN("key")});
	int64_t next = enqueue(p, "{}");
	assert_int_equal(store_commit(p->f.store, &txn), STORE_OK);
	change_job(p, JOB_RESUME, 0);
	end_attempt(p, take_attempt_of(p, next), JOB_END_OK, NULL);
	expect_job(p, next, "done 1/0 ");
	assert_int_equal(p->begun, 1);
}

JOBS_TEST(a_job_is_put_off_and_brought_forward)
{
	struct play *p = *state;
	play_open(p);
	int64_t id = enqueue_job(p, (struct store_job){.run_at_ms = NOW_MS + 60000});
	change_job(p, JOB_RETRY, id); /* now */
	end_attempt(p, take_attempt_of(p, id), JOB_END_OK, NULL);
	expect_job(p, id, "done 1/0 ");
}

JOBS_TEST(jobs_without_a_worker_wait_until_there_is_one)
{
	static const struct job_worker other[] = {
	    {"other", 1, 1000, 1, 1, 1, 1, NULL, NULL},
	    {"q", 1, 1000, 1, 1, 1, 1, NULL, NULL},
	};
	struct play *p = *state;
	play_open(p);
	int64_t id = enqueue_job(p, (struct store_job){.queue = SPAN("other")});
	struct job_attempt *attempt = take_attempt_of(p, enqueue(p, "{}"));
	expect_nothing_begins(p);
	assert_int_equal(jobs_set_workers(p->jobs, other, 2, &p->f.err), 0);
	end_attempt(p, take_attempt_of(p, id), JOB_END_OK, NULL);
	int64_t next = enqueue(p, "{}");
	expect_nothing_begins(p); /* one at a time now, and the old one still runs */
	end_attempt(p, attempt, JOB_END_FAILED, "no luck");
	attempt = take_attempt_of(p, next);
	assert_int_equal(attempt->max_tries, 1);
	assert_int_equal(jobs_set_workers(p->jobs, other, 1, &p->f.err), 0);
	end_attempt(
	    p, attempt, JOB_END_FAILED, "no luck"); /* as it was when it began */
	expect_job(p, next, "dead 1/1 ");
	(void)enqueue(p, "{}");
	expect_nothing_begins(p);
}

JOBS_TEST(a_cron_table_that_is_none_changes_nothing)
{
	static const struct job_worker bad[] = {
	    {"q", 1, 1000, 1, 1, 1, 1, "61 * * * *", NULL},
	};
	struct play *p = *state;
	play_open(p);
	assert_int_equal(jobs_set_workers(p->jobs, bad, 1, &p->f.err), -1);
	assert_non_null(strstr(p->f.err.text, "worker 'q': cron"));
	end_attempt(p, take_attempt_of(p, enqueue(p, "{}")), JOB_END_OK, NULL);
}

/* Several windows of them, more than may be under way at once. */
JOBS_TEST(all_of_many_jobs_run_once)
{
	enum { MANY = 3000, BATCH = 500 };

	static bool seen[MANY + 1];
	struct play *p = *state;
	memset(seen, 0, sizeof(seen));
	play_open(p);
	for (int i = 0; i < MANY / BATCH; i++) {
		struct store_job_write *writes = calloc(BATCH, sizeof(*writes));
		for (int n = 0; n < BATCH; n++) {
			writes[n].next = n + 1 < BATCH ? &writes[n + 1] : NULL;
			writes[n].job = (struct store_job){.queue = SPAN("q"),
			    .run_at_ms = NOW_MS,
			    .payload = SPAN("{}")};
		}
		struct store_txn txn = {.jobs = writes};
		assert_int_equal(store_commit(p->f.store, &txn), STORE_OK);
		free(writes);
	}
	for (int i = 0; i < MANY; i++) {
		struct job_attempt *attempt = take_attempt(p);
		assert_in_range(attempt->job.id, 1, MANY);
		assert_false(seen[attempt->job.id]);
		seen[attempt->job.id] = true;
		end_attempt(p, attempt, JOB_END_OK, NULL);
	}
	for (int i = 1; i <= MANY; i++)
		expect_job(p, i, "done 1/0 ");
	expect_nothing_begins(p);
}

/* An empty object and blanks; malloc'd. */
static char *large_payload(size_t size)
{
	char *payload = malloc(size + 1);
	memset(payload, ' ', size);
	memcpy(payload, "{}", 2);
	payload[size] = '\0';
	return payload;
}

/* Payloads that no window holds all of. */
JOBS_TEST(large_jobs_run_too)
{
	enum { SIZE = 3 << 20, COUNT = 8 };

	struct play *p = *state;
	char *payload = large_payload(SIZE);
	play_open(p);
	change_job(p, JOB_PAUSE, 0);
	for (int i = 0; i < COUNT; i++)
		(void)enqueue(p, payload);
	change_job(p, JOB_RESUME, 0);
	for (int i = 0; i < COUNT; i++) {
		struct job_attempt *attempt = take_attempt_of(p, i + 1);
		assert_int_equal(attempt->job.payload.len, SIZE);
		end_attempt(p, attempt, JOB_END_OK, NULL);
	}
	free(payload);
}

/* Commits tell more than is kept in memory while the jobs' thread does not listen. */
JOBS_TEST(what_is_not_heard_of_is_read)
{
	enum { SIZE = 1 << 20, COUNT = 14 };

	struct play *p = *state;
	char *payload = large_payload(SIZE);
	play_open(p);
	(void)pthread_mutex_lock(&p->gate);
	for (int i = 0; i < COUNT; i++)
		(void)enqueue(p, payload);
	change_job(p, JOB_CANCEL, COUNT);
	change_job(p, JOB_CANCEL, COUNT - 5);
	(void)pthread_mutex_unlock(&p->gate);
	for (int i = 1; i < COUNT; i++) {
		if (i != COUNT - 5)
			end_attempt(p, take_attempt_of(p, i), JOB_END_OK, NULL);
	}
	expect_job(p, COUNT - 1, "done 1/0 ");
	expect_nothing_begins(p);
	free(payload);
}

JOBS_TEST(stats_count_tries_by_their_end)
{
	struct play *p = *state;
	struct jobs_stats stats;
	play_open(p);
	int64_t id = enqueue(p, "{}");
	end_attempt(p, take_attempt_of(p, id), JOB_END_OK, NULL);
	end_attempt(p, take_attempt_of(p, enqueue(p, "{}")), JOB_END_FAILED, "a");
	end_attempt(p, take_attempt_of(p, enqueue(p, "{}")), JOB_END_GIVEN_UP, "b");
	end_as(p, take_attempt_of(p, enqueue(p, "{}")),
	    (struct job_outcome){.end = JOB_END_SNOOZED, .snooze_ms = 1000});
	struct job_attempt *attempt = take_attempt_of(p, enqueue(p, "{}"));
	expect_job(p, id, "done 1/0 ");
	expect_job(p, id + 2, "dead 1/1 ");
	for (int i = 0; i < 1000 && (jobs_stats(p->jobs, &stats), stats.snoozed < 1);
	     i++)
		(void)usleep(1000);
	assert_int_equal(stats.started, 5);
	assert_int_equal(stats.done, 1);
	assert_int_equal(stats.failed, 2);
	assert_int_equal(stats.dead, 1);
	assert_int_equal(stats.snoozed, 1);
	assert_int_equal(stats.running, 1);
	end_attempt(p, attempt, JOB_END_OK, NULL);
}
