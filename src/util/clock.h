/* clock -- the two times there are: the wall's, for people and records, and the
 * monotonic one, for deadlines and durations. Thread-safe. */
#ifndef OFFHOOK_UTIL_CLOCK_H
#define OFFHOOK_UTIL_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970, UTC. */
int64_t clock_wall_ms(void);
/* Microseconds since some fixed moment; never goes back. */
int64_t clock_mono_us(void);

enum { CLOCK_ISO_SIZE = 25 };

/* "YYYY-MM-DDTHH:MM:SS.mmmZ" and a NUL: how every time is written for people. */
void clock_iso(char out[CLOCK_ISO_SIZE], int64_t wall_ms);

#endif
