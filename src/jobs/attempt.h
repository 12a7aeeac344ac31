/* attempt -- one try of a job, from its start until what came of it is committed: which
 * transaction settles it, and what is to be done when that one cannot be committed. On
 * the jobs' thread only. */
#ifndef OFFHOOK_JOBS_ATTEMPT_H
#define OFFHOOK_JOBS_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "jobs/board.h"
#include "jobs/inbox.h"
#include "jobs/jobs.h"

struct attempt {
	struct job_run run; /* first: the runner has its address */
	struct note note;   /* tells that it has ended, then that it is committed */
	struct jobs *jobs;
	struct board_item *item;
	int64_t floor_ms, base_ms, cap_ms; /* of its worker */
	bool began;                        /* the store has noted it */
	struct job_outcome outcome;        /* of a try that ended */
	struct store_txn txn;
	int rows; /* which txn changes; set when it is submitted */
	struct store_job_write settle, told;
	struct arena *arena; /* of what died() adds; NULL: it did not */
	struct error conflict;
	char *progress;      /* told and not stored yet; NULL: nothing */
	int64_t progress_ms; /* not before (monotonic clock) */
	bool telling;        /* a transaction with its progress is under way */
	TAILQ_ENTRY(attempt) link;
};

TAILQ_HEAD(attempts, attempt);

/* A try that begins now; the item's worker says how. */
struct attempt *attempt_new(struct board_item *item, struct jobs *jobs);
/* Releases the outcome. The item stays. */
void attempt_free(struct attempt *attempt);

/* When and with what luck it is settled. */
struct attempt_moment {
	int64_t now_ms;
	uint64_t random;
	const struct job_runner *runner;
};

/* Makes txn as outcome says. Not for JOB_END_INTERRUPTED, of which nothing is
 * committed. */
void attempt_settle(struct attempt *attempt, const struct attempt_moment *moment);
/* Makes txn of one that did not run: no try is left, or it is not wanted any more. */
void attempt_kill(struct attempt *attempt, const struct attempt_moment *moment);
void attempt_cancel(struct attempt *attempt, const struct attempt_moment *moment);

enum attempt_result {
	ATTEMPT_COMMITTED,
	ATTEMPT_FENCED, /* the job is not what it was: all is dropped */
	ATTEMPT_AGAIN,  /* txn is another one now, to be submitted */
	ATTEMPT_LATER   /* the same one is to be submitted when the store works again */
};

/* After txn's done. */
enum attempt_result attempt_committed(
    struct attempt *attempt, const struct attempt_moment *moment);

#endif
