/* worker_attempt -- an attempt of a job in a process: sent there, and its result made into
 * an outcome, which the jobs' thread commits. */
#ifndef OFFHOOK_WORKERS_WORKER_ATTEMPT_H
#define OFFHOOK_WORKERS_WORKER_ATTEMPT_H

#include <stdbool.h>

#include "handlers/result.h"
#include "jobs/jobs.h"
#include "pool/pool.h"
#include "util/arena.h"
#include "webhook/lane.h"

/* Embed it, in the arena that it is opened with. */
struct worker_attempt {
	struct pool_run pool_run; /* to be submitted, once its event is packed */
	struct service *service;
	struct jobs *jobs;
	struct job_attempt *job_attempt;
	struct arena *arena;   /* freed when all is committed, and with it this */
	int64_t revised_event; /* as in struct job_outcome */
	/* A swap of the app removed the worker: this does not count as an attempt. */
	bool gone;
	/* Called when all is committed, before the arena is freed, on the jobs' thread;
	 * may be NULL. */
	void (*committed)(struct worker_attempt *attempt);
	struct arena *result_arena; /* of what the process sent back */
	struct result result;
};

/* Fills in all but the event; jobs_ended is called when the pool's run is done. */
void worker_attempt_open(struct worker_attempt *out, struct service *service,
    struct jobs *jobs, struct job_attempt *job_attempt, struct arena *arena);
/* Ends it without running it: JOB_END_GIVEN_UP, a dead letter, or
 * JOB_END_INTERRUPTED. */
void worker_attempt_end(
    struct worker_attempt *attempt, enum job_end end, const char *why);

#endif
