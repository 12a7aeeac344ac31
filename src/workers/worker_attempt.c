#include "workers/worker_attempt.h"

#include "util/container.h"

enum { GONE_MS = 1000 }; /* by then the queue has no worker any more, or a new one */

/* On the jobs' thread. */
static void worker_attempt_release(void *ctx)
{
	struct worker_attempt *attempt = ctx;
	result_clear(&attempt->result);
	if (attempt->committed != NULL)
		attempt->committed(attempt);
	arena_free(attempt->result_arena);
	arena_free(attempt->arena);
}

static enum job_end worker_attempt_failure(
    const struct worker_attempt *attempt, const struct frame_result *result)
{
	if (attempt->gone)
		return JOB_END_SNOOZED;
	if (!result->ok && result->end == FRAME_INTERRUPTED)
		return JOB_END_INTERRUPTED;
	bool given_up = !result->ok && result->end == FRAME_GIVEN_UP;
	return given_up || attempt->revised_event != 0 ? JOB_END_GIVEN_UP
						       : JOB_END_FAILED;
}

/* On the pool's thread, to spare the jobs' thread the work. */
static void worker_attempt_done(
    struct pool_run *pool_run, const struct frame_result *result, struct arena *arena)
{
	struct worker_attempt *attempt =
	    container_of(pool_run, struct worker_attempt, pool_run);
	const struct frame_run *rows = &pool_run->run;
	struct job_outcome outcome = {
	    .release = worker_attempt_release, .ctx = attempt};
	struct error err;
	int rc = -1;
	attempt->result_arena = arena;
	if (result->ok)
		rc = result_take(&attempt->result, result, rows->first_row,
		    rows->row_count, arena, &err);
	else
		(void)error_set(&err, "%.*s", SPAN_ARG(result->failure));
	if (rc == 0) {
		bool snoozed =
		    attempt->revised_event == 0 && result->end == FRAME_SNOOZED;
		outcome.end = snoozed ? JOB_END_SNOOZED : JOB_END_OK;
		outcome.snooze_ms = result->snooze_ms;
		outcome.writes = attempt->result.writes;
		outcome.jobs = attempt->result.jobs;
		outcome.revised_event = attempt->revised_event;
		outcome.event_state = EVENT_DONE;
	} else {
		outcome.end = worker_attempt_failure(attempt, result);
		outcome.snooze_ms = GONE_MS;
		outcome.error = arena_strdup(arena, err.text);
	}
	jobs_ended(attempt->jobs, attempt->job_attempt, &outcome);
}

void worker_attempt_open(struct worker_attempt *out, struct service *service,
    struct jobs *jobs, struct job_attempt *job_attempt, struct arena *arena)
{
	*out = (struct worker_attempt){
	    .service = service,
	    .jobs = jobs,
	    .job_attempt = job_attempt,
	    .arena = arena,
	    .pool_run = {.done = worker_attempt_done,
		.hang_ms = job_attempt->timeout_ms,
		.run = {.first_row = store_reserve(service->store, FRAME_ROWS),
		    .row_count = FRAME_ROWS}},
	};
}

void worker_attempt_end(
    struct worker_attempt *attempt, enum job_end end, const char *why)
{
	struct job_outcome outcome = {.end = end,
	    .error = arena_strdup(attempt->arena, why),
	    .release = worker_attempt_release,
	    .ctx = attempt};
	jobs_ended(attempt->jobs, attempt->job_attempt, &outcome);
}
