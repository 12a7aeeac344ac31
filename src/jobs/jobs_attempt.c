#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "jobs/jobs_internal.h"
#include "util/log.h"

/* SplitMix64. */
static struct attempt_moment moment(struct jobs *jobs)
{
	uint64_t z = (jobs->random += 0x9E3779B97F4A7C15U);
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
	return (struct attempt_moment){
	    .now_ms = jobs_now(jobs), .random = z ^ (z >> 31), .runner = &jobs->runner};
}

/* ---- the end ---- */

/* Nothing is left to be committed; the store may have the job at due_ms again. */
static void over(struct jobs *jobs, struct attempt *attempt, int64_t due_ms)
{
	struct board_item *item = attempt->item;
	if (attempt->began)
		store_job_ended(jobs->store, item->job.id);
	if (due_ms < INT64_MAX)
		board_later(jobs->board, item->job.queue, due_ms);
	attempt_free(attempt);
	board_let_go(jobs->board, item);
}

static void count(struct jobs *jobs, const struct attempt *attempt)
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

static void committed(struct jobs *jobs, struct attempt *attempt)
{
	const struct store_job_write *settle = &attempt->settle;
	int64_t due_ms = INT64_MAX;
	if (settle->job.state == JOB_WAITING)
		due_ms = settle->job.run_at_ms;
	if (settle->unblocked)
		due_ms = 0;
	count(jobs, attempt);
	if (settle->error.ptr != NULL)
		jobs_log_failure(jobs, attempt);
	over(jobs, attempt, due_ms);
}

/* What was done is kept until the store works again. A server that stops does not wait
 * for that: its next start counts the try as one that it died in. */
static void wait_for_store(struct jobs *jobs, struct attempt *attempt)
{
	if (atomic_load(&jobs->closing)) {
		log_write(LOG_ERROR, "a job's end could not be stored; it runs again",
		    "why", attempt->txn.error.text, NULL);
		attempt->began = false;
		over(jobs, attempt, INT64_MAX);
		return;
	}
	jobs->resubmit_ms = jobs_mono() + PAUSE_MS;
	TAILQ_INSERT_HEAD(&jobs->settled, attempt, link);
}

static struct attempt *of_note(struct note *note)
{
	return (struct attempt *)((char *)note - offsetof(struct attempt, note));
}

static void settled(struct jobs *jobs, struct note *note)
{
	struct attempt *attempt = of_note(note);
	struct attempt_moment now = moment(jobs);
	jobs->submitted--;
	jobs->rows -= attempt->rows;
	switch (attempt_committed(attempt, &now)) {
	case ATTEMPT_COMMITTED:
		committed(jobs, attempt);
		break;
	case ATTEMPT_FENCED:
		over(jobs, attempt, 0);
		break;
	case ATTEMPT_AGAIN:
		TAILQ_INSERT_TAIL(&jobs->settled, attempt, link);
		break;
	case ATTEMPT_LATER:
		wait_for_store(jobs, attempt);
		break;
	}
}

/* On the writer's thread. */
static void done(struct store_txn *txn)
{
	struct attempt *attempt =
	    (struct attempt *)((char *)txn - offsetof(struct attempt, txn));
	struct jobs *jobs = attempt->jobs;
	attempt->note.arrived = settled;
	inbox_push(&jobs->inbox, &attempt->note);
}

static int count_rows(const struct store_txn *txn)
{
	int rows = 0;
	for (const struct store_write *write = txn->writes; write != NULL;
	     write = write->next)
		rows++;
	for (const struct store_job_write *job = txn->jobs; job != NULL;
	     job = job->next)
		rows++;
	return rows;
}

void jobs_try_submit(struct jobs *jobs)
{
	struct attempt *attempt;
	bool any = false;
	if (jobs->resubmit_ms > jobs_mono())
		return;
	jobs->resubmit_ms = 0;
	while ((attempt = TAILQ_FIRST(&jobs->settled)) != NULL &&
	       jobs->submitted < SETTLES_MAX && jobs->rows < ROWS_MAX &&
	       jobs->resubmit_ms == 0) {
		TAILQ_REMOVE(&jobs->settled, attempt, link);
		attempt->rows = count_rows(&attempt->txn);
		if (!store_submit(jobs->store, &attempt->txn)) {
			(void)error_set(&attempt->txn.error, "the store is overloaded");
			wait_for_store(jobs, attempt);
			continue;
		}
		jobs->rows += attempt->rows;
		jobs->submitted++;
		any = true;
	}
	if (any)
		store_flush(jobs->store);
}

static void ended(struct jobs *jobs, struct note *note)
{
	struct attempt *attempt = of_note(note);
	struct attempt_moment now = moment(jobs);
	TAILQ_REMOVE(&jobs->tries, attempt, link);
	atomic_fetch_sub(&jobs->running, 1);
	board_ended(jobs->board, attempt->item);
	if (attempt->outcome.end == JOB_END_INTERRUPTED) {
		over(jobs, attempt, 0);
		return;
	}
	attempt_settle(attempt, &now);
	TAILQ_INSERT_TAIL(&jobs->settled, attempt, link);
}

void jobs_ended(
    struct jobs *jobs, struct job_run *run, const struct job_outcome *outcome)
{
	struct attempt *attempt = (struct attempt *)run;
	attempt->outcome = *outcome;
	attempt->note.arrived = ended;
	inbox_push(&jobs->inbox, &attempt->note);
}

/* ---- the start ---- */

void jobs_try_start(struct jobs *jobs, struct board_item *item)
{
	struct attempt *attempt = attempt_new(item, jobs);
	struct attempt_moment now = moment(jobs);
	bool stale = timetable_stale(jobs->roster->timetable, &item->job);
	attempt->txn.done = done;
	if (stale || attempt->run.try > attempt->run.max_tries) {
		board_ended(jobs->board, item);
		if (stale)
			attempt_cancel(attempt, &now);
		else
			attempt_kill(attempt, &now);
		TAILQ_INSERT_TAIL(&jobs->settled, attempt, link);
		return;
	}
	attempt->began = (jobs->runner.tells_begin ? store_job_given : store_job_began)(
	    jobs->store, item->job.id, attempt->run.try);
	assert(attempt->began); /* no more than STORE_JOBS_RUNNING are started */
	item->attempt = attempt;
	TAILQ_INSERT_TAIL(&jobs->tries, attempt, link);
	atomic_fetch_add(&jobs->started, 1);
	atomic_fetch_add(&jobs->running, 1);
	jobs->runner.run(jobs->runner.ctx, &attempt->run);
}
