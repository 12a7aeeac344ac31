/* thread -- threads with names, and locks that assert: only a mistake of ours can make
 * these calls fail. */
#ifndef OFFHOOK_UTIL_THREAD_H
#define OFFHOOK_UTIL_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

/* ps -L, top and gdb show the name: "oh-writer", at most 15 bytes. -1 with err when the
 * machine has no thread left. */
int thread_start(pthread_t *out, const char *name, void *(*run)(void *ctx), void *ctx,
    struct error *err);
void thread_join(pthread_t thread);

void mutex_init(pthread_mutex_t *mutex);
void mutex_clear(pthread_mutex_t *mutex);
void mutex_lock(pthread_mutex_t *mutex);
void mutex_unlock(pthread_mutex_t *mutex);

void cond_init(pthread_cond_t *cond);
void cond_clear(pthread_cond_t *cond);
void cond_signal(pthread_cond_t *cond);
void cond_broadcast(pthread_cond_t *cond);
void cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex);
/* False when clock_mono_us() reached until_us first. */
bool cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until_us);

#endif
