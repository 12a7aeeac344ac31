/* pool: what is different when the events are jobs. */
#include <sys/resource.h>

#include "pool_bench.h"

static void fill_job(struct sent *job, int number, const char *body)
{
	fill(job, number, body);
	job->run.is_job = true;
	job->run.job = (struct frame_job_run){.nth = 1,
	    .max = 20,
	    .job_id = number,
	    .queue = SPAN("remind"),
	    .payload = span_of(job->body)};
}

static void post_job(
    struct bench *bench, struct sent *job, int number, const char *body)
{
	fill_job(job, number, body);
	submit(bench, job);
}

TEST(each_job_has_a_time_of_its_own)
{
	struct bench bench;
	struct sent jobs[3];
	start(&bench);
	for (int i = 0; i < 3; i++)
		fill_job(&jobs[i], i, "sleep 600000");
	jobs[0].run.hang_ms = 1000;
	jobs[1].run.hang_ms = 150;
	fill_job(&jobs[2], 2, "sleep 700");
	for (int i = 0; i < 3; i++)
		submit(&bench, &jobs[i]);
	await_all(jobs, 3);
	assert_string_equal(
	    jobs[0].failure, "the worker ran for more than 1 s and was killed");
	assert_string_equal(
	    jobs[1].failure, "the worker ran for more than 150 ms and was killed");
	assert_true(!jobs[0].ok && !jobs[1].ok && jobs[2].ok);
	tear_down(&bench);
}

TEST(a_crash_is_the_workers)
{
	struct bench bench;
	struct sent job;
	start(&bench);
	post_job(&bench, &job, 1, "crash");
	await(&job);
	assert_false(job.ok);
	assert_int_equal(job.end, FRAME_END);
	assert_string_equal(job.failure, "the worker crashed (SIGSEGV)");
	tear_down(&bench);
}

/* ---- progress ---- */

struct told {
	atomic_int times;
	int64_t job_id;
	char text[64];
};

static void note_progress(void *ctx, struct pool_run *run, struct span text)
{
	struct told *told = ctx;
	told->job_id = run->job.job_id;
	(void)snprintf(told->text, sizeof(told->text), "%.*s", SPAN_ARG(text));
	atomic_fetch_add(&told->times, 1);
}

TEST(progress_is_told_while_the_job_runs)
{
	struct bench bench;
	struct sent sent[3];
	struct told told = {0};
	set_up(&bench, "well");
	bench.config.progress = note_progress;
	bench.config.ctx = &told;
	open_pool(&bench);
	post_job(&bench, &sent[0], 1, "tell");
	await(&sent[0]);
	/* One that comes after the job's end is passed over, and so is an event's. */
	post(&bench, &sent[1], 2, "tell");
	await(&sent[1]);
	post(&bench, &sent[2], 3, "ok");
	await(&sent[2]);
	assert_ok(sent, 0, 3);
	assert_int_equal(atomic_load(&told.times), 1);
	assert_int_equal(told.job_id, 1);
	assert_string_equal(told.text, "half way\xef\xbf\xbd");
	tear_down(&bench);
}

/* ---- yielding ---- */

TEST(workers_yield_to_the_server)
{
	struct bench bench;
	struct sent job;
	char want[16];
	int nice = getpriority(PRIO_PROCESS, 0);
	(void)snprintf(want, sizeof(want), "%d", nice + 5 > 19 ? 19 : nice + 5);
	set_up(&bench, "well");
	bench.config.nice = 5;
	open_pool(&bench);
	post_job(&bench, &job, 1, "nice");
	await(&job);
	assert_string_equal(job.reply, want);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), nice);
	tear_down(&bench);
}

/* With quick ones before, so that they are kept together as quick ones are. */
TEST(slow_jobs_run_side_by_side)
{
	struct bench bench;
	static struct sent quick[100];
	struct sent slow[6];
	set_up(&bench, "well");
	bench.config.processes = 6;
	open_pool(&bench);
	for (int i = 0; i < 100; i++)
		post_job(&bench, &quick[i], i, "ok");
	await_all(quick, 100);
	int64_t begun_us = clock_mono_us();
	for (int i = 0; i < 6; i++)
		post_job(&bench, &slow[i], 100 + i, "sleep 2000");
	await_all(slow, 6);
	assert_ok(slow, 0, 6);
	/* One after another it would be 12 s. */
	assert_true(clock_mono_us() - begun_us < 8000000);
	tear_down(&bench);
}

/* ---- ending ---- */

TEST(what_the_end_of_the_server_cuts_short_is_interrupted)
{
	struct bench bench;
	struct sent jobs[40];
	int ended = 0;
	set_up(&bench, "well");
	bench.config.max_processes = 2;
	open_pool(&bench);
	for (int i = 0; i < 40; i++)
		post_job(&bench, &jobs[i], i, "sleep 20000");
	tear_down(&bench);
	for (int i = 0; i < 40; i++) {
		assert_int_equal(atomic_load(&jobs[i].done), 1);
		assert_false(jobs[i].ok);
		assert_int_equal(jobs[i].end, FRAME_INTERRUPTED);
		ended += strstr(jobs[i].failure, "still running") != NULL;
	}
	assert_in_range(ended, 1, 40);
}

int main(void)
{
	log_setup(LOG_TEXT, LOG_ERROR + 1);
	return test_run();
}
