/* pool -- the handler processes: started, fed, watched, killed, replaced. Handlers and
 * workers written by users run in them and nowhere else.
 *
 * Each process has one socketpair and some memory shared with the server: a table of
 * slots, and a ring (app/ring.h) for the frames it sends back (app/frame.h). The socket
 * has the frames for the process; the other way it tells of its end, and FRAME_BELL when
 * the server asked to be told of the ring (frames of any type may come by it as well).
 *
 * An event that is sent to a process is WAITING in its slot; the process makes it RUNNING
 * before it calls the handler; the server may make it REVOKED instead (compare-and-swap
 * decides), and then send it to another process: so that an event behind a slow one does
 * not wait for it and yet never runs twice. A process takes events in the order they were
 * sent, drops a REVOKED one without a word, and writes slots in no other way than WAITING
 * to RUNNING; the server frees them. A result may not wait for the next handler: it is in
 * the ring, and the server told if it asked, before that one begins (or may block).
 *
 * When a process dies, the event that was RUNNING is settled as failed and the WAITING
 * ones are sent elsewhere: nothing of theirs was committed. One whose handler runs
 * longer than hang_ms is killed. A process that keeps dying at start is started again with
 * growing pauses. */
#ifndef OFFHOOK_POOL_POOL_H
#define OFFHOOK_POOL_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "frame/frame.h"
#include "util/error.h"

struct pool_run;

struct pool;

struct pool_config {
	/* The program to run, with its arguments; it must call host_run with the
	 * descriptor numbers it finds in OFFHOOK_HANDLER ("SOCKET,SLOTS"). */
	const char *program;
	char *const *argv;
	const char *data;  /* told in OFFHOOK_HANDLER_DATA; NULL: not */
	int processes;     /* 0: two for each core, at least 4 */
	int max_processes; /* while all of them are held up by slow handlers; 0: 64 */
	int64_t hang_ms;   /* a handler that runs longer is killed */
	int64_t ready_ms;  /* a process that takes longer to start is killed; 0: 10 s */
	int64_t memory_bytes; /* RLIMIT_AS of a process; 0: none */
	/* On the pool's thread; each may be NULL. introduced is told the FRAME_MANIFEST of
	 * a program that is swapped in (or opened) before it gets an event; -1 with err
	 * refuses it. address sets run->event.route for the present program; false when
	 * it has no such route. */
	int (*introduced)(void *ctx, struct span frame, struct error *err);
	bool (*address)(void *ctx, struct pool_run *run);
	/* What a running job tells of itself (oh_progress): a line, valid during the
	 * call. */
	void (*progress)(void *ctx, struct pool_run *run, struct span text);
	int nice; /* added to the processes' nice value: they yield to the server */
	void *ctx;
};

/* One event's run. Embed it; it must live until done. */
struct pool_run {
	struct frame_event event; /* its spans must live until done too */
	/* On a thread of the pool's: ok, failed (result->failure says why, also for a crash,
	 * with a symbolised backtrace in the log), and never more than once. When the pool
	 * was closed first, result->end is FRAME_INTERRUPTED. result points into arena,
	 * which is the callee's to free; so does result itself. */
	void (*done)(struct pool_run *run, const struct frame_result *result,
	    struct arena *arena);
	const char *place;     /* for the log: its route's path, or its queue */
	const void *target;    /* the submitter's: what address knows it by */
	int64_t hang_ms;       /* in place of the pool's; 0: the pool's */
	struct pool_run *next; /* the pool's */
	int deaths;            /* the pool's: processes that died while they had it */
};

/* Starts the processes and a thread that feeds and watches them; returns when the first
 * one is ready, or -1 with err when none became so. */
int pool_open(struct pool **out, const struct pool_config *config, struct error *err);
/* Hands an event over, to be sent to a process when one has room. Any thread;
 * lock-free. */
void pool_submit(struct pool *pool, struct pool_run *run);
/* Wakes the pool for what was submitted: once for many. */
void pool_flush(struct pool *pool);
/* Starts processes of another program (or the same one anew), sends everything new to
 * them, and ends the old ones when their last event is done: no request fails and no
 * event runs on both. -1 with err, the old ones stay, when the new one does not get
 * ready. */
int pool_swap(struct pool *pool, const struct pool_config *config, struct error *err);
/* For metrics and tests: process ids of those that are ready; gives how many. */
int pool_pids(struct pool *pool, int *out, int max);
/* Waits for what runs (some seconds), ends the processes. NULL is fine. */
void pool_close(struct pool *pool);

#endif
