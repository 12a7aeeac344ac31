/* jobs -- the queues. One thread takes due jobs from the store as workers get free, gives
 * them to the runner, and commits how each attempt ended: the writes of the attempt, the
 * jobs it enqueued and the end of the job itself are one transaction.
 *
 * A job that is enqueued while its worker is idle starts at once, without a read from disk:
 * the store reports every commit. Otherwise jobs wait in the store and come into memory
 * a page at a time, so that a million of them need no more memory than a thousand.
 * Webhooks go first: few transactions of the jobs are under way at a time.
 *
 * Each worker with a cron table always has exactly one future job in its queue, the
 * standing job. When its time comes the next one is enqueued, whether or not the last one
 * has run, under a unique key made of its time: no time runs twice, whatever the clock does.
 * For times that passed while no server ran, or while the queue was paused, the job runs
 * once, at once. A job of a cron table that its worker does not have any more is
 * cancelled when it is due. */
#ifndef OFFHOOK_JOBS_JOBS_H
#define OFFHOOK_JOBS_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"
#include "util/arena.h"
#include "util/error.h"

struct jobs;

/* The worker of a queue. */
struct job_worker {
	const char *queue;
	int max_tries;      /* at least 1 */
	int64_t timeout_ms; /* of one attempt; the runner enforces it */
	int concurrency;    /* at least 1: how many of its jobs run at a time */
	int64_t floor_ms, base_ms, cap_ms; /* the backoff: backoff.h */
	const char *cron, *zone;           /* cron.h, zone.h; NULL: none, UTC */
};

/* One attempt of a job. It belongs to the runner from run() to jobs_ended(). */
struct job_attempt {
	struct store_job job; /* as it was stored; its spans live as long as this */
	int nth;              /* 1 for the first attempt */
	int max_tries;
	int64_t timeout_ms;
};

enum job_end {
	JOB_END_OK,
	JOB_END_FAILED,     /* again later; dead if it was the last attempt */
	JOB_END_GIVEN_UP,   /* dead at once */
	JOB_END_SNOOZED,    /* again in snooze_ms; does not count as an attempt */
	JOB_END_INTERRUPTED /* the server stops: again at its next start; nor does this */
};

/* How an attempt ended. release is called once, on the jobs' thread, when nothing here is
 * needed any more. */
struct job_outcome {
	enum job_end end;
	const char *error; /* not for OK and SNOOZED; NULL: no reason is known */
	int64_t snooze_ms; /* SNOOZED */
	/* The rest is committed after OK and SNOOZED only. */
	struct store_write *writes;
	struct store_job_write *jobs;
	int64_t revised_event; /* as in struct store_txn */
	enum event_state event_state;
	void (*release)(void *ctx);
	void *ctx;
};

struct job_runner {
	/* On the jobs' thread; must not block. Calls jobs_ended in the end, from any
	 * thread, perhaps before it returns. */
	void (*run)(void *ctx, struct job_attempt *attempt);
	void (*flush)(void *ctx); /* after some calls of run; may be NULL */
	/* The runner calls store_job_began (or store_reader_job_began) itself when an
	 * attempt begins. If false, an attempt begins when run() is called. */
	bool tells_begin;
	/* The job becomes a dead letter: its last attempt failed, its worker gave up, or
	 * it was found with no attempt left (then attempt->nth is beyond max_tries, and
	 * run() was not called). What this puts before txn->writes and txn->jobs, from
	 * the arena, is committed with that. On the jobs' thread; may be NULL. */
	void (*died)(void *ctx, const struct job_attempt *attempt, const char *error,
	    struct store_txn *txn, struct arena *arena);
	void *ctx;
};

struct jobs_config {
	struct store *store; /* outlives the jobs; nobody else may watch its jobs */
	const struct job_worker *workers; /* copied */
	size_t worker_count;
	struct job_runner runner;
	int64_t keep_ms;      /* done and cancelled jobs are kept so long; 0: default */
	int64_t keep_dead_ms; /* dead letters; 0: default */
	/* For tests: the wall clock; NULL: the machine's. */
	int64_t (*now_ms)(void *ctx);
	void *now_ctx;
};

/* Starts the thread. Jobs of an earlier server run from now on, perhaps before this
 * returns: *out is set before the first of them. -1 with err: an invalid cron table or
 * time zone, or the store cannot be read. */
int jobs_open(struct jobs **out, const struct jobs_config *config, struct error *err);
/* Replaces the workers (an app was swapped in); running attempts go on. -1 with err, and
 * nothing has changed. Any thread. */
int jobs_set_workers(struct jobs *jobs, const struct job_worker *workers, size_t count,
    struct error *err);
/* The attempt has ended. outcome is copied; what it points to must live until its
 * release. Any thread. */
void jobs_ended(
    struct jobs *jobs, struct job_attempt *attempt, const struct job_outcome *outcome);
/* The progress that a running job reports. text is copied, and stored once a second at
 * most. Any thread. */
void jobs_progress(struct jobs *jobs, int64_t id, struct span text);
/* Starts no attempt from now on: run() is not called any more once this returns. */
void jobs_stop(struct jobs *jobs);
/* Waits until every attempt has ended (the runner must end them) and is committed. Before
 * the store closes. NULL is fine. */
void jobs_close(struct jobs *jobs);

struct jobs_stats {
	uint64_t started, done, failed, dead, snoozed; /* attempts, since jobs_open */
	int64_t running;
};

void jobs_stats(const struct jobs *jobs, struct jobs_stats *out);

#endif
