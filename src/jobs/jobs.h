/* jobs -- the queues at work. One thread takes due jobs from the store as workers get
 * free, gives each to the runner, and commits what came of it: the writes of a try, the
 * jobs it enqueued and the end of the job itself are one transaction.
 *
 * A job that is enqueued while its worker is idle starts at once, without a look on disk:
 * the store tells of every commit. Otherwise jobs wait in the store, and come into memory
 * a page at a time, so that a million of them need no more memory than a thousand. Jobs
 * yield to webhooks: few of their transactions are under way at a time.
 *
 * A standing job stands in the queue of every worker with a cron table: the next time
 * it is due. When that comes the one after it is enqueued, whether or not the last one has
 * run, under a unique key made of its time: no time runs twice, whatever the clock does.
 * Times that passed while no server ran, or while the queue was paused, are made up for
 * by one run, at once. A job whose cron table is no longer the worker's is cancelled when
 * it is due. */
#ifndef OFFHOOK_JOBS_JOBS_H
#define OFFHOOK_JOBS_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"
#include "util/arena.h"
#include "util/error.h"

struct jobs;

/* Who works on a queue, and how. */
struct job_worker {
	const char *queue;
	int max_tries;      /* at least 1 */
	int64_t timeout_ms; /* of one try; the runner keeps it */
	int concurrency;    /* at least 1: how many of its jobs run at a time */
	int64_t floor_ms, base_ms, cap_ms; /* of the backoff: backoff.h */
	const char *cron, *zone;           /* cron.h, zone.h; NULL: none, UTC */
};

/* One try. It is the runner's from run() to jobs_ended(). */
struct job_run {
	struct store_job job; /* as it was stored; all of it lives as long as the run */
	int try;              /* 1 for the first */
	int max_tries;
	int64_t timeout_ms;
};

enum job_end {
	JOB_END_OK,
	JOB_END_FAILED,     /* tried again later, or dead when it was the last try */
	JOB_END_GIVEN_UP,   /* dead at once */
	JOB_END_SNOOZED,    /* again in snooze_ms; not a try */
	JOB_END_INTERRUPTED /* the server stops: again at its next start; not a try */
};

/* What came of a try. release is called once, on the jobs' thread, when nothing here is
 * needed any more. */
struct job_outcome {
	enum job_end end;
	const char *error; /* for all but OK and SNOOZED; NULL: none */
	int64_t snooze_ms;
	struct store_write *writes; /* of OK and SNOOZED; of others they do not count */
	struct store_job_write *jobs; /* likewise */
	int64_t revised_event;        /* as in struct store_txn, likewise */
	enum event_state event_state;
	void (*release)(void *ctx);
	void *ctx;
};

struct job_runner {
	/* On the jobs' thread; must not block. Calls jobs_ended in the end, from any
	 * thread, perhaps before it returns. */
	void (*run)(void *ctx, struct job_run *run);
	void (*flush)(void *ctx); /* after some calls of run; NULL: not wanted */
	/* It sees to store_job_began (or store_reader_job_began) itself, when a try
	 * begins; else one begins when run() is called. */
	bool tells_begin;
	/* The job becomes a dead letter: its last try failed, its worker gave up, or it
	 * was found with no try left (run->try is beyond run->max_tries then, and run()
	 * was not called). What is put before txn->writes and txn->jobs, from the arena,
	 * is committed with that: who is to be told. On the jobs' thread; NULL: not
	 * wanted. */
	void (*died)(void *ctx, const struct job_run *run, const char *error,
	    struct store_txn *txn, struct arena *arena);
	void *ctx;
};

struct jobs_config {
	struct store *store; /* must outlive it; nobody else may watch its jobs */
	const struct job_worker *workers; /* copied */
	size_t worker_count;
	struct job_runner runner;
	int64_t keep_ms;      /* ended jobs are dropped after that; 0: default */
	int64_t keep_dead_ms; /* dead letters, likewise */
	/* For tests: the wall clock; NULL: the machine's. */
	int64_t (*now_ms)(void *ctx);
	void *now_ctx;
};

/* Starts the thread; jobs left from before run from now on, perhaps before this returns:
 * *out is set before the first of them. -1 with err: a cron table or zone that is none,
 * or the store cannot be read. */
int jobs_open(struct jobs **out, const struct jobs_config *config, struct error *err);
/* Other workers from now on (an app was swapped in); what runs goes on. -1 with err, and
 * nothing has changed. Any thread. */
int jobs_set_workers(struct jobs *jobs, const struct job_worker *workers, size_t count,
    struct error *err);
/* A try has ended; outcome is copied, what it points to lives until its release. Any
 * thread. */
void jobs_ended(
    struct jobs *jobs, struct job_run *run, const struct job_outcome *outcome);
/* What a running job tells of itself, copied; stored once a second at most. Any
 * thread. */
void jobs_progress(struct jobs *jobs, int64_t id, struct span text);
/* Nothing starts from now on: run() is not called any more once it returns. */
void jobs_stop(struct jobs *jobs);
/* Waits until every run has ended (the runner must see to that) and is committed. Before
 * the store closes. NULL is fine. */
void jobs_close(struct jobs *jobs);

struct jobs_stats {
	uint64_t started, done, failed, dead, snoozed; /* tries, since jobs_open */
	int64_t running;
};

void jobs_stats(const struct jobs *jobs, struct jobs_stats *out);

#endif
