/* From enqueue to commit: how an attempt ends, and what becomes of its job. */
#include "jobs_fixture.h"

#include <signal.h>
#include <sys/resource.h>

static struct store_write effect(const char *doc)
{
	return (struct store_write){.op = STORE_INSERT,
	    .collection = "effects",
	    .doc = span_of(doc),
	    .expect = -1};
}

JOBS_TEST(what_a_job_writes_is_committed_with_its_end)
{
	struct play *p = *state;
	struct store_write write = effect("{\"n\":1}");
	play_open(p);
	int64_t id = enqueue(p, "{\"a\":1}");
	struct job_attempt *attempt = take_attempt_of(p, id);
	assert_true(span_is(attempt->job.payload, "{\"a\":1}"));
	assert_true(span_is(attempt->job.queue, "q"));
	assert_int_equal(attempt->nth, 1);
	assert_int_equal(attempt->max_tries, 3);
	assert_int_equal(attempt->timeout_ms, 60000);
	expect_job(p, id, "running 0/0 ");
	assert_found(&p->f, "effects", NULL, "");
	end_as(p, attempt, (struct job_outcome){.end = JOB_END_OK, .writes = &write});
	expect_job(p, id, "done 1/0 ");
	assert_found(&p->f, "effects", NULL, "{\"n\":1}");
	play_close(p);
	assert_int_equal(p->released, 1);
}

JOBS_TEST(jobs_that_waited_from_before_run)
{
	struct play *p = *state;
	int64_t id = enqueue(p, "{}");
	play_open(p);
	end_attempt(p, take_attempt_of(p, id), JOB_END_OK, NULL);
	expect_job(p, id, "done 1/0 ");
}

JOBS_TEST(a_job_enqueues_further_ones)
{
	struct play *p = *state;
	struct store_job_write next = {.op = JOB_ENQUEUE,
	    .job = {.queue = SPAN("q"), .run_at_ms = 1, .payload = SPAN("{}")}};
	play_open(p);
	struct job_attempt *attempt = take_attempt_of(p, enqueue(p, "{}"));
	end_as(p, attempt, (struct job_outcome){.end = JOB_END_OK, .jobs = &next});
	attempt = take_attempt(p);
	assert_int_equal(attempt->job.id, next.job.id);
	end_attempt(p, attempt, JOB_END_OK, NULL);
	expect_job(p, next.job.id, "done 1/0 ");
}

JOBS_TEST(a_failed_try_undoes_its_writes_and_comes_again_after_its_backoff)
{
	struct play *p = *state;
	struct store_write write = effect("{\"n\":1}");
	play_open(p);
	int64_t id = enqueue(p, "{}");
	struct job_attempt *attempt = take_attempt_of(p, id);
	end_as(p, attempt,
	    (struct job_outcome){
		.end = JOB_END_FAILED, .error = "no luck", .writes = &write});
	expect_job(p, id, "waiting 1/1 ");
	expect_nothing_begins(p);
	p->now_ms += 999;
	expect_nothing_begins(p);
	p->now_ms += 1;
	attempt = take_attempt_of(p, id);
	assert_int_equal(attempt->nth, 2);
	end_attempt(p, attempt, JOB_END_OK, NULL);
	expect_job(p, id, "done 2/1 ");
	assert_found(&p->f, "effects", NULL, "");
}

JOBS_TEST(after_its_last_try_a_job_is_a_dead_letter_and_somebody_is_told)
{
	struct play *p = *state;
	struct store_write words = effect("{\"dead\":true}");
	p->added_on_death = &words;
	play_open(p);
	int64_t id = enqueue(p, "{}");
	static const char *const want[] = {"waiting 1/1 ", "waiting 2/2 ", "dead 3/3 "};
	for (int nth = 1; nth <= 3; nth++) {
		struct job_attempt *attempt = take_attempt_of(p, id);
		assert_int_equal(attempt->nth, nth);
		assert_int_equal(p->died, 0);
		end_attempt(p, attempt, JOB_END_FAILED, "no luck");
		expect_job(p, id, want[nth - 1]);
		p->now_ms += 1000;
	}
	assert_found(&p->f, "effects", NULL, "{\"dead\":true}");
	assert_int_equal(p->died, 1);
	assert_string_equal(p->why, "no luck");
	change_job(p, JOB_RETRY, id);
	end_attempt(p, take_attempt_of(p, id), JOB_END_OK, NULL);
	expect_job(p, id, "done 1/3 ");
}

