/* What is left of jobs when the server ends: in good order, killed, or in the middle of
 * something. */
#include "engines/engines.h"
#include "job_fixture.h"

#include <signal.h>
#include <sys/wait.h>

/* Runs `before` in a process that owns the store and is killed then. */
static void killed_after(struct fixture *f, void (*before)(struct fixture *f))
{
	fixture_close(f);
	pid_t pid = fork();
	if (pid == 0) {
		fixture_open(f);
		before(f);
		(void)kill(getpid(), SIGKILL);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void begin(struct fixture *f, int64_t id, int try)
{
	assert_true(store_job_began(f->store, id, try));
}

/* 1: tried once before, running; 2: settled and ended; 3: settled, not yet ended; 4: not
 * begun; 5: begun and cancelled; 6: begun, cancelled, redriven. */
static void run_some(struct fixture *f)
{
	for (int i = 0; i < 6; i++)
		(void)enqueue(f, new_job("q", "{}"));
	begin(f, 1, 1);
	struct store_job_write write = settled(1, 1, JOB_WAITING);
	write.error = SPAN("first");
	(void)done(f, write);
	store_job_ended(f->store, 1);
	begin(f, 1, 2);
	begin(f, 2, 1);
	(void)done(f, settled(2, 1, JOB_DONE));
	store_job_ended(f->store, 2);
	begin(f, 3, 1);
	write = settled(3, 1, JOB_WAITING);
	write.job.run_at_ms = T0 + 999;
	(void)done(f, write);
	begin(f, 5, 1);
	(void)done(f, change_of(JOB_CANCEL, 5));
	begin(f, 6, 1);
	(void)done(f, change_of(JOB_CANCEL, 6));
	(void)done(f, change_of(JOB_RETRY, 6));
}

static void assert_tries(
    struct fixture *f, int64_t id, int tries, int64_t run_at_ms, size_t errors)
{
	struct kept_job kept = get_job(f, id);
	json_t *list = kept.job.errors.ptr == NULL ? NULL
						   : json_loadb(kept.job.errors.ptr,
							 kept.job.errors.len, 0, NULL);
	assert_int_equal(kept.job.tries, tries);
	assert_int_equal(kept.job.run_at_ms, run_at_ms);
	assert_int_equal(json_array_size(list), errors);
	json_decref(list);
	arena_free(kept.arena);
}

STORE_TEST(a_try_counts_although_the_server_was_killed)
{
	struct fixture *f = *state;
	killed_after(f, run_some);
	fixture_open(f);
	assert_jobs(
	    f, "1 waiting, 2 done, 3 waiting, 4 waiting, 5 cancelled, 6 waiting");
	assert_tries(f, 1, 2, T0 + 500, 2);
	assert_tries(f, 2, 1, T0, 0);
	assert_tries(f, 3, 1, T0 + 999, 0);
	assert_tries(f, 4, 0, T0, 0);
	assert_tries(f, 6, 1, T0 + 700, 1);
	struct kept_job kept = get_job(f, 1);
	assert_non_null(memmem(kept.job.errors.ptr, kept.job.errors.len,
	    "\"error\":\"the server stopped while it ran\"", 41));
	arena_free(kept.arena);
	/* Counted once, also when it is opened again. */
	fixture_reopen(f);
	assert_tries(f, 1, 2, T0 + 500, 2);
	(void)done(f, settled(1, 3, JOB_DONE));
}

static void begin_three_times(struct fixture *f)
{
	(void)enqueue(f, new_job("q", "{}"));
	begin(f, 1, 1);
}

static void begin_again(struct fixture *f)
{
	struct kept_job kept = get_job(f, 1);
	begin(f, 1, kept.job.tries + 1);
}

STORE_TEST(a_job_that_kills_the_server_counts_up)
{
	struct fixture *f = *state;
	killed_after(f, begin_three_times);
	for (int tries = 1; tries < 4; tries++) {
		fixture_open(f);
		assert_tries(f, 1, tries, T0, (size_t)tries);
		killed_after(f, begin_again);
	}
	fixture_open(f);
	assert_tries(f, 1, 4, T0, 4);
}

static void hold_a_group_up(struct fixture *f)
{
	(void)enqueue(f, grouped_job("q", "a"));
	(void)enqueue(f, grouped_job("q", "a"));
	begin(f, 1, 1);
}

STORE_TEST(a_group_keeps_its_order_over_a_kill)
{
	struct fixture *f = *state;
	killed_after(f, hold_a_group_up);
	fixture_open(f);
	assert_jobs(f, "1 waiting, 2 blocked");
	assert_tries(f, 1, 1, T0, 1);
}

/* ---- running, as others see it ---- */

STORE_TEST(a_running_job_shows_while_its_server_lives)
{
	struct fixture *f = *state;
	struct store_reader *other = NULL;
	struct store_job_query all = {0}, running = {.states = 1 << JOB_RUNNING};
	struct store_job_query waiting = {.states = 1 << JOB_WAITING};
	for (int i = 0; i < 3; i++)
		(void)enqueue(f, new_job("q", "{}"));
	begin(f, 2, 1);
	begin(f, 3, 7); /* not its next try: stale */
	if (store_reader_open(&other, engines_for(f->dir), f->dir, &f->err) < 0)
		fail_msg("%s", f->err.text);
	struct store_reader *readers[] = {f->reader, other};
	for (size_t i = 0; i < 2; i++) {
		assert_jobs_of(readers[i], all, "1 waiting, 2 running, 3 waiting");
		assert_jobs_of(readers[i], running, "2 running");
		assert_jobs_of(readers[i], waiting, "1 waiting, 3 waiting");
	}
	assert_due(f, "q", T0, "1 2 3");
	(void)done(f, settled(2, 1, JOB_WAITING));
	assert_jobs_of(other, all, "1 waiting, 2 waiting, 3 waiting");
	store_job_ended(f->store, 2);
	begin(f, 2, 2);
	assert_jobs_of(other, all, "1 waiting, 2 running, 3 waiting");
	fixture_close(f);
	assert_jobs_of(other, all, "1 waiting, 2 waiting, 3 waiting");
	store_reader_close(other);
	fixture_open(f);
	assert_tries(f, 2, 2, T0 + 500, 1);
}

STORE_TEST(no_more_run_than_there_is_room_for)
{
	struct fixture *f = *state;
	for (int i = 1; i <= STORE_JOBS_RUNNING; i++)
		begin(f, i, 1);
	assert_false(store_job_began(f->store, STORE_JOBS_RUNNING + 1, 1));
	store_job_ended(f->store, 9);
	begin(f, STORE_JOBS_RUNNING + 1, 1);
}

/* ---- ids ---- */

STORE_TEST(an_id_is_never_given_twice)
{
	struct fixture *f = *state;
	for (int i = 1; i <= 3; i++)
		assert_int_equal(enqueue(f, new_job("q", "{}")), i);
	for (int i = 1; i <= 3; i++) {
		(void)done(f, settled(i, 1, JOB_DONE));
		(void)done(f, change_of(JOB_DROP, i));
	}
	fixture_reopen(f);
	assert_int_equal(enqueue(f, new_job("q", "{}")), 4);
	fixture_reopen(f);
	assert_int_equal(enqueue(f, new_job("q", "{}")), 5);
}

static void drop_the_last(struct fixture *f)
{
	(void)enqueue(f, new_job("q", "{}"));
	(void)enqueue(f, new_job("q", "{}"));
	(void)done(f, change_of(JOB_CANCEL, 2));
	(void)done(f, change_of(JOB_DROP, 2));
}

STORE_TEST(nor_after_a_kill)
{
	struct fixture *f = *state;
	killed_after(f, drop_the_last);
	fixture_open(f);
	assert_int_equal(enqueue(f, new_job("q", "{}")), 3);
}
