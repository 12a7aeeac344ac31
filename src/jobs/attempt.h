/* attempt -- one attempt of a job, from its start until its end is committed: which
 * transaction settles the job, and what to do when that cannot be committed. On the jobs'
 * thread only. */
#ifndef OFFHOOK_JOBS_ATTEMPT_H
#define OFFHOOK_JOBS_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "jobs/board.h"
#include "jobs/errand.h"
#include "jobs/jobs.h"

struct attempt {
	struct job_attempt given; /* what the runner is given */
	struct errand errand;     /* its note also brings the end to the jobs' thread */
	struct board_item *item;
	int64_t floor_ms, base_ms, cap_ms; /* the worker's backoff */
	bool began;                        /* the store knows that it runs */
	struct job_outcome outcome;        /* when it has ended */
	int rows; /* how many the transaction changes; set when it is submitted */
	struct store_job_write settle, last_progress; /* parts of the transaction */
	struct arena *arena; /* of what runner->died added; NULL: it added nothing */
	struct error conflict;
	char *progress;        /* not stored yet; NULL: none */
	int64_t progress_ms;   /* not stored before then (monotonic clock) */
	bool storing_progress; /* a transaction with an older progress is under way */
	TAILQ_ENTRY(attempt) link;
};

TAILQ_HEAD(attempts, attempt);

/* The next attempt of the item's job, with the limits of its worker. */
struct attempt *attempt_new(struct board_item *item);
/* Releases the outcome. The item stays. */
void attempt_free(struct attempt *attempt);

struct attempt_moment {
	int64_t now_ms;
	uint64_t random; /* for the jitter of the backoff */
	const struct job_runner *runner;
};

/* Makes the transaction of the outcome. Not for JOB_END_INTERRUPTED, which commits
 * nothing. */
void attempt_settle(struct attempt *attempt, const struct attempt_moment *moment);
/* Makes the transaction of an attempt that was not started: no attempt was left, or the
 * job is not wanted any more. */
void attempt_kill(struct attempt *attempt, const struct attempt_moment *moment);
void attempt_cancel(struct attempt *attempt, const struct attempt_moment *moment);

enum attempt_result {
	ATTEMPT_COMMITTED,
	ATTEMPT_FENCED, /* the job was changed by somebody else: the end is dropped */
	ATTEMPT_AGAIN,  /* there is another transaction now: submit it */
	ATTEMPT_LATER   /* submit the same transaction when the store works again */
};

/* After the transaction has its result. */
enum attempt_result attempt_committed(
    struct attempt *attempt, const struct attempt_moment *moment);

#endif