JOBS_TEST(a_dead_letter_is_one_also_when_telling_fails)
{
	struct play *p = *state;
	int64_t nobody = 999;
	struct store_write words = {.op = STORE_REMOVE,
	    .collection = "effects",
	    .ids = &nobody,
	    .id_count = 1,
	    .expect = 1};
	p->added_on_death = &words;
	play_open(p);
	int64_t id = enqueue(p, "{}");
	end_attempt(p, take_attempt_of(p, id), JOB_END_GIVEN_UP, "no such number");
	expect_job(p, id, "dead 1/1 ");
}

JOBS_TEST(one_that_gives_up_is_dead_at_once)
{
	struct play *p = *state;
	play_open(p);
	int64_t id = enqueue(p, "{}");
	end_attempt(p, take_attempt_of(p, id), JOB_END_GIVEN_UP, "no such number");
	expect_job(p, id, "dead 1/1 ");
	assert_string_equal(p->why, "no such number");
}

JOBS_TEST(a_snooze_is_no_try_and_commits_what_was_written)
{
	struct play *p = *state;
	struct store_write write = effect("{\"n\":1}");
	play_open(p);
	int64_t id = enqueue(p, "{}");
	for (int i = 0; i < 5; i++) {
		struct job_attempt *attempt = take_attempt_of(p, id);
		assert_int_equal(attempt->nth, 1);
		end_as(p, attempt,
		    (struct job_outcome){.end = JOB_END_SNOOZED,
			.snooze_ms = 5000,
			.writes = i == 0 ? &write : NULL});
		expect_job(p, id, "waiting 0/0 ");
		expect_nothing_begins(p);
		p->now_ms += 5000;
	}
	end_attempt(p, take_attempt_of(p, id), JOB_END_OK, NULL);
	expect_job(p, id, "done 1/0 ");
	assert_found(&p->f, "effects", NULL, "{\"n\":1}");
}

JOBS_TEST(an_interrupted_try_never_was)
{
	struct play *p = *state;
	play_open(p);
	int64_t id = enqueue(p, "{}");
	struct job_attempt *attempt = take_attempt_of(p, id);
	jobs_stop(p->jobs);
	end_attempt(p, attempt, JOB_END_INTERRUPTED, "stopping");
	play_reopen(p);
	attempt = take_attempt_of(p, id);
	assert_int_equal(attempt->nth, 1);
	end_attempt(p, attempt, JOB_END_OK, NULL);
	expect_job(p, id, "done 1/0 ");
}

JOBS_TEST(nothing_starts_after_a_stop)
{
	struct play *p = *state;
	play_open(p);
	jobs_stop(p->jobs);
	(void)enqueue(p, "{}");
	expect_nothing_begins(p);
}

JOBS_TEST(what_a_cancelled_job_did_is_undone)
{
	struct play *p = *state;
	struct store_write write = effect("{\"n\":1}");
	play_open(p);
	int64_t id = enqueue(p, "{}");
	struct job_attempt *attempt = take_attempt_of(p, id);
	change_job(p, JOB_CANCEL, id);
	end_as(p, attempt, (struct job_outcome){.end = JOB_END_OK, .writes = &write});
	end_attempt(p, take_attempt_of(p, enqueue(p, "{}")), JOB_END_OK, NULL);
	play_close(p);
	expect_job(p, id, "cancelled 0/0 ");
	assert_found(&p->f, "effects", NULL, "");
	assert_int_equal(p->released, 2);
}

JOBS_TEST(cancelled_and_retried_while_it_ran_it_runs_once_more_at_most)
{
	struct play *p = *state;
	play_open(p);
	int64_t id = enqueue(p, "{}");
	end_attempt(p, take_attempt_of(p, id), JOB_END_FAILED, "no luck");
	expect_job(p, id, "waiting 1/1 ");
	p->now_ms += 1000;
	struct job_attempt *attempt = take_attempt_of(p, id); /* attempt 2 */
	change_job(p, JOB_CANCEL, id);
	change_job(p, JOB_RETRY, id);
	expect_nothing_begins(p);
	end_attempt(
	    p, attempt, JOB_END_OK, NULL); /* fenced: it has no tries any more */
	attempt = take_attempt_of(p, id);
	assert_int_equal(attempt->nth, 1);
	end_attempt(p, attempt, JOB_END_OK, NULL);
	expect_job(p, id, "done 1/1 ");
}

