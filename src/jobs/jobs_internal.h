/* jobs_internal -- what the files of jobs.h share. */
#ifndef OFFHOOK_JOBS_JOBS_INTERNAL_H
#define OFFHOOK_JOBS_JOBS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "jobs/attempt.h"
#include "jobs/board.h"
#include "jobs/errand.h"
#include "jobs/inbox.h"
#include "jobs/jobs.h"
#include "jobs/roster.h"

enum {
	/* Attempts that have ended and are not committed; at so many, none starts. */
	SETTLES_MAX = 128,
	/* Rows that transactions of attempts under way change. Only a single transaction
	 * may change more: a webhook waits for the commit that they are in. */
	ROWS_MAX = 128,
	PAUSE_MS = 1000 /* after an error of the store, until it is asked again */
};

/* Where dropping old jobs goes on. */
struct prune {
	size_t queue; /* its number on the board */
	int state;    /* index of ended_states */
	int64_t again_ms;
};

/* Times are by the monotonic clock; only round_ms is by the wall clock. */
struct jobs {
	struct store *store;
	struct job_runner runner;
	int64_t keep_ms, keep_dead_ms;
	int64_t (*clock)(void *ctx);
	void *clock_ctx;
	pthread_t thread;

	/* any thread */
	struct inbox inbox;
	atomic_bool stopping, closing;
	atomic_int_fast64_t news_bytes; /* of news in the inbox */
	atomic_bool news_lost;          /* the inbox had no room for some */
	atomic_uint_fast64_t started, done, failed, dead, snoozed;
	atomic_int_fast64_t running;

	/* the jobs' thread */
	struct store_reader *reader;
	int64_t round_ms, round_mono_ms; /* when this round began */
	struct board *board;
	struct roster *roster;
	bool known;               /* the store's queues have been read */
	int64_t learn_ms;         /* when to try that again */
	uint64_t random;          /* the generator's state */
	struct attempts attempts; /* that run */
	struct attempts ended;    /* and are to be submitted */
	int submitted, rows;      /* ended, and with the store; the rows they change */
	int64_t resubmit_ms; /* the store refused: submit again then; 0: it did not */
	int64_t progress_ms; /* when to store the next progress; INT64_MAX: never */
	int errands;         /* transactions under way */
	bool unflushed;      /* the store's writer was not woken for some of them */
	struct prune prune;
};

int64_t jobs_now(const struct jobs *jobs); /* wall clock, milliseconds */
int64_t jobs_mono(void);                   /* monotonic clock, milliseconds */

/* For store_watch_jobs. */
void jobs_news(void *ctx, const struct store_txn *txn);
/* If news was lost: lets the board read all waiting jobs anew. */
void jobs_news_catch_up(struct jobs *jobs);

void jobs_attempt_start(struct jobs *jobs, struct board_item *item);
/* Submits the attempts that have ended, within SETTLES_MAX and ROWS_MAX. */
void jobs_attempt_submit(struct jobs *jobs);
/* From now on what GLib has to say is a line of the log. */
void jobs_log_libraries(void);
/* Logs an attempt that failed, once that is committed. */
void jobs_log_failure(const struct attempt *attempt);
/* Stores the progress of running jobs whose time has come. */
void jobs_progress_submit(struct jobs *jobs);
/* Enqueues the standing job of every queue whose time has come. */
void jobs_cron_submit(struct jobs *jobs);
/* Drops a few jobs that ended long ago, if it is time to. */
void jobs_prune_submit(struct jobs *jobs);

#endif
