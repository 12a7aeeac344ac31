#include "workers/job_try.h"

#include <stddef.h>

enum { GONE_MS = 1000 }; /* by then the queue has no worker any more, or a new one */

/* On the jobs' thread. */
static void release(void *ctx)
{
	struct job_try *job_try = ctx;
	result_clear(&job_try->result);
	if (job_try->over != NULL)
		job_try->over(job_try);
	arena_free(job_try->told);
	arena_free(job_try->arena);
}

static void succeed(struct job_outcome *out, const struct job_try *job_try,
    const struct frame_result *told)
{
	bool snoozed = job_try->revised_event == 0 && told->end == FRAME_SNOOZED;
	out->end = snoozed ? JOB_END_SNOOZED : JOB_END_OK;
	out->snooze_ms = told->snooze_ms;
	out->writes = job_try->result.writes;
	out->jobs = job_try->result.jobs;
	out->revised_event = job_try->revised_event;
	out->event_state = EVENT_DONE;
}

static enum job_end failed_how(
    const struct job_try *job_try, const struct frame_result *told)
{
	if (job_try->gone)
		return JOB_END_SNOOZED;
	if (!told->ok && told->end == FRAME_INTERRUPTED)
		return JOB_END_INTERRUPTED;
	bool given_up = !told->ok && told->end == FRAME_GIVEN_UP;
	return given_up || job_try->revised_event != 0 ? JOB_END_GIVEN_UP
						       : JOB_END_FAILED;
}

/* On the pool's thread: the jobs' thread has enough to do. */
static void done(
    struct pool_run *pool_run, const struct frame_result *told, struct arena *arena)
{
	struct job_try *job_try =
	    (struct job_try *)((char *)pool_run - offsetof(struct job_try, pool_run));
	const struct frame_run *rows = &pool_run->run;
	struct job_outcome outcome = {.release = release, .ctx = job_try};
	struct error err;
	job_try->told = arena;
	if (!told->ok) {
		(void)error_set(&err, "%.*s", SPAN_ARG(told->failure));
	} else if (result_take(&job_try->result, told, rows->first_row, rows->row_count,
		       arena, &err) == 0) {
		succeed(&outcome, job_try, told);
		jobs_ended(job_try->jobs, job_try->job, &outcome);
		return;
	}
	outcome.end = failed_how(job_try, told);
	outcome.snooze_ms = GONE_MS;
	outcome.error = arena_strdup(arena, err.text);
	jobs_ended(job_try->jobs, job_try->job, &outcome);
}

void job_try_open(struct job_try *out, struct service *service, struct jobs *jobs,
    struct job_run *job, struct arena *arena)
{
	*out = (struct job_try){.service = service, .jobs = jobs, .job = job};
	out->arena = arena;
	out->pool_run = (struct pool_run){.done = done, .hang_ms = job->timeout_ms};
	out->pool_run.run.first_row = store_reserve(service->store, FRAME_ROWS);
	out->pool_run.run.row_count = FRAME_ROWS;
}

void job_try_end(struct job_try *job_try, enum job_end end, const char *why)
{
	struct job_outcome outcome = {.end = end,
	    .error = arena_strdup(job_try->arena, why),
	    .release = release,
	    .ctx = job_try};
	jobs_ended(job_try->jobs, job_try->job, &outcome);
}
