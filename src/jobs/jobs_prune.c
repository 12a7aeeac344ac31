#include <stddef.h>
#include <stdlib.h>

#include "jobs/jobs_internal.h"
#include "util/log.h"
#include "util/mem.h"

enum {
	EVERY_MS = 60000,
	ROWS = 200, /* dropped in one transaction: webhooks wait for it */
	REST = 4,   /* the writer is left alone so many times as long as that took */
	REST_MIN_MS = 10,
	REST_MAX_MS = 2000
};

static const enum job_state ended_states[] = {JOB_DONE, JOB_DEAD, JOB_CANCELLED};

enum { ENDED_STATES = sizeof(ended_states) / sizeof(ended_states[0]) };

/* A transaction that drops some. */
struct pruning {
	struct note note;
	struct jobs *jobs;
	struct store_txn txn;
	struct store_job_write writes[ROWS];
	size_t count;
	int64_t began_ms;
};

static void wait_until_next_time(struct jobs *jobs)
{
	jobs->prune = (struct prune){.again_ms = jobs_mono() + EVERY_MS};
}

static void stored(void *owner, struct note *note)
{
	struct jobs *jobs = owner;
	struct pruning *pruning = (struct pruning *)note;
	int64_t now_ms = jobs_mono();
	int64_t rest_ms = REST * (now_ms - pruning->began_ms);
	jobs->others--;
	if (rest_ms < REST_MIN_MS)
		rest_ms = REST_MIN_MS;
	else if (rest_ms > REST_MAX_MS)
		rest_ms = REST_MAX_MS;
	jobs->prune.again_ms = now_ms + rest_ms;
	if (pruning->txn.result != STORE_OK)
		wait_until_next_time(jobs);
	free(pruning);
}

/* On the writer's thread. */
static void done(struct store_txn *txn)
{
	struct pruning *pruning =
	    (struct pruning *)((char *)txn - offsetof(struct pruning, txn));
	pruning->note.arrived = stored;
	inbox_push(&pruning->jobs->inbox, &pruning->note);
}

static void add(struct pruning *pruning, const struct store_job *job)
{
	struct store_job_write *write = &pruning->writes[pruning->count++];
	write->op = JOB_DROP;
	write->job.id = job->id;
	write->next = pruning->txn.jobs;
	pruning->txn.jobs = write;
}

/* Those of a queue and state that are old enough; false: there are none (more), or they
 * cannot be read. */
static bool collect(struct pruning *pruning, struct span queue, enum job_state state)
{
	struct jobs *jobs = pruning->jobs;
	struct error err = {""};
	int64_t keep_ms = state == JOB_DEAD ? jobs->keep_dead_ms : jobs->keep_ms;
	struct store_job_query query = {.queue = queue,
	    .states = 1U << state,
	    .ended_before_ms = jobs_now(jobs) - keep_ms,
	    .limit = ROWS};
	struct store_job job;
	int rc;
	struct store_jobs *old = store_jobs_open(jobs->reader, &query);
	while ((rc = store_jobs_next(old, &job, &err)) == 1)
		add(pruning, &job);
	store_jobs_close(old);
	if (rc < 0)
		log_write(LOG_ERROR, "old jobs cannot be read", "why", err.text, NULL);
	return pruning->count > 0;
}

/* Goes on where the last one ended. */
static bool collect_next(struct pruning *pruning)
{
	struct prune *prune = &pruning->jobs->prune;
	struct span queue;
	while ((queue = board_queue_name(pruning->jobs->board, prune->queue)).ptr !=
	       NULL) {
		if (collect(pruning, queue, ended_states[prune->state]))
			return true;
		prune->state = (prune->state + 1) % ENDED_STATES;
		if (prune->state == 0)
			prune->queue++;
	}
	return false;
}

void prune_submit(struct jobs *jobs)
{
	int64_t now_ms = jobs_mono();
	if (jobs->prune.again_ms > now_ms)
		return;
	struct pruning *pruning = mem_new(1, sizeof(*pruning));
	pruning->jobs = jobs;
	pruning->txn.done = done;
	pruning->began_ms = now_ms;
	if (!collect_next(pruning) || !store_submit(jobs->store, &pruning->txn)) {
		wait_until_next_time(jobs);
		free(pruning);
		return;
	}
	jobs->prune.again_ms = INT64_MAX; /* until it is done */
	jobs->others++;
	store_flush(jobs->store);
}
