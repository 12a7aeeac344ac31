/* thread -- threads with names, and locks that assert: that one of these calls fails is a
 * mistake of ours, never of the machine's. */
#ifndef OFFHOOK_UTIL_THREAD_H
#define OFFHOOK_UTIL_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

/* Starts a thread whose name `ps -L`, top and gdb show: "oh-writer", at most 15 bytes.
 * -1 with err when the machine has no thread left. */
int thread_start(pthread_t *out, const char *name, void *(*run)(void *ctx), void *ctx,
    struct error *err);
/* Waits for its end. */
void thread_join(pthread_t thread);

void mutex_init(pthread_mutex_t *mutex);
void mutex_clear(pthread_mutex_t *mutex);
void mutex_lock(pthread_mutex_t *mutex);
void mutex_unlock(pthread_mutex_t *mutex);

/* cond_wait_until goes by the monotonic clock. */
void cond_init(pthread_cond_t *cond);
void cond_clear(pthread_cond_t *cond);
void cond_signal(pthread_cond_t *cond);
void cond_broadcast(pthread_cond_t *cond);
void cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex);
/* False when clock_mono_us() reached until_us first. */
bool cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until_us);

#endif
