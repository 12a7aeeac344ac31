/* backoff -- how long to wait before a job is tried again: exponential, with full
 * jitter, so that jobs which failed together do not come back together. */
#ifndef OFFHOOK_JOBS_BACKOFF_H
#define OFFHOOK_JOBS_BACKOFF_H

#include <stdint.h>

/* After attempt `nth` (from 1) failed: floor_ms and a part of base_ms * 2^(nth - 1),
 * which random decides (0: nothing, UINT64_MAX: all of it); together at most cap_ms. */
int64_t backoff_ms(
    int64_t floor_ms, int64_t base_ms, int64_t cap_ms, int nth, uint64_t random);

#endif
