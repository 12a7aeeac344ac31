#include "jobs/attempt.h"

#include <stdio.h>
#include <stdlib.h>

#include "jobs/backoff.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/utf8.h"

enum { ERROR_CHARS = 1000 }; /* of an attempt's error, as stored */

struct attempt *attempt_new(struct board_item *item)
{
	const struct job_worker *worker = board_worker(item);
	struct attempt *attempt = mem_new(1, sizeof(*attempt));
	attempt->given.job = item->job;
	attempt->given.nth = item->job.tries + 1;
	attempt->given.max_tries = worker->max_tries;
	attempt->given.timeout_ms = worker->timeout_ms;
	attempt->floor_ms = worker->floor_ms;
	attempt->base_ms = worker->base_ms;
	attempt->cap_ms = worker->cap_ms;
	attempt->item = item;
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

/* The order of its writes: first the last progress, while the job is open; then the end of
 * the job; then what it enqueued, so that a job may enqueue its successor under its own
 * unique key. */
static void attempt_begin_txn(
    struct attempt *attempt, enum job_state state, int64_t now_ms)
{
	struct store_txn *txn = &attempt->errand.txn;
	struct store_job_write *settle = &attempt->settle;
	*txn = (struct store_txn){.jobs = settle};
	*settle = (struct store_job_write){.op = JOB_SETTLE, .now_ms = now_ms};
	settle->job.id = attempt->given.job.id;
	settle->job.state = state;
	settle->nth = attempt->given.nth;
	if (attempt->progress != NULL) {
		struct store_job_write *progress = &attempt->last_progress;
		*progress =
		    (struct store_job_write){.op = JOB_PROGRESS, .next = settle};
		progress->job.id = settle->job.id;
		progress->job.progress = span_of(attempt->progress);
		txn->jobs = progress;
	}
}

static void attempt_take_effects(struct attempt *attempt)
{
	const struct job_outcome *outcome = &attempt->outcome;
	struct store_txn *txn = &attempt->errand.txn;
	txn->writes = outcome->writes;
	attempt->settle.next = outcome->jobs;
	txn->revised_event = outcome->revised_event;
	txn->event.state = outcome->event_state;
}

static void attempt_set_error(struct attempt *attempt, const char *error)
{
	struct span text = span_of(error != NULL ? error : "no reason was given");
	attempt->settle.error = utf8_cut(text, ERROR_CHARS);
}

static void attempt_make_dead(
    struct attempt *attempt, const char *error, const struct attempt_moment *moment)
{
	attempt_begin_txn(attempt, JOB_DEAD, moment->now_ms);
	attempt_set_error(attempt, error);
	if (moment->runner->died == NULL)
		return;
	attempt->arena = arena_new();
	moment->runner->died(moment->runner->ctx, &attempt->given,
	    error != NULL ? error : "", &attempt->errand.txn, attempt->arena);
}

static void attempt_fail(
    struct attempt *attempt, const char *error, const struct attempt_moment *moment)
{
	if (attempt->given.nth >= attempt->given.max_tries) {
		attempt_make_dead(attempt, error, moment);
	} else {
		attempt_begin_txn(attempt, JOB_WAITING, moment->now_ms);
		attempt_set_error(attempt, error);
		attempt->settle.job.run_at_ms =
		    moment->now_ms + backoff_ms(attempt->floor_ms, attempt->base_ms,
					 attempt->cap_ms, attempt->given.nth,
					 moment->random);
	}
	attempt->settle.count = true;
}

void attempt_settle(struct attempt *attempt, const struct attempt_moment *moment)
{
	const struct job_outcome *outcome = &attempt->outcome;
	switch (outcome->end) {
	case JOB_END_OK:
		attempt_begin_txn(attempt, JOB_DONE, moment->now_ms);
		attempt->settle.count = true;
		attempt_take_effects(attempt);
		break;
	case JOB_END_SNOOZED:
		attempt_begin_txn(attempt, JOB_WAITING, moment->now_ms);
		attempt->settle.job.run_at_ms =
		    moment->now_ms + (outcome->snooze_ms > 0 ? outcome->snooze_ms : 0);
		attempt_take_effects(attempt);
		break;
	case JOB_END_GIVEN_UP:
		attempt_make_dead(attempt, outcome->error, moment);
		attempt->settle.count = true;
		break;
	case JOB_END_FAILED:
	case JOB_END_INTERRUPTED:
		attempt_fail(attempt, outcome->error, moment);
		break;
	}
}

void attempt_kill(struct attempt *attempt, const struct attempt_moment *moment)
{
	(void)error_set(&attempt->conflict,
	    "not tried again: %d tries were begun, and at most %d are allowed",
	    attempt->given.job.tries, attempt->given.max_tries);
	attempt_make_dead(attempt, attempt->conflict.text, moment);
}

void attempt_cancel(struct attempt *attempt, const struct attempt_moment *moment)
{
	attempt_begin_txn(attempt, JOB_CANCELLED, moment->now_ms);
}

/* ---- the result of the transaction ---- */

static void attempt_warn(const struct attempt *attempt, const char *what)
{
	char queue[80];
	(void)snprintf(
	    queue, sizeof(queue), "%.*s", SPAN_ARG(attempt->given.job.queue));
	log_write(LOG_WARN, what, LOG_INT("job", attempt->given.job.id), "queue", queue,
	    "why", attempt->errand.txn.error.text, NULL);
}

/* The job becomes a dead letter even when what runner->died added cannot be stored. */
static void attempt_drop_what_died_added(struct attempt *attempt)
{
	struct store_job_write settle = attempt->settle;
	attempt_warn(attempt, "nobody can be told of a dead letter");
	attempt_begin_txn(attempt, JOB_DEAD, settle.now_ms);
	attempt->settle.error = settle.error;
	attempt->settle.count = settle.count;
	arena_free(attempt->arena);
	attempt->arena = NULL;
}

enum attempt_result attempt_committed(
    struct attempt *attempt, const struct attempt_moment *moment)
{
	const struct store_txn *txn = &attempt->errand.txn;
	switch (txn->result) {
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
		attempt_drop_what_died_added(attempt);
		return ATTEMPT_AGAIN;
	}
	/* The worker's writes conflict with what others have written meanwhile. */
	if (txn->writes != NULL || attempt->settle.next != NULL ||
	    txn->revised_event != 0) {
		attempt->conflict = txn->error;
		attempt_fail(attempt, attempt->conflict.text, moment);
		return ATTEMPT_AGAIN;
	}
	attempt_warn(attempt, "a job's end cannot be stored");
	return ATTEMPT_FENCED;
}
