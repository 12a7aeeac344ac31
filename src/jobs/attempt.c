#include "jobs/attempt.h"

#include <stdio.h>
#include <stdlib.h>

#include "jobs/backoff.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/utf8.h"

enum { ERROR_CHARS = 1000 }; /* of a try's error, as it is kept */

struct attempt *attempt_new(struct board_item *item, struct jobs *jobs)
{
	const struct job_worker *worker = board_worker(item);
	struct attempt *attempt = mem_new(1, sizeof(*attempt));
	attempt->run.job = item->job;
	attempt->run.try = item->job.tries + 1;
	attempt->run.max_tries = worker->max_tries;
	attempt->run.timeout_ms = worker->timeout_ms;
	attempt->floor_ms = worker->floor_ms;
	attempt->base_ms = worker->base_ms;
	attempt->cap_ms = worker->cap_ms;
	attempt->item = item;
	attempt->jobs = jobs;
	return attempt;
}

void attempt_free(struct attempt *attempt)
{
	if (attempt->outcome.release != NULL)
		attempt->outcome.release(attempt->outcome.ctx);
	arena_free(attempt->arena);
	free(attempt->progress);
	free(attempt);
}

/* ---- the transaction ---- */

/* The end of the job comes before what it enqueued, so that a job may enqueue its own
 * successor under its own unique key; its last progress before that, while it is
 * open. */
static void begin_txn(struct attempt *attempt, enum job_state state, int64_t now_ms)
{
	void (*done)(struct store_txn *) = attempt->txn.done;
	attempt->txn = (struct store_txn){.done = done, .jobs = &attempt->settle};
	attempt->settle = (struct store_job_write){.op = JOB_SETTLE, .now_ms = now_ms};
	attempt->settle.job.id = attempt->run.job.id;
	attempt->settle.job.state = state;
	attempt->settle.nth = attempt->run.try;
	if (attempt->progress == NULL)
		return;
	attempt->told = (struct store_job_write){.op = JOB_PROGRESS};
	attempt->told.job.id = attempt->run.job.id;
	attempt->told.job.progress = span_of(attempt->progress);
	attempt->told.next = &attempt->settle;
	attempt->txn.jobs = &attempt->told;
}

static void take_effects(struct attempt *attempt)
{
	const struct job_outcome *outcome = &attempt->outcome;
	attempt->txn.writes = outcome->writes;
	attempt->settle.next = outcome->jobs;
	attempt->txn.revised_event = outcome->revised_event;
	attempt->txn.event.state = outcome->event_state;
}

static void note_error(struct attempt *attempt, const char *error)
{
	struct span text = span_of(error != NULL ? error : "no reason was given");
	attempt->settle.error = utf8_cut(text, ERROR_CHARS);
}

static void die(
    struct attempt *attempt, const char *error, const struct attempt_moment *moment)
{
	begin_txn(attempt, JOB_DEAD, moment->now_ms);
	note_error(attempt, error);
	if (moment->runner->died == NULL)
		return;
	attempt->arena = arena_new();
	moment->runner->died(moment->runner->ctx, &attempt->run,
	    error != NULL ? error : "", &attempt->txn, attempt->arena);
}

static void fail(
    struct attempt *attempt, const char *error, const struct attempt_moment *moment)
{
	if (attempt->run.try >= attempt->run.max_tries) {
		die(attempt, error, moment);
	} else {
		begin_txn(attempt, JOB_WAITING, moment->now_ms);
		note_error(attempt, error);
		attempt->settle.job.run_at_ms =
		    moment->now_ms + backoff_ms(attempt->floor_ms, attempt->base_ms,
					 attempt->cap_ms, attempt->run.try,
					 moment->random);
	}
	attempt->settle.count = true;
}

void attempt_settle(struct attempt *attempt, const struct attempt_moment *moment)
{
	const struct job_outcome *outcome = &attempt->outcome;
	switch (outcome->end) {
	case JOB_END_OK:
		begin_txn(attempt, JOB_DONE, moment->now_ms);
		attempt->settle.count = true;
		take_effects(attempt);
		break;
	case JOB_END_SNOOZED:
		begin_txn(attempt, JOB_WAITING, moment->now_ms);
		attempt->settle.job.run_at_ms =
		    moment->now_ms + (outcome->snooze_ms > 0 ? outcome->snooze_ms : 0);
		take_effects(attempt);
		break;
	case JOB_END_GIVEN_UP:
		die(attempt, outcome->error, moment);
		attempt->settle.count = true;
		break;
	case JOB_END_FAILED:
	case JOB_END_INTERRUPTED:
		fail(attempt, outcome->error, moment);
		break;
	}
}

void attempt_kill(struct attempt *attempt, const struct attempt_moment *moment)
{
	(void)error_set(&attempt->conflict,
	    "not tried again: %d tries were begun, and at most %d are allowed",
	    attempt->run.job.tries, attempt->run.max_tries);
	die(attempt, attempt->conflict.text, moment);
}

void attempt_cancel(struct attempt *attempt, const struct attempt_moment *moment)
{
	begin_txn(attempt, JOB_CANCELLED, moment->now_ms);
}

/* ---- what came of the transaction ---- */

static void warn(const struct attempt *attempt, const char *what)
{
	char id[24], queue[80];
	(void)snprintf(id, sizeof(id), "%lld", (long long)attempt->run.job.id);
	(void)snprintf(queue, sizeof(queue), "%.*s", SPAN_ARG(attempt->run.job.queue));
	log_write(LOG_WARN, what, "job", id, "queue", queue, "why",
	    attempt->txn.error.text, NULL);
}

/* A dead letter is that also when nobody can be told. */
static void die_alone(struct attempt *attempt)
{
	struct store_job_write settle = attempt->settle;
	warn(attempt, "nobody can be told of a dead letter");
	begin_txn(attempt, JOB_DEAD, settle.now_ms);
	attempt->settle.error = settle.error;
	attempt->settle.count = settle.count;
	arena_free(attempt->arena);
	attempt->arena = NULL;
}

enum attempt_result attempt_committed(
    struct attempt *attempt, const struct attempt_moment *moment)
{
	switch (attempt->txn.result) {
	case STORE_OK:
		return ATTEMPT_COMMITTED;
	case STORE_FAILED:
		return ATTEMPT_LATER;
	case STORE_CONFLICT:
		break;
	}
	if (attempt->settle.fenced)
		return ATTEMPT_FENCED;
	if (attempt->arena != NULL) {
		die_alone(attempt);
		return ATTEMPT_AGAIN;
	}
	/* What the worker wrote does not fit what others have written meanwhile. */
	if (attempt->txn.writes != NULL || attempt->settle.next != NULL ||
	    attempt->txn.revised_event != 0) {
		attempt->conflict = attempt->txn.error;
		fail(attempt, attempt->conflict.text, moment);
		return ATTEMPT_AGAIN;
	}
	warn(attempt, "a job's end cannot be stored");
	return ATTEMPT_FENCED;
}