JOBS_TEST(a_write_that_does_not_fit_is_a_failed_try)
{
	struct play *p = *state;
	int64_t nobody = 999;
	struct store_write write = {.op = STORE_REMOVE,
	    .collection = "effects",
	    .ids = &nobody,
	    .id_count = 1,
	    .expect = 1};
	static const char *const want[] = {"waiting 1/1 ", "waiting 2/2 ", "dead 3/3 "};
	play_open(p);
	int64_t id = enqueue(p, "{}");
	for (int nth = 1; nth <= 3; nth++) {
		struct job_attempt *attempt = take_attempt_of(p, id);
		end_as(p, attempt,
		    (struct job_outcome){.end = JOB_END_OK, .writes = &write});
		expect_job(p, id, want[nth - 1]);
		p->now_ms += 1000;
	}
	assert_int_equal(p->died, 1);
}

JOBS_TEST(a_job_whose_tries_are_used_up_does_not_run)
{
	struct play *p = *state;
	int64_t id = enqueue(p, "{}");
	for (int nth = 1; nth <= 3; nth++) { /* servers that die */
		assert_true(store_job_began(p->f.store, id, nth));
		fixture_reopen(&p->f);
	}
	expect_job(p, id, "waiting 3/3 ");
	play_open(p);
	expect_job(p, id, "dead 3/4 ");
	assert_int_equal(p->begun, 0);
	assert_string_equal(
	    p->why, "not tried again: 3 tries were begun, and at most 3 are allowed");
}

JOBS_TEST(progress_is_stored_and_the_last_one_wins)
{
	struct play *p = *state;
	play_open(p);
	int64_t id = enqueue(p, "{}");
	struct job_attempt *attempt = take_attempt_of(p, id);
	jobs_progress(p->jobs, id, SPAN("10%"));
	expect_job(p, id, "running 0/0 10%");
	jobs_progress(p->jobs, id, SPAN("20%"));
	jobs_progress(p->jobs, id, SPAN("30%"));
	expect_job(p, id, "running 0/0 30%");
	jobs_progress(p->jobs, id, SPAN("99%"));
	end_attempt(p, attempt, JOB_END_OK, NULL);
	expect_job(p, id, "done 1/0 99%");
	jobs_progress(p->jobs, id, SPAN("too late"));
	jobs_progress(p->jobs, 4711, SPAN("nobody"));
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

JOBS_TEST(a_full_disk_loses_no_effect_and_runs_nothing_twice)
{
	struct play *p = *state;
	struct store_write write = effect("{\"n\":1}");
	play_open(p);
	int64_t first = enqueue(p, "{}"), second = enqueue(p, "{}");
	struct job_attempt *attempt = take_attempt_of(p, first);
	struct job_attempt *other = take_attempt_of(p, second);
	limit_files(4096);
	end_as(p, attempt, (struct job_outcome){.end = JOB_END_OK, .writes = &write});
	while (store_healthy(p->f.store, NULL))
		(void)usleep(1000);
	end_attempt(p, other, JOB_END_FAILED, "no luck");
	limit_files(RLIM_INFINITY);
	expect_job(p, first, "done 1/0 ");
	expect_job(p, second, "waiting 1/1 ");
	assert_found(&p->f, "effects", NULL, "{\"n\":1}");
	assert_int_equal(p->begun, 2);
}

JOBS_TEST(a_server_that_stops_on_a_full_disk_counts_the_try)
{
	struct play *p = *state;
	play_open(p);
	int64_t id = enqueue(p, "{}");
	struct job_attempt *attempt = take_attempt_of(p, id);
	limit_files(4096);
	end_attempt(p, attempt, JOB_END_OK, NULL);
	while (store_healthy(p->f.store, NULL))
		(void)usleep(1000);
	play_close(p);
	assert_int_equal(p->released, 1);
	limit_files(RLIM_INFINITY);
	fixture_reopen(&p->f);
	expect_job(p, id, "waiting 1/1 ");
}
