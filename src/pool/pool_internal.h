/* pool_internal -- the inside of a pool, shared by its files. All of it belongs to the
 * pool's thread, but for what is marked. */
#ifndef OFFHOOK_POOL_POOL_INTERNAL_H
#define OFFHOOK_POOL_POOL_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "pool/backtrace.h"
#include "pool/pool.h"
#include "pool/pool_process.h"

/* What its processes run; a swap makes a new one. */
struct program {
	struct pool_config config;
	struct arena *texts; /* its strings */
	unsigned generation;
};

/* A call of another thread's that the pool's thread answers. */
struct pool_call {
	struct pool_call *next;
	void (*run)(struct pool *pool, struct pool_call *call);
	bool finished; /* under the mutex */
	const struct pool_config *config;
	struct error *err;
	int *pids;
	int max, rc;
};

struct pool {
	_Atomic(struct pool_run *) submitted; /* any thread; the newest first */
	int bell;                             /* any thread: eventfd */
	pthread_mutex_t mutex;
	pthread_cond_t finished;
	struct pool_call *calls; /* under the mutex */

	pthread_t thread;
	bool threaded;
	int epoll;
	int cores;
	struct backtraces *backtraces;
	struct program *current; /* what events run in */
	struct program *next;    /* what is being swapped in; NULL: nothing */
	struct pool_call *swap;  /* who waits for that */
	unsigned generations;

	struct process *processes;
	struct pool_run *waiting; /* not with a process; the oldest first */
	struct pool_run **waiting_end;
	int64_t looked_us;
	int64_t average_us; /* what a run takes, smoothed */
	int early_deaths;   /* in a row, of processes that were never ready */
	int64_t start_us;   /* none is started before this */
	bool closing, closed;
	int64_t close_us; /* what runs then is killed */
};

/* ---- pool_crew.c: how many processes there are ---- */

/* Starts, dismisses and kills what is due. Now and then. */
void pool_crew_look(struct pool *pool, int64_t now_us);
/* A process told its routes. */
bool pool_crew_manifest(struct pool *pool, struct process *process, struct span frame);
/* A process said that it is ready. */
void pool_crew_ready(struct pool *pool, struct process *process);
/* Settles the affairs of those that have died. */
void pool_crew_bury(struct pool *pool);
/* Frees the programs; once all processes are gone. */
void pool_crew_forget(struct pool *pool);
/* A pool_call: begins to run another program. */
void pool_crew_swap(struct pool *pool, struct pool_call *call);

/* ---- pool_feed.c: events to processes ---- */

/* Takes what was submitted, and gives it out. */
void pool_feed(struct pool *pool);
/* Looks for events that wait behind a slow one, and for hung ones. */
void pool_feed_look(struct pool *pool, int64_t now_us);
/* Puts runs that were taken back from a process first in line. */
void pool_feed_again(struct pool *pool, struct pool_run *runs);
/* Settles everything that still waits, once there are no processes any more. */
void pool_feed_abandon(struct pool *pool);
/* Ends a run without a result; end as in struct frame_result. */
void pool_settle(struct pool_run *run, enum frame_end end, const char *failure);
/* "handler" or "worker": what runs it. */
const char *pool_who(const struct pool_run *run);
/* Takes what is in the rings; whether there was anything. */
bool pool_feed_rings(struct pool *pool);
/* Likewise, and is told by the sockets of what is put there from now on. */
bool pool_feed_watch(struct pool *pool);
/* Reads a process's frames, and closes our end when it closed its. */
void pool_feed_read(struct pool *pool, struct process *process);

/* ---- pool.c ---- */

void pool_finish(struct pool *pool, struct pool_call *call, int rc);
void pool_watch(struct pool *pool, struct process *process);
void pool_unwatch(struct pool *pool, const struct process *process);

#endif
