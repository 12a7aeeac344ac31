/* cron -- the times of a cron table: five fields as in crontab(5): minute (0-59), hour (0-23), day of month (1-31), month (1-12, JAN-DEC), day of
 * week (0-7, SUN-SAT; 0 and 7 are Sunday); each is *, a number, a range 9-17, a
 * step (star/5, 9-17/2), or a list of those; or @hourly, @daily, @midnight, @weekly,
 * @monthly, @yearly, @annually. Where both days are restricted, a match of one is enough. */
#ifndef OFFHOOK_JOBS_CRON_H
#define OFFHOOK_JOBS_CRON_H

#include <stdbool.h>
#include <stdint.h>

#include "jobs/zone.h"
#include "util/error.h"
#include "util/span.h"

struct cron {
	uint64_t minutes;
	uint32_t hours, days, months, weekdays; /* bit n: value n */
	bool any_day, any_weekday;              /* the field was a star */
};

/* -1 with err, which says what is wrong with which field; also for a table that is never
 * due (30 February). */
int cron_parse(struct cron *out, struct span text, struct error *err);
/* The first time after after_ms (milliseconds since 1970) at which it is due in that
 * zone. When clocks are put back, a fixed time is due once, the first time it comes; when
 * they are put forward over it, it is due at that moment. */
int64_t cron_next(const struct cron *cron, const struct zone *zone, int64_t after_ms);

#endif
