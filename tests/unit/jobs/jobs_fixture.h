/* jobs_fixture -- queues at work on a store of their own, with a clock and a runner that
 * do what a test says. */
#ifndef OFFHOOK_TESTS_JOBS_FIXTURE_H
#define OFFHOOK_TESTS_JOBS_FIXTURE_H

#include "unit/store/store_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "jobs/jobs.h"
#include "util/mem.h"

enum { ATTEMPTS_MAX = 8192, PATIENCE_S = 20, NOW = 1700000000 };

#define NOW_MS ((int64_t)NOW * 1000)

struct play {
	struct fixture f;
	struct jobs *jobs;
	struct jobs_config config;
	_Atomic int64_t now_ms;
	pthread_mutex_t gate; /* while a test holds it, the jobs' thread gets no further
			       * than its next start */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct job_attempt *attempts[ATTEMPTS_MAX]; /* all that began; NULL: ended */
	size_t first, count; /* those that the test has not taken */
	int begun;           /* all that ever did; so are the others */
	int released;        /* outcomes */
	int died;
	char why[256];                      /* of the last death */
	struct store_write *added_on_death; /* what a death adds; NULL: nothing */
};

static inline int64_t play_clock(void *ctx)
{
	struct play *p = ctx;
	return p->now_ms;
}

static inline void play_attempt(void *ctx, struct job_attempt *attempt)
{
	struct play *p = ctx;
	(void)pthread_mutex_lock(&p->gate);
	(void)pthread_mutex_unlock(&p->gate);
	(void)pthread_mutex_lock(&p->mutex);
	assert_true(p->first + p->count < ATTEMPTS_MAX);
	p->attempts[p->first + p->count++] = attempt;
	p->begun++;
	(void)pthread_cond_broadcast(&p->changed);
	(void)pthread_mutex_unlock(&p->mutex);
}

static inline void play_died(void *ctx, const struct job_attempt *attempt,
    const char *error, struct store_txn *txn, struct arena *arena)
{
	struct play *p = ctx;
	(void)attempt;
	(void)pthread_mutex_lock(&p->mutex);
	p->died++;
	(void)snprintf(p->why, sizeof(p->why), "%s", error);
	if (p->added_on_death != NULL) {
		struct store_write *write = arena_alloc(arena, sizeof(*write));
		*write = *p->added_on_death;
		write->next = txn->writes;
		txn->writes = write;
	}
	(void)pthread_mutex_unlock(&p->mutex);
}

static inline void play_release(void *ctx)
{
	struct play *p = ctx;
	(void)pthread_mutex_lock(&p->mutex);
	p->released++;
	(void)pthread_mutex_unlock(&p->mutex);
}

static inline void play_open(struct play *p)
{
	p->config.store = p->f.store;
	if (jobs_open(&p->jobs, &p->config, &p->f.err) < 0)
		fail_msg("%s", p->f.err.text);
}

/* The server stops in good order: what runs is interrupted by the test before. */
static inline void play_close(struct play *p)
{
	jobs_close(p->jobs);
	p->jobs = NULL;
}

static inline void play_reopen(struct play *p)
{
	play_close(p);
	fixture_reopen(&p->f);
	play_open(p);
}

/* One worker, on queue "q"; change them before play_open. */
static struct job_worker play_workers[4] = {
    {"q", 3, 60000, 4, 1000, 0, 1000, NULL, NULL}};

static inline int play_setup(void **state)
{
	struct play *p = calloc(1, sizeof(*p));
	void *fixture;
	(void)fixture_setup(&fixture);
	p->f = *(struct fixture *)fixture;
	p->f.config.dir = p->f.dir;
	free(fixture);
	(void)pthread_mutex_init(&p->gate, NULL);
	(void)pthread_mutex_init(&p->mutex, NULL);
	(void)pthread_cond_init(&p->changed, NULL);
	p->now_ms = NOW_MS;
	p->config = (struct jobs_config){.workers = play_workers,
	    .worker_count = 1,
	    .runner = {.run = play_attempt, .died = play_died, .ctx = p},
	    .now_ms = play_clock,
	    .now_ctx = p};
	*state = p;
	return 0;
}

/* What a test that failed has left. */
static inline void interrupt_all(struct play *p)
{
	struct job_outcome outcome = {.end = JOB_END_INTERRUPTED};
	jobs_stop(p->jobs);
	(void)usleep(10000);
	(void)pthread_mutex_lock(&p->mutex);
	for (size_t i = 0; i < p->first + p->count; i++) {
		if (p->attempts[i] != NULL)
			jobs_ended(p->jobs, p->attempts[i], &outcome);
	}
	(void)pthread_mutex_unlock(&p->mutex);
}

