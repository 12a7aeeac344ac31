/* job_try -- one try of a job in a process: sent there, and what came back of it, as the
 * jobs' thread commits it. */
#ifndef OFFHOOK_WORKERS_WORKER_ATTEMPT_H
#define OFFHOOK_WORKERS_WORKER_ATTEMPT_H

#include <stdbool.h>

#include "handlers/result.h"
#include "jobs/jobs.h"
#include "pool/pool.h"
#include "util/arena.h"
#include "webhook/lane.h"

/* Embed it, in the arena that it is opened with. */
struct job_try {
	struct pool_run pool_run; /* to be submitted, once its event is packed */
	struct service *service;
	struct jobs *jobs;
	struct job_run *job;
	struct arena *arena;   /* freed when all is over, and with it the try */
	int64_t revised_event; /* as in struct job_outcome */
	/* Its worker has left with the app that had it: no try. */
	bool gone;
	/* Called before the arena is freed, when all is committed; NULL: nothing. On the
	 * jobs' thread. */
	void (*over)(struct job_try *job_try);
	struct arena *told; /* what came back */
	struct result result;
};

/* Fills in all but what the event says; jobs_ended is called when the run is done. */
void job_try_open(struct job_try *out, struct service *service, struct jobs *jobs,
    struct job_run *job, struct arena *arena);
/* Instead of being run: JOB_END_GIVEN_UP, a dead letter, or JOB_END_INTERRUPTED. */
void job_try_end(struct job_try *job_try, enum job_end end, const char *why);

#endif
