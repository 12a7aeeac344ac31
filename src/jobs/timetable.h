/* timetable -- which queues work by the clock, and when: the cron tables of workers.
 * Pure: it says which jobs are to stand in the store, somebody else enqueues them.
 *
 * A standing job is known by its unique key: CRON_KEY, a hash of its table and zone, and
 * the time at which it is due. So no time runs twice, and a job whose table is not the
 * worker's any more is recognised. Not for several threads at once. */
#ifndef OFFHOOK_JOBS_TIMETABLE_H
#define OFFHOOK_JOBS_TIMETABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jobs/jobs.h"
#include "util/clock.h"

#define CRON_KEY "offhook.cron "

enum { CRON_HASH_SIZE = 17, CRON_KEY_SIZE = sizeof(CRON_KEY) + CRON_HASH_SIZE + 25 };

struct timetable;

/* A job that is to stand in the store. */
struct standing_job {
	const char *queue; /* the timetable's */
	int64_t run_at_ms;
	char unique[CRON_KEY_SIZE];
	char payload[CLOCK_ISO_SIZE + 16];
};

/* Of the workers that have a cron table. -1 with err: one that is none, or no such
 * zone. */
int timetable_new(struct timetable **out, const struct job_worker *workers,
    size_t count, struct error *err);
void timetable_free(struct timetable *table); /* NULL is fine */

/* Whether a queue's next job is to be enqueued now: every time that passes, each gets
 * the time after now. Not for queues that are paused: what came due there while they
 * are is made up for by one run. Call it until it says false. */
bool timetable_next(struct timetable *table, int64_t now_ms,
    bool (*paused)(void *ctx, struct span queue), void *ctx, struct standing_job *out);
/* What was to be enqueued could not be: again at that time. */
void timetable_failed(struct timetable *table, struct span queue, int64_t again_ms);
/* When timetable_next has something to say next; INT64_MAX: never. A paused queue may
 * make it a time that has passed. */
int64_t timetable_wake_ms(const struct timetable *table);
/* Whether a job stands there for a table that is not its worker's any more. */
bool timetable_stale(const struct timetable *table, const struct store_job *job);

#endif
