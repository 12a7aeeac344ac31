/* jobs_internal -- what the files of jobs.h share. */
#ifndef OFFHOOK_JOBS_JOBS_INTERNAL_H
#define OFFHOOK_JOBS_JOBS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "jobs/attempt.h"
#include "jobs/board.h"
#include "jobs/inbox.h"
#include "jobs/jobs.h"
#include "jobs/roster.h"

enum {
	SETTLES_MAX =
	    128, /* tries that ended and are not committed; then none starts */
	/* Rows that transactions under way may change, or one transaction that changes
	 * more: a webhook waits for the commit in which they are. */
	ROWS_MAX = 128,
	PAUSE_MS = 1000 /* when the store refuses, until it is asked again */
};

/* Dropping history, a few rows at a time. */
struct prune {
	size_t queue;     /* the next one to look at: its number on the board */
	int state;        /* of ended_states */
	int64_t again_ms; /* monotonic clock; so are all times that are not "now" */
};

/* How much of what failed was logged. */
struct jobs_told {
	int64_t second;
	int lines;
	unsigned untold;
};

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
	atomic_int_fast64_t news_bytes; /* of commits, in the inbox */
	atomic_bool news_lost;          /* more came than it may hold */
	atomic_uint_fast64_t started, done, failed, dead, snoozed;
	atomic_int_fast64_t running;

	/* the jobs' thread */
	struct store_reader *reader;
	int64_t round_ms, round_mono_ms; /* when this round began, by either clock */
	struct board *board;
	struct roster *roster;
	bool known;              /* the store's queues have been read */
	int64_t learn_ms;        /* when they are, again */
	uint64_t random;         /* the generator's state */
	struct attempts tries;   /* that run */
	struct attempts settled; /* ended, to be submitted */
	int submitted, rows;     /* ended, at the store; what those change */
	int64_t resubmit_ms;     /* the store refused: not before; 0: it did not */
	int64_t tell_ms; /* when a progress is to be stored; INT64_MAX: none is */
	int others;      /* further transactions under way */
	struct prune prune;
	struct jobs_told told;
};

int64_t jobs_now(const struct jobs *jobs); /* wall clock */
int64_t jobs_mono(void);                   /* monotonic, milliseconds */

/* ---- jobs_news.c: what the store tells ---- */

/* For store_watch_jobs. */
void jobs_news(void *ctx, const struct store_txn *txn);
/* If some of it was lost: what waits is read anew. */
void jobs_news_catch_up(struct jobs *jobs);

/* ---- jobs_try.c: from its start to its commit ---- */

void jobs_try_start(struct jobs *jobs, struct board_item *item);
/* Submits what has ended, as much as may be under way. */
void jobs_try_submit(struct jobs *jobs);

/* ---- jobs_log.c ---- */

/* A try that failed, once it is committed: so many a second at most. */
void jobs_log_failure(struct jobs *jobs, const struct attempt *attempt);

/* ---- jobs_progress.c ---- */

/* Submits what is due. */
void jobs_progress_submit(struct jobs *jobs);

/* ---- standing.c ---- */

/* Enqueues the next job of every queue whose time has come. */
void standing_submit(struct jobs *jobs);

/* ---- prune.c ---- */

/* Drops a few jobs that ended long ago, if it is time to. */
void prune_submit(struct jobs *jobs);

#endif
