#include <stdlib.h>

#include "jobs/jobs_internal.h"
#include "util/container.h"
#include "util/log.h"
#include "util/mem.h"

/* How long the job of a time is remembered: within that it is not enqueued twice, even
 * when the clock is put back after it ran. */
#define ONCE_MS ((int64_t)31 * 24 * 3600 * 1000)

/* A job being enqueued. */
struct cron_enqueue {
	struct errand errand;
	struct store_job_write write;
	struct standing_job job;
	char *queue;
};

static void cron_stored(struct jobs *jobs, struct errand *errand)
{
	struct cron_enqueue *enqueue =
	    container_of(errand, struct cron_enqueue, errand);
	if (errand->txn.result != STORE_OK) {
		log_write(LOG_ERROR, "a job that is due by the clock cannot be stored",
		    "queue", enqueue->queue, "why", errand->txn.error.text, NULL);
		timetable_failed(jobs->roster->timetable, span_of(enqueue->queue),
		    jobs_now(jobs) + PAUSE_MS);
	}
	free(enqueue->queue);
	free(enqueue);
}

static bool cron_paused(void *ctx, struct span queue)
{
	const struct jobs *jobs = ctx;
	return board_paused(jobs->board, queue);
}

void jobs_cron_submit(struct jobs *jobs)
{
	struct standing_job job;
	int64_t now_ms = jobs_now(jobs);
	while (
	    timetable_next(jobs->roster->timetable, now_ms, cron_paused, jobs, &job)) {
		struct cron_enqueue *enqueue = mem_new(1, sizeof(*enqueue));
		enqueue->job = job;
		enqueue->queue = mem_strdup(job.queue);
		enqueue->write.op = JOB_ENQUEUE;
		enqueue->write.job = (struct store_job){
		    .queue = span_of(enqueue->queue),
		    .run_at_ms = job.run_at_ms,
		    .created_at_ms = now_ms,
		    .unique = span_of(enqueue->job.unique),
		    .unique_ms = ONCE_MS,
		    .payload = span_of(enqueue->job.payload),
		};
		enqueue->errand.txn.jobs = &enqueue->write;
		enqueue->errand.done = cron_stored;
		if (!errand_submit(jobs, &enqueue->errand))
			cron_stored(jobs, &enqueue->errand);
	}
}
