/* What happens by the clock: cron tables, and the pruning of history. */
#include "jobs_fixture.h"

static void use_cron(struct play *p, const char *cron, const char *zone)
{
	static struct job_worker workers[1];
	workers[0] = play_workers[0];
	workers[0].cron = cron;
	workers[0].zone = zone;
	p->config.workers = workers;
}

/* NOW is 2023-11-14T22:13:20Z. */
static void expect_time(const struct job_attempt *attempt, const char *want)
{
	char payload[64];
	(void)snprintf(payload, sizeof(payload), "{\"time\":\"%s\"}", want);
	assert_true(span_is(attempt->job.payload, payload));
}

JOBS_TEST(a_worker_runs_at_the_times_of_its_table)
{
	struct play *p = *state;
	use_cron(p, "*/5 * * * *", NULL);
	play_open(p);
	expect_job(p, 1, "waiting 0/0 ");
	expect_nothing_begins(p);
	p->now_ms = NOW_MS + 100000;
	struct job_attempt *attempt = take_attempt_of(p, 1);
	expect_time(attempt, "2023-11-14T22:15:00.000Z");
	expect_job(p, 2, "waiting 0/0 ");
	p->now_ms += 300000; /* the next time does not wait for the last run's end */
	struct job_attempt *next = take_attempt_of(p, 2);
	expect_time(next, "2023-11-14T22:20:00.000Z");
	end_attempt(p, attempt, JOB_END_OK, NULL);
	end_attempt(p, next, JOB_END_OK, NULL);
}

JOBS_TEST(no_time_runs_twice_whatever_the_clock_does)
{
	struct play *p = *state;
	use_cron(p, "*/5 * * * *", NULL);
	play_open(p);
	expect_job(p, 1, "waiting 0/0 ");
	p->now_ms = NOW_MS + 100000;
	end_attempt(p, take_attempt_of(p, 1), JOB_END_OK, NULL);
	expect_job(p, 1, "done 1/0 ");
	p->now_ms = NOW_MS;
	play_reopen(p);
	p->now_ms = NOW_MS + 399999;
	expect_nothing_begins(p);
	expect_job(p, 2, "waiting 0/0 ");
	p->now_ms = NOW_MS + 400000;
	end_attempt(p, take_attempt_of(p, 2), JOB_END_OK, NULL);
	assert_int_equal(p->begun, 2);
}

JOBS_TEST(times_that_passed_without_a_server_are_made_up_for_by_one_run)
{
	struct play *p = *state;
	use_cron(p, "*/5 * * * *", NULL);
	play_open(p);
	expect_job(p, 1, "waiting 0/0 ");
	play_close(p);
	fixture_reopen(&p->f);
	p->now_ms = NOW_MS + 3600000;
	play_open(p);
	struct job_attempt *attempt = take_attempt_of(p, 1);
	expect_time(attempt, "2023-11-14T22:15:00.000Z");
	end_attempt(p, attempt, JOB_END_OK, NULL);
	expect_nothing_begins(p);
	p->now_ms += 100000;
	attempt = take_attempt(p);
	expect_time(attempt, "2023-11-14T23:15:00.000Z");
	end_attempt(p, attempt, JOB_END_OK, NULL);
}

JOBS_TEST(so_are_times_that_passed_while_the_queue_was_paused)
{
	struct play *p = *state;
	use_cron(p, "*/5 * * * *", NULL);
	play_open(p);
	expect_job(p, 1, "waiting 0/0 ");
	change_job(p, JOB_PAUSE, 0);
	for (int i = 0; i < 5; i++) {
		p->now_ms += 300000;
		expect_nothing_begins(p);
	}
	change_job(p, JOB_RESUME, 0);
	end_attempt(p, take_attempt_of(p, 1), JOB_END_OK, NULL);
	expect_job(p, 2, "waiting 0/0 ");
	expect_nothing_begins(p);
	p->now_ms += 100000;
	struct job_attempt *attempt = take_attempt_of(p, 2);
	expect_time(attempt, "2023-11-14T22:40:00.000Z");
	end_attempt(p, attempt, JOB_END_OK, NULL);
}

JOBS_TEST(a_job_of_a_table_that_is_gone_is_cancelled)
{
	struct play *p = *state;
	use_cron(p, "*/5 * * * *", NULL);
	play_open(p);
	expect_job(p, 1, "waiting 0/0 ");
	play_close(p);
	use_cron(p, "*/5 * * * *", "Europe/Stockholm");
	play_open(p);
	expect_job(p, 2, "waiting 0/0 ");
	p->now_ms = NOW_MS + 100000;
	end_attempt(p, take_attempt_of(p, 2), JOB_END_OK, NULL);
	expect_job(p, 1, "cancelled 0/0 ");
}

JOBS_TEST(what_ended_long_ago_is_dropped_dead_letters_later)
{
	enum { DAY = 24 * 3600 * 1000, MANY = 450 };

	struct play *p = *state;
	play_open(p);
	int64_t dead = enqueue(p, "{}");
	end_attempt(p, take_attempt_of(p, dead), JOB_END_GIVEN_UP, "no luck");
	for (int i = 0; i < MANY; i++)
		end_attempt(p, take_attempt_of(p, enqueue(p, "{}")), JOB_END_OK, NULL);
	expect_job(p, dead, "dead 1/1 ");
	play_close(p);
	p->now_ms = NOW_MS + 7 * (int64_t)DAY - 1000;
	play_open(p);
	(void)usleep(50000);
	play_close(p);
	for (int i = 0; i < MANY; i++)
		expect_job(p, dead + 1 + i, "done 1/0 ");
	p->now_ms = NOW_MS + 7 * (int64_t)DAY + 1;
	play_open(p);
	for (int i = 0; i < MANY; i++)
		expect_job(p, dead + 1 + i, "none");
	expect_job(p, dead, "dead 1/1 ");
	play_close(p);
	p->config.keep_dead_ms = 7 * (int64_t)DAY;
	play_open(p);
	expect_job(p, dead, "none");
}
