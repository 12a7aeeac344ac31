/* A round is one wait for sockets and everything that this woke: libevent's
 * EVLOOP_ONCE. Tasks of the round's end therefore run here, between two rounds. As
 * events of a lower priority they would never run while sockets are always ready. */
#include "http/loop.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "http/loop_internal.h"
#include "http/wheel.h"
#include "util/clock.h"
#include "util/container.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/thread.h"

enum { ARENAS_MAX = 64 }; /* with a block of 16 kB each: 1 MB */

/* With -fsanitize=address none, so that the use of an arena after its end is seen. */
#if defined(__SANITIZE_ADDRESS__)
static const size_t arenas_kept = 0;
#else
static const size_t arenas_kept = ARENAS_MAX;
#endif

struct loop {
	int index;
	struct event_base *base;
	struct mailbox posted;
	int bell; /* eventfd: something was posted */
	struct event *bell_event;
	struct mail *at_end; /* tasks, in order */
	struct wheel wheel;
	struct event *tick_event;
	bool ticking;
	bool started, stop;
	pthread_t thread;
	struct loop_task stop_task;
	char *scratch;
	struct arena *arenas[ARENAS_MAX]; /* empty */
	size_t arena_count;
};

static const struct timeval tick_time = {.tv_usec = WHEEL_TICK_US};

void loop_post(struct loop *loop, struct loop_task *task)
{
	if (!mailbox_put(&loop->posted, &task->mail))
		return;
	/* It cannot be full: that would be 2^64 wake-ups that the loop has not seen. */
	uint64_t one = 1;
	ssize_t written = write(loop->bell, &one, sizeof(one));
	(void)written;
}

static struct loop_task *loop_task_of(struct mail *mail)
{
	return mail == NULL ? NULL : container_of(mail, struct loop_task, mail);
}

static void loop_on_bell(evutil_socket_t fd, short what, void *ctx)
{
	struct loop *loop = ctx;
	uint64_t rings;
	(void)what;
	ssize_t got = read(fd, &rings, sizeof(rings));
	(void)got;

	struct loop_task *task = loop_task_of(mailbox_take(&loop->posted));
	while (task != NULL) {
		struct loop_task *next = loop_task_of(task->mail.next);
		task->run(task);
		task = next;
	}
}

void loop_at_round_end(struct loop *loop, struct loop_task *task)
{
	struct mail **at = &loop->at_end;
	while (*at != NULL) {
		if (*at == &task->mail)
			return;
		at = &(*at)->next;
	}
	task->mail.next = NULL;
	*at = &task->mail;
}

static void loop_on_tick(evutil_socket_t fd, short what, void *ctx)
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

static void loop_on_library_line(int severity, const char *line)
{
	log_write(severity == EVENT_LOG_ERR ? LOG_ERROR : LOG_WARN, line, "from",
	    "libevent", NULL);
}

int loop_index(const struct loop *loop)
{
	return loop->index;
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}

struct arena *loop_arena(struct loop *loop)
{
	return loop->arena_count > 0 ? loop->arenas[--loop->arena_count] : arena_new();
}

void loop_arena_back(struct loop *loop, struct arena *arena)
{
	if (loop->arena_count == arenas_kept) {
		arena_free(arena);
		return;
	}
	arena_clear(arena);
	loop->arenas[loop->arena_count++] = arena;
}

char *loop_scratch(struct loop *loop)
{
	return loop->scratch;
}

static void *loop_main(void *ctx)
{
	struct loop *loop = ctx;
	while (!loop->stop) {
		/* Less than 0 would mean that epoll is broken. */
		int rc = event_base_loop(loop->base, EVLOOP_ONCE);
		assert(rc >= 0);
		(void)rc;
		while (loop->at_end != NULL) {
			struct loop_task *task = loop_task_of(loop->at_end);
			loop->at_end = task->mail.next;
			task->run(task);
		}
	}
	return NULL;
}

int loop_new(struct loop **out, int index, struct error *err)
{
	struct loop *loop = mem_new(1, sizeof(*loop));
	event_set_log_callback(loop_on_library_line);
	struct event_config *config = event_config_new();
	loop->index = index;
	loop->scratch = mem_resize(NULL, LOOP_SCRATCH_BYTES, 1);
	loop->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (config != NULL) {
		/* Only the loop's thread touches the base. */
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
	    event_new(loop->base, loop->bell, EV_READ | EV_PERSIST, loop_on_bell, loop);
	loop->tick_event = event_new(loop->base, -1, EV_PERSIST, loop_on_tick, loop);
	if (loop->bell_event == NULL || loop->tick_event == NULL ||
	    event_add(loop->bell_event, NULL) != 0) {
		(void)error_set(err, "cannot watch an eventfd");
		loop_free(loop);
		return -1;
	}
	*out = loop;
	return 0;
}

int loop_start(struct loop *loop, const char *name, struct error *err)
{
	char thread[16];
	sigset_t all;
	sigset_t before;
	(void)snprintf(thread, sizeof(thread), "%s-%d", name, loop->index);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = thread_start(&loop->thread, thread, loop_main, loop, err);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	loop->started = rc == 0;
	return rc;
}

static void loop_run_stop(struct loop_task *task)
{
	container_of(task, struct loop, stop_task)->stop = true;
}

void loop_stop(struct loop *loop)
{
	if (loop == NULL || !loop->started)
		return;
	loop->stop_task.run = loop_run_stop;
	loop_post(loop, &loop->stop_task);
	thread_join(loop->thread);
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
	while (loop->arena_count > 0)
		arena_free(loop->arenas[--loop->arena_count]);
	free(loop->scratch);
	free(loop);
}
