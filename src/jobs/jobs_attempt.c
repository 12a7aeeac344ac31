#include <assert.h>

#include "jobs/jobs_internal.h"
#include "util/container.h"
#include "util/log.h"

static struct attempt_moment attempt_now(struct jobs *jobs)
{
	uint64_t z = (jobs->random += 0x9E3779B97F4A7C15U); /* SplitMix64 */
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
	return (struct attempt_moment){
	    .now_ms = jobs_now(jobs), .random = z ^ (z >> 31), .runner = &jobs->runner};
}

/* ---- the end ---- */

/* Nothing more of the attempt is to be committed. The store may have its job as a due job
 * again at due_ms. */
static void attempt_finish(struct jobs *jobs, struct attempt *attempt, int64_t due_ms)
{
	struct board_item *item = attempt->item;
	if (attempt->began)
		store_job_ended(jobs->store, item->job.id);
	if (due_ms < INT64_MAX)
		board_later(jobs->board, item->job.queue, due_ms);
	attempt_free(attempt);
	board_let_go(jobs->board, item);
}

static void attempt_count(struct jobs *jobs, const struct attempt *attempt)
{
	switch (attempt->settle.job.state) {
	case JOB_DONE:
		atomic_fetch_add(&jobs->done, 1);
		break;
	case JOB_DEAD:
		atomic_fetch_add(&jobs->dead, 1);
		if (attempt->settle.count)
			atomic_fetch_add(&jobs->failed, 1);
		break;
	case JOB_WAITING:
		if (attempt->settle.count)
			atomic_fetch_add(&jobs->failed, 1);
		else
			atomic_fetch_add(&jobs->snoozed, 1);
		break;
	case JOB_BLOCKED:
	case JOB_RUNNING:
	case JOB_CANCELLED:
	case JOB_STATES:
		break;
	}
}

/* The attempt is kept until the store works again. A server that stops does not wait for
 * that: its next start counts the attempt as one during which the server stopped. */
static void attempt_wait_for_store(struct jobs *jobs, struct attempt *attempt)
{
	if (atomic_load(&jobs->closing)) {
		log_write(LOG_ERROR, "a job's end could not be stored; it runs again",
		    "why", attempt->errand.txn.error.text, NULL);
		attempt->began = false;
		attempt_finish(jobs, attempt, INT64_MAX);
		return;
	}
	jobs->resubmit_ms = jobs_mono() + PAUSE_MS;
	TAILQ_INSERT_HEAD(&jobs->ended, attempt, link);
}

static void attempt_stored(struct jobs *jobs, struct errand *errand)
{
	struct attempt *attempt = container_of(errand, struct attempt, errand);
	struct attempt_moment now = attempt_now(jobs);
	const struct store_job_write *settle = &attempt->settle;
	int64_t due_ms = INT64_MAX;
	jobs->submitted--;
	jobs->rows -= attempt->rows;
	switch (attempt_committed(attempt, &now)) {
	case ATTEMPT_COMMITTED:
		if (settle->job.state == JOB_WAITING)
			due_ms = settle->job.run_at_ms;
		if (settle->unblocked)
			due_ms = 0;
		attempt_count(jobs, attempt);
		if (settle->error.ptr != NULL)
			jobs_log_failure(attempt);
		attempt_finish(jobs, attempt, due_ms);
		break;
	case ATTEMPT_FENCED:
		attempt_finish(jobs, attempt, 0);
		break;
	case ATTEMPT_AGAIN:
		TAILQ_INSERT_TAIL(&jobs->ended, attempt, link);
		break;
	case ATTEMPT_LATER:
		attempt_wait_for_store(jobs, attempt);
		break;
	}
}

static int attempt_rows(const struct attempt *attempt)
{
	int rows = 0;
	const struct store_write *write = attempt->errand.txn.writes;
	const struct store_job_write *job = attempt->errand.txn.jobs;
	for (; write != NULL; write = write->next)
		rows++;
	for (; job != NULL; job = job->next)
		rows++;
	return rows;
}

void jobs_attempt_submit(struct jobs *jobs)
{
	struct attempt *attempt;
	if (jobs->resubmit_ms > jobs_mono())
		return;
	jobs->resubmit_ms = 0;
	while ((attempt = TAILQ_FIRST(&jobs->ended)) != NULL &&
	       jobs->submitted < SETTLES_MAX && jobs->rows < ROWS_MAX &&
	       jobs->resubmit_ms == 0) {
		TAILQ_REMOVE(&jobs->ended, attempt, link);
		attempt->rows = attempt_rows(attempt);
		if (errand_submit(jobs, &attempt->errand)) {
			jobs->rows += attempt->rows;
			jobs->submitted++;
		} else {
			attempt_wait_for_store(jobs, attempt);
		}
	}
	errand_flush(jobs);
}

static void attempt_ended(struct jobs *jobs, struct note *note)
{
	struct attempt *attempt = container_of(note, struct attempt, errand.note);
	struct attempt_moment now = attempt_now(jobs);
	TAILQ_REMOVE(&jobs->attempts, attempt, link);
	atomic_fetch_sub(&jobs->running, 1);
	board_ended(jobs->board, attempt->item);
	if (attempt->outcome.end == JOB_END_INTERRUPTED) {
		attempt_finish(jobs, attempt, 0);
		return;
	}
	attempt_settle(attempt, &now);
	TAILQ_INSERT_TAIL(&jobs->ended, attempt, link);
}

void jobs_ended(struct jobs *jobs, struct job_attempt *job_attempt,
    const struct job_outcome *outcome)
{
	struct attempt *attempt = container_of(job_attempt, struct attempt, given);
	attempt->outcome = *outcome;
	attempt->errand.note.arrived = attempt_ended;
	inbox_push(&jobs->inbox, &attempt->errand.note);
}

/* ---- the start ---- */

void jobs_attempt_start(struct jobs *jobs, struct board_item *item)
{
	struct attempt *attempt = attempt_new(item);
	struct attempt_moment now = attempt_now(jobs);
	bool stale = timetable_stale(jobs->roster->timetable, &item->job);
	attempt->errand.done = attempt_stored;
	if (stale || attempt->given.nth > attempt->given.max_tries) {
		board_ended(jobs->board, item);
		if (stale)
			attempt_cancel(attempt, &now);
		else
			attempt_kill(attempt, &now);
		TAILQ_INSERT_TAIL(&jobs->ended, attempt, link);
		return;
	}
	attempt->began = (jobs->runner.tells_begin ? store_job_given : store_job_began)(
	    jobs->store, item->job.id, attempt->given.nth);
	assert(attempt->began); /* no more than STORE_JOBS_RUNNING are started */
	item->attempt = attempt;
	TAILQ_INSERT_TAIL(&jobs->attempts, attempt, link);
	atomic_fetch_add(&jobs->started, 1);
	atomic_fetch_add(&jobs->running, 1);
	jobs->runner.run(jobs->runner.ctx, &attempt->given);
}