static inline int play_teardown(void **state)
{
	struct play *p = *state;
	char command[96];
	if (p->jobs != NULL)
		interrupt_all(p);
	play_close(p);
	fixture_close(&p->f);
	(void)snprintf(command, sizeof(command), "rm -rf %s", p->f.parent);
	assert_int_equal(system(command), 0);
	(void)pthread_cond_destroy(&p->changed);
	(void)pthread_mutex_destroy(&p->mutex);
	(void)pthread_mutex_destroy(&p->gate);
	free(p);
	return 0;
}

#define JOBS_TEST(name) TEST_WITH(name, play_setup, play_teardown)

/* ---- jobs ---- */

static inline int64_t enqueue_job(struct play *p, struct store_job job)
{
	struct store_job_write write = {.op = JOB_ENQUEUE, .job = job};
	struct store_txn txn = {.jobs = &write};
	if (write.job.queue.ptr == NULL)
		write.job.queue = SPAN("q");
	if (write.job.payload.ptr == NULL)
		write.job.payload = SPAN("{}");
	if (write.job.run_at_ms == 0)
		write.job.run_at_ms = p->now_ms;
	write.job.created_at_ms = p->now_ms;
	if (store_commit(p->f.store, &txn) != STORE_OK)
		fail_msg("%s", txn.error.text);
	return write.job.id;
}

static inline int64_t enqueue(struct play *p, const char *payload)
{
	return enqueue_job(p, (struct store_job){.payload = span_of(payload)});
}

static inline void change_job(struct play *p, enum job_op op, int64_t id)
{
	struct store_job_write write = {.op = op, .now_ms = p->now_ms};
	struct store_txn txn = {.jobs = &write};
	write.job.id = id;
	write.job.run_at_ms = p->now_ms;
	write.job.queue = SPAN("q");
	assert_int_equal(store_commit(p->f.store, &txn), STORE_OK);
	assert_true(write.changed);
}

/* "state tries/errors progress" */
static inline void describe_job(struct play *p, int64_t id, char out[512])
{
	struct arena *arena = arena_new();
	struct store_job job;
	int rc = store_job_get(p->f.reader, id, arena, &job, &p->f.err);
	if (rc < 0)
		fail_msg("%s", p->f.err.text);
	(void)snprintf(out, 512, "none");
	if (rc == 1) {
		json_t *errors = job.errors.ptr == NULL ? json_array()
							: json_loadb(job.errors.ptr,
							      job.errors.len, 0, NULL);
		(void)snprintf(out, 512, "%s %d/%zu %.*s", job_state_name(job.state),
		    job.tries, json_array_size(errors), SPAN_ARG(job.progress));
		json_decref(errors);
	}
	arena_free(arena);
}

/* Waits until the job is as `want` says ("done 1/0 "). */
static inline void expect_job(struct play *p, int64_t id, const char *want)
{
	char got[512];
	for (int i = 0; i < PATIENCE_S * 1000; i++) {
		describe_job(p, id, got);
		if (strcmp(got, want) == 0)
			return;
		(void)usleep(1000);
	}
	assert_string_equal(got, want);
}

/* ---- attempts ---- */

/* The next one that begins. */
static inline struct job_attempt *take_attempt(struct play *p)
{
	struct timespec until;
	struct job_attempt *attempt = NULL;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	(void)pthread_mutex_lock(&p->mutex);
	while (p->count == 0 &&
	       pthread_cond_timedwait(&p->changed, &p->mutex, &until) == 0)
		;
	if (p->count > 0) {
		attempt = p->attempts[p->first++];
		p->count--;
	}
	(void)pthread_mutex_unlock(&p->mutex);
	assert_non_null(attempt);
	return attempt;
}

static inline struct job_attempt *take_attempt_of(struct play *p, int64_t id)
{
	struct job_attempt *attempt = take_attempt(p);
	assert_int_equal(attempt->job.id, id);
	return attempt;
}

static inline void end_as(
    struct play *p, struct job_attempt *attempt, struct job_outcome how)
{
	how.release = play_release;
	how.ctx = p;
	(void)pthread_mutex_lock(&p->mutex);
	for (size_t i = 0; i < p->first; i++) {
		if (p->attempts[i] == attempt)
			p->attempts[i] = NULL;
	}
	(void)pthread_mutex_unlock(&p->mutex);
	jobs_ended(p->jobs, attempt, &how);
}

static inline void end_attempt(
    struct play *p, struct job_attempt *attempt, enum job_end end, const char *error)
{
	end_as(p, attempt, (struct job_outcome){.end = end, .error = error});
}

/* For a while, as long as the jobs' thread needs many times over. */
static inline void expect_nothing_begins(struct play *p)
{
	(void)usleep(30000);
	(void)pthread_mutex_lock(&p->mutex);
	size_t count = p->count;
	(void)pthread_mutex_unlock(&p->mutex);
	assert_int_equal(count, 0);
}

#endif
