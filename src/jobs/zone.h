/* zone -- a time zone of the tz database ("Europe/Stockholm"), by GLib. */
#ifndef OFFHOOK_JOBS_ZONE_H
#define OFFHOOK_JOBS_ZONE_H

#include <stdint.h>

#include "util/error.h"

struct zone;

/* NULL or "" is UTC. -1 with err when there is no zone of that name, or it is not
 * installed here (package tzdata). */
int zone_open(struct zone **out, const char *name, struct error *err);
void zone_close(struct zone *zone); /* NULL is fine */

struct zone_time {
	int year, month, day, hour, minute; /* month and day from 1 */
	int weekday;                        /* 0: Sunday */
};

/* The local time of an instant. Any thread. */
void zone_local(const struct zone *zone, int64_t ms, struct zone_time *out);
/* The first instant at which clocks there show that minute. When they never do, because
 * they are put forward over it: the instant at which they are. */
int64_t zone_instant(const struct zone *zone, const struct zone_time *time);

#endif
