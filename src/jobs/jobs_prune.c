#include <stdlib.h>

#include "jobs/jobs_internal.h"
#include "util/container.h"
#include "util/log.h"
#include "util/mem.h"

enum {
	EVERY_MS = 60000,
	ROWS = 200, /* dropped in one transaction: webhooks wait for it */
	/* After a transaction the pause is REST times as long as it took: pruning takes
	 * at most a fifth of the writer's time. */
	REST = 4,
	REST_MIN_MS = 10,
	REST_MAX_MS = 2000
};

static const enum job_state ended_states[] = {JOB_DONE, JOB_DEAD, JOB_CANCELLED};

enum { ENDED_STATES = sizeof(ended_states) / sizeof(ended_states[0]) };

/* A transaction that drops jobs. */
struct pruning {
	struct errand errand;
	struct store_job_write writes[ROWS];
	size_t count;
	int64_t began_ms;
};

static void prune_wait_for_next_time(struct jobs *jobs)
{
	jobs->prune = (struct prune){.again_ms = jobs_mono() + EVERY_MS};
}

static void prune_stored(struct jobs *jobs, struct errand *errand)
{
	struct pruning *pruning = container_of(errand, struct pruning, errand);
	int64_t now_ms = jobs_mono();
	int64_t rest_ms = REST * (now_ms - pruning->began_ms);
	if (rest_ms < REST_MIN_MS)
		rest_ms = REST_MIN_MS;
	else if (rest_ms > REST_MAX_MS)
		rest_ms = REST_MAX_MS;
	jobs->prune.again_ms = now_ms + rest_ms;
	if (errand->txn.result != STORE_OK)
		prune_wait_for_next_time(jobs);
	free(pruning);
}

static void prune_add(struct pruning *pruning, const struct store_job *job)
{
	struct store_job_write *write = &pruning->writes[pruning->count++];
	write->op = JOB_DROP;
	write->job.id = job->id;
	write->next = pruning->errand.txn.jobs;
	pruning->errand.txn.jobs = write;
}

/* Adds old jobs of the next queue and state that has any, going on where the last call
 * ended; false when no further queue has any. */
static bool prune_collect(struct jobs *jobs, struct pruning *pruning)
{
	struct prune *prune = &jobs->prune;
	struct error err = {""};
	struct span queue;
	while ((queue = board_queue_name(jobs->board, prune->queue)).ptr != NULL) {
		enum job_state state = ended_states[prune->state];
		int64_t keep_ms =
		    state == JOB_DEAD ? jobs->keep_dead_ms : jobs->keep_ms;
		struct store_job_query query = {.queue = queue,
		    .states = 1U << state,
		    .ended_before_ms = jobs_now(jobs) - keep_ms,
		    .limit = ROWS};
		struct store_job job;
		int rc;
		struct store_jobs *old = store_jobs_open(jobs->reader, &query);
		while ((rc = store_jobs_next(old, &job, &err)) == 1)
			prune_add(pruning, &job);
		store_jobs_close(old);
		if (rc < 0)
			log_write(LOG_ERROR, "old jobs cannot be read", "why", err.text,
			    NULL);
		if (pruning->count > 0)
			return true;
		prune->state = (prune->state + 1) % ENDED_STATES;
		if (prune->state == 0)
			prune->queue++;
	}
	return false;
}

void jobs_prune_submit(struct jobs *jobs)
{
	int64_t now_ms = jobs_mono();
	if (jobs->prune.again_ms > now_ms)
		return;
	struct pruning *pruning = mem_new(1, sizeof(*pruning));
	pruning->errand.done = prune_stored;
	pruning->began_ms = now_ms;
	if (!prune_collect(jobs, pruning) || !errand_submit(jobs, &pruning->errand)) {
		prune_wait_for_next_time(jobs);
		free(pruning);
		return;
	}
	jobs->prune.again_ms = INT64_MAX; /* until it is stored */
}
