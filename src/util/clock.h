/* clock -- two times: the wall clock for people and records, the monotonic clock for
 * deadlines and durations. Thread-safe. */
#ifndef OFFHOOK_UTIL_CLOCK_H
#define OFFHOOK_UTIL_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970, UTC. */
int64_t clock_wall_ms(void);
/* Microseconds since an arbitrary moment; never goes back. */
int64_t clock_mono_us(void);

enum { CLOCK_ISO_SIZE = 25 };

/* "YYYY-MM-DDTHH:MM:SS.mmmZ" and a NUL: every time that people read is written so. */
void clock_iso(char out[CLOCK_ISO_SIZE], int64_t wall_ms);

#endif
