/* pool_internal -- the inside of a pool, shared by its files. Only the pool's thread may
 * touch it, except for what is marked. */
#ifndef OFFHOOK_POOL_POOL_INTERNAL_H
#define OFFHOOK_POOL_POOL_INTERNAL_H

#include "pool/backtrace.h"
#include "pool/pool.h"
#include "pool/pool_process.h"
#include "util/thread.h"

/* What processes run. A swap makes a new one. */
struct program {
	struct pool_config config; /* but its name, data and settings */
	struct arena *texts;       /* its strings */
	struct buf settings;       /* the FRAME_SETTINGS for its processes */
	struct buf first;          /* frames that each process gets when it is ready */
	unsigned generation;
};

/* A call by another thread, which the pool's thread answers. */
struct pool_call {
	struct mail mail;
	void (*answer)(struct pool *pool, struct pool_call *call);
	bool finished; /* under the mutex */
	const struct pool_config *config;
	struct error *err;
	int *pids;
	int max, rc;
};

enum { POOL_DOUBTS = 256 };

struct pool {
	struct mailbox submitted; /* any thread: struct pool_run */
	struct mailbox calls;     /* any thread: struct pool_call */
	int bell;                 /* any thread: eventfd */
	pthread_mutex_t mutex;    /* of the calls' finished */
	pthread_cond_t finished;

	pthread_t thread;
	bool threaded;
	int epoll;
	int cores;
	struct backtraces *backtraces;
	struct program *current; /* where runs are sent */
	struct program *next;    /* what is being swapped in; NULL: nothing */
	struct pool_call *swap;  /* the call that waits for that */
	unsigned generations;

	struct process *processes;
	struct mail *waiting; /* runs that no process has; the oldest first */
	struct mail **waiting_end;
	int64_t looked_us;
	int64_t average_us; /* what a run takes, smoothed */
	uint64_t
	    doubts[POOL_DOUBTS]; /* hashes of what was told of replies, as a ring */
	size_t doubt_count;
	int early_deaths; /* in a row, of processes that were never ready */
	int64_t start_us; /* no process is started before this */
	bool closing;
	int64_t close_us; /* what still runs then is killed */
};

/* ---- pool_staff.c: how many processes there are ---- */

/* Starts, dismisses and kills what is due. Called now and then. */
void pool_staff_look(struct pool *pool, int64_t now_us);
/* A process sent FRAME_READY. */
void pool_staff_ready(struct pool *pool, struct process *process, struct span frame);
/* Reaps the processes that have died, and settles what they had. */
void pool_staff_reap(struct pool *pool);
/* Frees the programs, after the last process has gone. */
void pool_staff_clear(struct pool *pool);
/* Answers a pool_call: begins to run another program. */
void pool_staff_swap(struct pool *pool, struct pool_call *call);

/* ---- pool_feed.c: runs to processes, results back ---- */

/* Takes what was submitted, and gives it to processes. */
void pool_feed(struct pool *pool);
/* Looks for runs that wait behind a slow one, and for hung ones. */
void pool_feed_look(struct pool *pool, int64_t now_us);
/* Puts runs that were taken back from a process first in line. */
void pool_feed_again(struct pool *pool, struct mail *runs);
/* Settles everything that still waits, once there is no process any more. */
void pool_feed_abandon(struct pool *pool);
/* Ends a run without a result of its own; end as in struct frame_result. */
void pool_settle(struct pool_run *run, enum frame_end end, const char *failure);
/* Takes what is in the rings. Gives whether there was anything. */
bool pool_feed_rings(struct pool *pool);
/* Does the same, after it has asked for a FRAME_BELL when more is put into the rings. */
bool pool_feed_watch(struct pool *pool);
/* Reads a process's frames; closes our end of the socket when the process closed its. */
void pool_feed_read(struct pool *pool, struct process *process);

/* ---- pool.c ---- */

void pool_finish(struct pool *pool, struct pool_call *call, int rc);
void pool_watch(struct pool *pool, struct process *process);
void pool_unwatch(struct pool *pool, const struct process *process);

#endif
