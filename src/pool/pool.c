#include "pool/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "pool/pool_internal.h"
#include "util/clock.h"
#include "util/container.h"
#include "util/cores.h"
#include "util/mem.h"

enum {
	LOOK_MS = 10,    /* between looks at slow processes */
	REST_MS = 1000,  /* while nothing happens */
	CLOSE_MS = 5000, /* what still runs then is killed */
	EVENTS = 64,
	CROWD = 8, /* runs under way from which on it pays to gather results */
	GATHER_NS = 250000
};

/* ---- what epoll tells: for a process's death the lowest bit of its pointer is set ---- */

static void pool_watch_fd(struct pool *pool, int fd, uint32_t what, void *who)
{
	struct epoll_event event = {.events = what, .data.ptr = who};
	if (epoll_ctl(pool->epoll, EPOLL_CTL_ADD, fd, &event) < 0 && errno == EEXIST)
		(void)epoll_ctl(pool->epoll, EPOLL_CTL_MOD, fd, &event);
}

void pool_watch(struct pool *pool, struct process *process)
{
	if (process->socket >= 0)
		pool_watch_fd(pool, process->socket,
		    EPOLLIN | (process->blocked ? (uint32_t)EPOLLOUT : 0), process);
	pool_watch_fd(pool, process->pidfd, EPOLLIN, (char *)process + 1);
	process->polled_out = process->blocked;
}

/* To close a descriptor is not enough: it stays watched as long as a child that is being
 * started has a copy of it. */
void pool_unwatch(struct pool *pool, const struct process *process)
{
	if (process->socket >= 0)
		(void)epoll_ctl(pool->epoll, EPOLL_CTL_DEL, process->socket, NULL);
	if (process->dead)
		(void)epoll_ctl(pool->epoll, EPOLL_CTL_DEL, process->pidfd, NULL);
}

static void pool_dispatch(struct pool *pool, const struct epoll_event *event)
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

static void pool_ring(struct pool *pool)
{
	uint64_t one = 1;
	ssize_t written = write(pool->bell, &one, sizeof(one));
	(void)written;
}

void pool_finish(struct pool *pool, struct pool_call *call, int rc)
{
	mutex_lock(&pool->mutex);
	call->rc = rc;
	call->finished = true;
	cond_broadcast(&pool->finished);
	mutex_unlock(&pool->mutex);
}

static int pool_ask(struct pool *pool, struct pool_call *call)
{
	(void)mailbox_put(&pool->calls, &call->mail);
	pool_ring(pool);
	mutex_lock(&pool->mutex);
	while (!call->finished)
		cond_wait(&pool->finished, &pool->mutex);
	mutex_unlock(&pool->mutex);
	return call->rc;
}

static void pool_answer_calls(struct pool *pool)
{
	struct mail *mail = mailbox_take(&pool->calls);
	while (mail != NULL) {
		struct pool_call *call = container_of(mail, struct pool_call, mail);
		mail = mail->next;
		call->answer(pool, call);
	}
}

static void pool_list_pids(struct pool *pool, struct pool_call *call)
{
	int count = 0;
	for (const struct process *process = pool->processes;
	     process != NULL && count < call->max; process = process->next)
		if (process->ready && process->kill_reason == NULL)
			call->pids[count++] = process->pid;
	pool_finish(pool, call, count);
}

static void pool_begin_close(struct pool *pool, struct pool_call *call)
{
	pool->closing = true;
	pool->close_us = clock_mono_us() + INT64_C(1000) * CLOSE_MS;
	pool_finish(pool, call, 0);
}

/* ---- the thread ---- */

/* With many runs under way results come one by one, a few microseconds apart: to handle
 * each as it comes would cost a change of threads here and one on an I/O loop. Gives
 * whether any came. */
static bool pool_gather(struct pool *pool)
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

/* How long to wait for epoll: while something is under way the processes are looked at
 * often. */
static int pool_wait_ms(const struct pool *pool)
{
	bool busy = pool->waiting != NULL || pool->closing || pool->next != NULL ||
		    pool->start_us > clock_mono_us();
	for (const struct process *process = pool->processes; process != NULL && !busy;
	     process = process->next)
		busy = process->held > 0 || !process->ready || process->leaving;
	return busy ? LOOK_MS : REST_MS;
}

static void *pool_main(void *arg)
{
	struct pool *pool = arg;
	struct epoll_event events[EVENTS];
	while (!pool->closing || pool->processes != NULL) {
		bool more = pool_gather(pool) || pool_feed_watch(pool);
		int count = epoll_wait(
		    pool->epoll, events, EVENTS, more ? 0 : pool_wait_ms(pool));
		for (int i = 0; i < count; i++)
			pool_dispatch(pool, &events[i]);
		pool_staff_reap(pool);
		pool_answer_calls(pool);
		int64_t now_us = clock_mono_us();
		if (now_us - pool->looked_us >= INT64_C(1000) * LOOK_MS) {
			pool->looked_us = now_us;
			pool_feed_look(pool, now_us);
			pool_staff_look(pool, now_us);
		}
		if (pool->current != NULL)
			pool_feed(pool);
	}
	pool_feed_abandon(pool);
	return NULL;
}

/* ---- for other threads ---- */

void pool_submit(struct pool *pool, struct pool_run *run)
{
	run->deaths = 0;
	(void)mailbox_put(&pool->submitted, &run->mail);
}

void pool_flush(struct pool *pool)
{
	if (!mailbox_empty(&pool->submitted))
		pool_ring(pool);
}

int pool_swap(struct pool *pool, const struct pool_config *config, struct error *err)
{
	struct pool_call call = {
	    .answer = pool_staff_swap, .config = config, .err = err};
	return pool_ask(pool, &call);
}

int pool_pids(struct pool *pool, int *out, int max)
{
	struct pool_call call = {.answer = pool_list_pids, .max = max};
	call.pids = out;
	return pool_ask(pool, &call);
}

int pool_open(struct pool **out, const struct pool_config *config, struct error *err)
{
	struct pool *pool = mem_new(1, sizeof(*pool));
	const char *name = config->name != NULL ? config->name : "oh-pool";
	pool->cores = cores_usable();
	pool->waiting_end = &pool->waiting;
	mutex_init(&pool->mutex);
	cond_init(&pool->finished);
	pool->epoll = epoll_create1(EPOLL_CLOEXEC);
	pool->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (pool->epoll < 0 || pool->bell < 0) {
		(void)error_set(
		    err, "cannot watch handler processes: %s", strerror(errno));
		goto failed;
	}
	pool_watch_fd(pool, pool->bell, EPOLLIN, pool);
	if (backtraces_open(&pool->backtraces, err) < 0 ||
	    thread_start(&pool->thread, name, pool_main, pool, err) < 0)
		goto failed;
	pool->threaded = true;
	if (pool_swap(pool, config, err) < 0)
		goto failed;
	*out = pool;
	return 0;
failed:
	pool_close(pool);
	pool_free(pool);
	return -1;
}

void pool_close(struct pool *pool)
{
	if (pool == NULL || !pool->threaded)
		return;
	struct pool_call call = {.answer = pool_begin_close};
	(void)pool_ask(pool, &call);
	thread_join(pool->thread);
	pool->threaded = false;
}

void pool_free(struct pool *pool)
{
	if (pool == NULL)
		return;
	backtraces_close(pool->backtraces);
	pool_staff_clear(pool);
	if (pool->epoll >= 0)
		(void)close(pool->epoll);
	if (pool->bell >= 0)
		(void)close(pool->bell);
	cond_clear(&pool->finished);
	mutex_clear(&pool->mutex);
	free(pool);
}
