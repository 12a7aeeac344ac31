#include <stddef.h>
#include <stdlib.h>

#include "jobs/jobs_internal.h"
#include "util/log.h"
#include "util/mem.h"

/* For so long after it was enqueued the job of a time is not enqueued again, though it is
 * done: the clock may be put back. */
#define ONCE_MS ((int64_t)31 * 24 * 3600 * 1000)

/* One on its way to the store. */
struct standing {
	struct note note;
	struct jobs *jobs;
	struct store_txn txn;
	struct store_job_write write;
	struct standing_job job;
	char *queue;
};

static void stored(struct jobs *jobs, struct note *note)
{
	struct standing *standing = (struct standing *)note;
	jobs->others--;
	if (standing->txn.result != STORE_OK) {
		log_write(LOG_ERROR, "a job that is due by the clock cannot be stored",
		    "queue", standing->queue, "why", standing->txn.error.text, NULL);
		timetable_failed(jobs->roster->timetable, span_of(standing->queue),
		    jobs_now(jobs) + PAUSE_MS);
	}
	free(standing->queue);
	free(standing);
}

/* On the writer's thread. */
static void done(struct store_txn *txn)
{
	struct standing *standing =
	    (struct standing *)((char *)txn - offsetof(struct standing, txn));
	standing->note.arrived = stored;
	inbox_push(&standing->jobs->inbox, &standing->note);
}

static void submit(struct jobs *jobs, const struct standing_job *job, int64_t now_ms)
{
	struct standing *standing = mem_new(1, sizeof(*standing));
	standing->jobs = jobs;
	standing->job = *job;
	standing->queue = mem_strdup(job->queue);
	standing->write.op = JOB_ENQUEUE;
	standing->write.job = (struct store_job){.queue = span_of(standing->queue),
	    .run_at_ms = job->run_at_ms,
	    .created_at_ms = now_ms,
	    .unique = span_of(standing->job.unique),
	    .unique_ms = ONCE_MS,
	    .payload = span_of(standing->job.payload)};
	standing->txn.jobs = &standing->write;
	standing->txn.done = done;
	jobs->others++;
	if (store_submit(jobs->store, &standing->txn)) {
		store_flush(jobs->store);
	} else {
		standing->txn.result = STORE_FAILED;
		(void)error_set(&standing->txn.error, "the store is overloaded");
		stored(jobs, &standing->note);
	}
}

static bool paused(void *ctx, struct span queue)
{
	const struct jobs *jobs = ctx;
	return board_paused(jobs->board, queue);
}

void standing_submit(struct jobs *jobs)
{
	struct standing_job job;
	int64_t now_ms = jobs_now(jobs);
	while (timetable_next(jobs->roster->timetable, now_ms, paused, jobs, &job))
		submit(jobs, &job, now_ms);
}
