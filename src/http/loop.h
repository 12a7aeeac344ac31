/* loop -- one I/O thread: its sockets, its timers, and the work that other threads give
 * it. Nothing that runs on a loop may block. */
#ifndef OFFHOOK_HTTP_LOOP_H
#define OFFHOOK_HTTP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "util/arena.h"
#include "util/mailbox.h"

struct loop;

/* Work for a loop. Embed it in what the work is about. */
struct loop_task {
	struct mail mail; /* the loop's */
	void (*run)(struct loop_task *task);
};

/* Runs the task soon on the loop's thread. Any thread; lock-free; many posts between
 * two rounds cost one wake-up. The task must live until it has run, and may not be
 * posted again before. Tasks run in the order of their posting. */
void loop_post(struct loop *loop, struct loop_task *task);

/* Runs the task when all sockets of the present round have been read, so that what the
 * round gathered is handed over at once. Loop's thread only; a task that waits already
 * is not added again. */
void loop_at_round_end(struct loop *loop, struct loop_task *task);

/* Embed it, and zero it before its first use. Precise to 50 ms, which is enough for
 * deadlines of seconds. */
struct loop_timer {
	TAILQ_ENTRY(loop_timer) link; /* the loop's */
	int64_t due_us;               /* util/clock.h, monotonic */
	void (*fire)(struct loop_timer *timer);
	bool armed;
};

/* Fires once, on the loop's thread, at due_us or a little later. Starting an armed
 * timer moves it. Starting and stopping are O(1) when timers start in the order in
 * which they are due, as deadlines of one length do. Loop's thread only. */
void loop_timer_start(struct loop *loop, struct loop_timer *timer, int64_t due_us);
/* Harmless when it is not armed. Loop's thread only. */
void loop_timer_stop(struct loop *loop, struct loop_timer *timer);

/* Which loop of its server it is, from 0: callers keep state for each. */
int loop_index(const struct loop *loop);

/* An empty arena for a request. One that was given back has its room already, so that a
 * webhook at full load allocates nothing. Loop's thread only. */
struct arena *loop_arena(struct loop *loop);
/* Ends all that was allocated from it, and keeps it, or frees it when enough are kept.
 * Who is on another thread calls arena_free instead. Loop's thread only. */
void loop_arena_back(struct loop *loop, struct arena *arena);

#endif
