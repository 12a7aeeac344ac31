#include "util/thread.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <time.h>

static void must(int rc)
{
	assert(rc == 0);
	(void)rc;
}

int thread_start(pthread_t *out, const char *name, void *(*run)(void *ctx), void *ctx,
    struct error *err)
{
	int rc = pthread_create(out, NULL, run, ctx);
	if (rc != 0)
		return error_set(
		    err, "cannot start the thread %s: %s", name, strerror(rc));
	(void)pthread_setname_np(*out, name); /* it may have ended already */
	return 0;
}

void thread_join(pthread_t thread)
{
	must(pthread_join(thread, NULL));
}

void mutex_init(pthread_mutex_t *mutex)
{
	must(pthread_mutex_init(mutex, NULL));
}

void mutex_clear(pthread_mutex_t *mutex)
{
	must(pthread_mutex_destroy(mutex));
}

void mutex_lock(pthread_mutex_t *mutex)
{
	must(pthread_mutex_lock(mutex));
}

void mutex_unlock(pthread_mutex_t *mutex)
{
	must(pthread_mutex_unlock(mutex));
}

void cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attributes;
	must(pthread_condattr_init(&attributes));
	must(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC));
	must(pthread_cond_init(cond, &attributes));
	must(pthread_condattr_destroy(&attributes));
}

void cond_clear(pthread_cond_t *cond)
{
	must(pthread_cond_destroy(cond));
}

void cond_signal(pthread_cond_t *cond)
{
	must(pthread_cond_signal(cond));
}

void cond_broadcast(pthread_cond_t *cond)
{
	must(pthread_cond_broadcast(cond));
}

void cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	must(pthread_cond_wait(cond, mutex));
}

bool cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until_us)
{
	struct timespec until = {
	    .tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
	int rc = pthread_cond_timedwait(cond, mutex, &until);
	if (rc != ETIMEDOUT)
		must(rc);
	return rc == 0;
}
