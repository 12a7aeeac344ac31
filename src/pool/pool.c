#include "pool/pool.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "pool/pool_internal.h"
#include "util/clock.h"
#include "util/mem.h"

enum {
	LOOK_MS = 10,    /* between looks at slow processes */
	REST_MS = 1000,  /* while nothing happens */
	CLOSE_MS = 5000, /* what still runs then is killed */
	EVENTS = 64,
	CROWD = 8, /* events under way from which on it pays to gather */
	GATHER_NS = 250000
};

/* ---- what epoll tells: a process's death has the lowest bit of its pointer set ---- */

static void watch(struct pool *pool, int fd, uint32_t what, void *who)
{
	struct epoll_event event = {.events = what, .data.ptr = who};
	if (epoll_ctl(pool->epoll, EPOLL_CTL_ADD, fd, &event) < 0 && errno == EEXIST)
		(void)epoll_ctl(pool->epoll, EPOLL_CTL_MOD, fd, &event);
}

void pool_watch(struct pool *pool, struct process *process)
{
	if (process->socket >= 0)
		watch(pool, process->socket,
		    EPOLLIN | (process->blocked ? (uint32_t)EPOLLOUT : 0), process);
	watch(pool, process->pidfd, EPOLLIN, (char *)process + 1);
	process->polled_out = process->blocked;
}

/* A closed descriptor may stay watched while a child that is being started holds a
 * copy, so closing is not enough. */
void pool_unwatch(struct pool *pool, const struct process *process)
{
	if (process->socket >= 0)
		(void)epoll_ctl(pool->epoll, EPOLL_CTL_DEL, process->socket, NULL);
	if (process->dead)
		(void)epoll_ctl(pool->epoll, EPOLL_CTL_DEL, process->pidfd, NULL);
}

static void heed(struct pool *pool, const struct epoll_event *event)
{
	uintptr_t who = (uintptr_t)event->data.ptr;
	uint64_t rings;
	if (event->data.ptr == pool) {
		ssize_t got = read(pool->bell, &rings, sizeof(rings));
		(void)got;
	} else if ((who & 1) != 0) {
		struct process *process =
		    (struct process *)(void *)((char *)event->data.ptr - 1);
		process->dead = true;
	} else {
		struct process *process = event->data.ptr;
		if ((event->events & EPOLLOUT) != 0) {
			process_write(process);
			pool_watch(pool, process);
		}
		if ((event->events & ~(uint32_t)EPOLLOUT) != 0)
			pool_feed_read(pool, process);
	}
}

/* ---- calls of other threads ---- */

static void ring(struct pool *pool)
{
	uint64_t one = 1;
	ssize_t written = write(pool->bell, &one, sizeof(one));
	(void)written;
}

void pool_finish(struct pool *pool, struct pool_call *call, int rc)
{
	(void)pthread_mutex_lock(&pool->mutex);
	call->rc = rc;
	call->finished = true;
	(void)pthread_cond_broadcast(&pool->finished);
	(void)pthread_mutex_unlock(&pool->mutex);
}

static int ask(struct pool *pool, struct pool_call *call)
{
	(void)pthread_mutex_lock(&pool->mutex);
	call->next = pool->calls;
	pool->calls = call;
	ring(pool);
	while (!call->finished)
		(void)pthread_cond_wait(&pool->finished, &pool->mutex);
	(void)pthread_mutex_unlock(&pool->mutex);
	return call->rc;
}

static void answer_calls(struct pool *pool)
{
	(void)pthread_mutex_lock(&pool->mutex);
	struct pool_call *calls = pool->calls;
	pool->calls = NULL;
	(void)pthread_mutex_unlock(&pool->mutex);
	while (calls != NULL) {
		struct pool_call *call = calls;
		calls = call->next;
		call->run(pool, call);
	}
}

static void list_pids(struct pool *pool, struct pool_call *call)
{
	int count = 0;
	for (const struct process *process = pool->processes;
	     process != NULL && count < call->max; process = process->next)
		if (process->ready && process->cause == NULL)
			call->pids[count++] = process->pid;
	pool_finish(pool, call, count);
}

static void begin_close(struct pool *pool, struct pool_call *call)
{
	pool->closing = true;
	pool->close_us = clock_mono_us() + INT64_C(1000) * CLOSE_MS;
	pool_finish(pool, call, 0);
}

/* ---- the thread ---- */

/* With many events under way results come one by one, a few microseconds apart:
 * handling each as it comes would cost a change of threads here and one on a lane.
 * Whether any came. */
