/* A round is one wait for sockets and everything that this woke: libevent's
 * EVLOOP_ONCE. What runs at the end of a round therefore runs here, between two
 * rounds, and cannot be starved by sockets that are always ready (as an event of a
 * lower priority would be). */
#include "http/loop.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "http/loop_internal.h"
#include "http/wheel.h"
#include "util/clock.h"
#include "util/mem.h"

struct loop {
	int index;
	struct event_base *base;
	_Atomic(struct loop_task *) posted; /* the newest first */
	int bell;                           /* eventfd: something was posted */
	struct event *bell_event;
	struct loop_task *at_end; /* in order */
	struct wheel wheel;
	struct event *tick_event;
	bool ticking;
	bool started, stop;
	pthread_t thread;
	struct loop_task stop_task;
};

static const struct timeval tick_time = {.tv_usec = WHEEL_TICK_US};

void loop_post(struct loop *loop, struct loop_task *task)
{
	struct loop_task *newest = atomic_load(&loop->posted);
	do {
		task->next = newest;
	} while (!atomic_compare_exchange_weak(&loop->posted, &newest, task));
	if (newest != NULL)
		return;
	/* Full is impossible: that would be 2^64 wake-ups not yet seen. */
	uint64_t one = 1;
	ssize_t written = write(loop->bell, &one, sizeof(one));
	(void)written;
}

static void run_posted(evutil_socket_t fd, short what, void *ctx)
{
	struct loop *loop = ctx;
	uint64_t rings;
	(void)what;
	ssize_t got = read(fd, &rings, sizeof(rings));
	(void)got;

	struct loop_task *newest = atomic_exchange(&loop->posted, NULL);
	struct loop_task *oldest = NULL;
	while (newest != NULL) {
		struct loop_task *next = newest->next;
		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	while (oldest != NULL) {
		struct loop_task *task = oldest;
		oldest = task->next;
		task->run(task);
	}
}

void loop_at_round_end(struct loop *loop, struct loop_task *task)
{
	struct loop_task **at = &loop->at_end;
	while (*at != NULL) {
		if (*at == task)
			return;
		at = &(*at)->next;
	}
	task->next = NULL;
	*at = task;
}

static void run_round_end(struct loop *loop)
{
	while (loop->at_end != NULL) {
		struct loop_task *task = loop->at_end;
		loop->at_end = task->next;
		task->run(task);
	}
}

static void tick(evutil_socket_t fd, short what, void *ctx)
{
	struct loop *loop = ctx;
	(void)fd;
	(void)what;
	wheel_turn(&loop->wheel, clock_mono_us());
	if (loop->wheel.count == 0) {
		event_del(loop->tick_event);
		loop->ticking = false;
	}
}

void loop_timer_start(struct loop *loop, struct loop_timer *timer, int64_t due_us)
{
	if (!loop->ticking) {
		if (loop->wheel.count == 0)
			wheel_init(&loop->wheel, clock_mono_us());
		event_add(loop->tick_event, &tick_time);
		loop->ticking = true;
	}
	wheel_start(&loop->wheel, timer, due_us);
}

void loop_timer_stop(struct loop *loop, struct loop_timer *timer)
{
	wheel_stop(&loop->wheel, timer);
}

int loop_index(const struct loop *loop)
{
	return loop->index;
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}

static void *loop_main(void *ctx)
{
	struct loop *loop = ctx;
	while (!loop->stop) {
		/* Less than 0 would mean that epoll itself is broken. */
		int rc = event_base_loop(loop->base, EVLOOP_ONCE);
		assert(rc >= 0);
		(void)rc;
		run_round_end(loop);
	}
	return NULL;
}

int loop_new(struct loop **out, int index, struct error *err)
{
	struct loop *loop = mem_new(1, sizeof(*loop));
	struct event_config *config = event_config_new();
	loop->index = index;
	loop->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (config != NULL) {
		/* One thread touches the base; other threads ring the bell. */
		(void)event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
		loop->base = event_base_new_with_config(config);
		event_config_free(config);
	}
	if (loop->bell < 0 || loop->base == NULL) {
		(void)error_set(err,
		    "cannot make an I/O thread's epoll and eventfd: %s",
		    strerror(errno));
		loop_free(loop);
		return -1;
	}
	wheel_init(&loop->wheel, clock_mono_us());
	loop->bell_event =
	    event_new(loop->base, loop->bell, EV_READ | EV_PERSIST, run_posted, loop);
	loop->tick_event = event_new(loop->base, -1, EV_PERSIST, tick, loop);
	if (loop->bell_event == NULL || loop->tick_event == NULL ||
	    event_add(loop->bell_event, NULL) != 0) {
		(void)error_set(err, "cannot watch an eventfd");
		loop_free(loop);
		return -1;
	}
	*out = loop;
	return 0;
}

int loop_start(struct loop *loop, struct error *err)
{
	/* Signals are for the main thread. */
	sigset_t all;
	sigset_t before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&loop->thread, NULL, loop_main, loop);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return error_set(err, "cannot start an I/O thread: %s", strerror(rc));
	loop->started = true;
	return 0;
}

static void run_stop(struct loop_task *task)
{
	struct loop *loop =
	    (struct loop *)(void *)((char *)task - offsetof(struct loop, stop_task));
	loop->stop = true;
}

void loop_stop(struct loop *loop)
{
	if (loop == NULL || !loop->started)
		return;
	loop->stop_task.run = run_stop;
	loop_post(loop, &loop->stop_task);
	(void)pthread_join(loop->thread, NULL);
	loop->started = false;
}

void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	assert(!loop->started);
	if (loop->bell_event != NULL)
		event_free(loop->bell_event);
	if (loop->tick_event != NULL)
		event_free(loop->tick_event);
	if (loop->base != NULL)
		event_base_free(loop->base);
	if (loop->bell >= 0)
		(void)close(loop->bell);
	free(loop);
}
