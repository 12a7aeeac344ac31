/* loop -- one I/O thread: its sockets, its timers, and the door through which other
 * threads hand it work. Nothing that runs on a loop may block. */
#ifndef OFFHOOK_HTTP_LOOP_H
#define OFFHOOK_HTTP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct loop;

/* Work for a loop. Embed it in what the work is about. */
struct loop_task {
	struct loop_task *next; /* the loop's */
	void (*run)(struct loop_task *task);
};

/* Runs the task soon on the loop's thread. From any thread; lock-free; many posts
 * between two rounds cost one wake-up. The task must live until it has run and may
 * not be posted twice meanwhile. Tasks run in the order of their posting. */
void loop_post(struct loop *loop, struct loop_task *task);

/* Runs the task once all sockets of the present round have been read: the moment to
 * hand over, in one go, what the round gathered. Only from the loop's thread; a task
 * that waits already is left as it is. */
void loop_at_round_end(struct loop *loop, struct loop_task *task);

/* A timer, embedded in what it is about; zero it before its first use. Precision
 * 50 ms: these are deadlines of seconds. */
struct loop_timer {
	TAILQ_ENTRY(loop_timer) link; /* the loop's */
	int64_t due_us;               /* util/clock.h, monotonic */
	void (*fire)(struct loop_timer *timer);
	bool armed;
};

/* Fires once, on the loop's thread, at due_us or a little later; starting an armed
 * timer moves it. Starting and stopping are O(1) for timers started in the order in
 * which they are due, as deadlines of one length are. Loop's thread only. */
void loop_timer_start(struct loop *loop, struct loop_timer *timer, int64_t due_us);
/* After this it does not fire. Harmless when it is not armed. Loop's thread only. */
void loop_timer_stop(struct loop *loop, struct loop_timer *timer);

/* Which loop of the server it is, from 0: for per-thread state of the caller's. */
int loop_index(const struct loop *loop);

#endif
