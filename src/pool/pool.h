/* pool -- the handler processes: started, fed, watched, killed, replaced. Handlers and
 * workers written by users run in them and nowhere else.
 *
 * frame/frame.h, frame/slots.h and frame/ring.h say what passes between the pool and a
 * process. A run that waits behind a slow one is taken back from its process (its slot
 * becomes SLOT_REVOKED) and sent to another one; it never runs twice.
 *
 * When a process dies, its RUNNING run has failed and its WAITING runs are sent to other
 * processes: nothing of theirs was committed. A process whose run takes longer than
 * hang_ms is killed. A process that keeps dying at its start is started again with growing
 * pauses. */
#ifndef OFFHOOK_POOL_POOL_H
#define OFFHOOK_POOL_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "frame/frame.h"
#include "util/error.h"
#include "util/mailbox.h"

struct pool_run;

struct pool;

struct pool_config {
	const char *name; /* of the pool's thread; NULL: "oh-pool" */
	/* The program to run, with its arguments. It must call host_run. */
	const char *program;
	char *const *argv;
	/* What FRAME_SETTINGS says: "data", unless NULL, "sandbox", and more. */
	const char *data;
	bool sandbox; /* a process enters host/sandbox.h */
	const struct pair *settings;
	uint32_t setting_count;
	int processes;     /* 0: two for each core, at least 4 */
	int max_processes; /* while slow runs hold all of them up; 0: 64 */
	int64_t hang_ms;   /* a process whose run takes longer is killed */
	int64_t ready_ms;  /* a process that takes longer to start is killed; 0: 10 s */
	int64_t memory_bytes; /* RLIMIT_AS of a process; 0: none */
	/* All three are called on the pool's thread; each may be NULL. introduced gets the
	 * FRAME_READY of a program that is opened or swapped in, before that program gets
	 * a run; -1 with err refuses it. What it appends to first is sent to each process
	 * of the program before its first run, and wiped at last. */
	int (*introduced)(
	    void *ctx, struct span frame, struct buf *first, struct error *err);
	/* Sets run->event.route or run->job.worker for the present program. False: it has
	 * no such route or worker, and the run fails. */
	bool (*address)(void *ctx, struct pool_run *run);
	/* A running job's progress (oh_progress): a line, valid during the call. */
	void (*progress)(void *ctx, struct pool_run *run, struct span text);
	int nice; /* added to the processes' nice value: they yield to the server */
	void *ctx;
};

/* One event or job, given to the pool to be run once. Embed it; it must live until done. */
struct pool_run {
	bool is_job;

	union {
		struct frame_run
		    run; /* the first member of both; the pool sets id and slot */
		struct frame_event event;
		struct frame_job_run job; /* if is_job */
	};                                /* its spans must live until done, too */

	/* Called once, on a thread of the pool's. When the run has failed, result->failure
	 * says why; a crash's backtrace is in the log. When the pool was closed first,
	 * result->end is FRAME_INTERRUPTED. The result and all that it points to are in
	 * the arena, which the callee frees. */
	void (*done)(struct pool_run *run, const struct frame_result *result,
	    struct arena *arena);
	const char *place;  /* for the log: its route's path, or its queue */
	uint64_t request;   /* for the log: its request's number; 0: none */
	const void *target; /* the submitter's own, for address */
	int64_t hang_ms;    /* in place of the pool's; 0: the pool's */
	struct mail mail;   /* the pool's */
	int deaths;         /* the pool's: processes that died while they had the run */
};

/* Starts the processes and a thread that feeds and watches them; returns when the first
 * one is ready, or -1 with err when none gets ready. */
int pool_open(struct pool **out, const struct pool_config *config, struct error *err);
/* Hands a run over, to be sent to a process that has room. Any thread; lock-free. */
void pool_submit(struct pool *pool, struct pool_run *run);
/* Wakes the pool for what was submitted: once for many. */
void pool_flush(struct pool *pool);
/* Starts processes of another program (or the same one again), sends every new run to
 * them, and ends the old ones after their last run: no run fails or runs twice. -1 with
 * err when the new program does not get ready: then the old one stays. */
int pool_swap(struct pool *pool, const struct pool_config *config, struct error *err);
/* For metrics and tests: process ids of those that are ready; gives how many. */
int pool_pids(struct pool *pool, int *out, int max);
/* Waits some seconds for what runs, then ends the processes: nothing is called back any more.
 * pool_flush may still come from other threads. NULL is fine. */
void pool_close(struct pool *pool);
/* After pool_close, when no other thread has it any more. NULL is fine. */
void pool_free(struct pool *pool);

#endif