static bool gather(struct pool *pool)
{
	const struct timespec moment = {.tv_nsec = GATHER_NS};
	int held = 0;
	for (const struct process *process = pool->processes; process != NULL;
	     process = process->next)
		held += process->stuck ? 0 : process->held;
	if (held < CROWD)
		return false;
	(void)nanosleep(&moment, NULL);
	return pool_feed_rings(pool);
}

/* While something is under way it is looked at often. */
static int patience(const struct pool *pool)
{
	bool busy = pool->waiting != NULL || pool->closing || pool->next != NULL ||
		    pool->start_us > clock_mono_us();
	for (const struct process *process = pool->processes; process != NULL && !busy;
	     process = process->next)
		busy = process->held > 0 || !process->ready || process->leaving;
	return busy ? LOOK_MS : REST_MS;
}

static void look(struct pool *pool)
{
	int64_t now_us = clock_mono_us();
	if (now_us - pool->looked_us < INT64_C(1000) * LOOK_MS)
		return;
	pool->looked_us = now_us;
	pool_feed_look(pool, now_us);
	pool_crew_look(pool, now_us);
}

static void *pool_main(void *arg)
{
	struct pool *pool = arg;
	struct epoll_event events[EVENTS];
	while (!pool->closing || pool->processes != NULL) {
		bool more = gather(pool) || pool_feed_watch(pool);
		int count =
		    epoll_wait(pool->epoll, events, EVENTS, more ? 0 : patience(pool));
		for (int i = 0; i < count; i++)
			heed(pool, &events[i]);
		pool_crew_bury(pool);
		answer_calls(pool);
		look(pool);
		if (pool->current != NULL)
			pool_feed(pool);
	}
	pool_feed_abandon(pool);
	return NULL;
}

static int start_thread(struct pool *pool, struct error *err)
{
	sigset_t all;
	sigset_t before;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&pool->thread, NULL, pool_main, pool);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return error_set(
		    err, "cannot start the handlers' thread: %s", strerror(rc));
	pool->threaded = true;
	return 0;
}

/* ---- for other threads ---- */

void pool_submit(struct pool *pool, struct pool_run *run)
{
	struct pool_run *newest = atomic_load(&pool->submitted);
	run->deaths = 0;
	do {
		run->next = newest;
	} while (!atomic_compare_exchange_weak(&pool->submitted, &newest, run));
}

void pool_flush(struct pool *pool)
{
	if (atomic_load(&pool->submitted) != NULL)
		ring(pool);
}

int pool_swap(struct pool *pool, const struct pool_config *config, struct error *err)
{
	struct pool_call call = {.run = pool_crew_swap, .config = config, .err = err};
	return ask(pool, &call);
}

int pool_pids(struct pool *pool, int *out, int max)
{
	struct pool_call call = {.run = list_pids, .max = max};
	call.pids = out;
	return ask(pool, &call);
}

int pool_open(struct pool **out, const struct pool_config *config, struct error *err)
{
	struct pool *pool = mem_new(1, sizeof(*pool));
	cpu_set_t set;
	pool->cores =
	    sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
	pool->waiting_end = &pool->waiting;
	(void)pthread_mutex_init(&pool->mutex, NULL);
	(void)pthread_cond_init(&pool->finished, NULL);
	pool->epoll = epoll_create1(EPOLL_CLOEXEC);
	pool->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (pool->epoll < 0 || pool->bell < 0) {
		(void)error_set(
		    err, "cannot watch handler processes: %s", strerror(errno));
		pool_close(pool);
		return -1;
	}
	watch(pool, pool->bell, EPOLLIN, pool);
	if (backtraces_open(&pool->backtraces, err) < 0 ||
	    start_thread(pool, err) < 0 || pool_swap(pool, config, err) < 0) {
		pool_close(pool);
		return -1;
	}
	*out = pool;
	return 0;
}

void pool_close(struct pool *pool)
{
	if (pool == NULL)
		return;
	if (pool->threaded) {
		struct pool_call call = {.run = begin_close};
		(void)ask(pool, &call);
		(void)pthread_join(pool->thread, NULL);
	}
	backtraces_close(pool->backtraces);
	pool_crew_forget(pool);
	if (pool->epoll >= 0)
		(void)close(pool->epoll);
	if (pool->bell >= 0)
		(void)close(pool->bell);
	(void)pthread_cond_destroy(&pool->finished);
	(void)pthread_mutex_destroy(&pool->mutex);
	free(pool);
}
