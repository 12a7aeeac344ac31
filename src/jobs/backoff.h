/* backoff -- how long to wait before a job is tried again: exponential, with full
 * jitter, so that jobs which failed together do not come back together. */
#ifndef OFFHOOK_JOBS_BACKOFF_H
#define OFFHOOK_JOBS_BACKOFF_H

#include <stdint.h>

/* After `tries` tries (1: the first one failed): floor_ms, and a part of
 * base_ms * 2^(tries - 1) that random decides (0: nothing, UINT64_MAX: all), at most
 * cap_ms together. */
int64_t backoff_ms(
    int64_t floor_ms, int64_t base_ms, int64_t cap_ms, int tries, uint64_t random);

#endif
