/* timetable -- the cron tables of all workers: which standing job (jobs/jobs.h) is to be
 * enqueued when. It has no clock and no store: the caller enqueues the jobs.
 *
 * The unique key of a standing job is CRON_KEY, a hash of its table and zone, and the time
 * at which it is due. So no time runs twice, and a job of a table that its worker does not
 * have any more is recognised. Not for several threads at once. */
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

struct standing_job {
	const char *queue; /* lives as long as the timetable */
	int64_t run_at_ms;
	char unique[CRON_KEY_SIZE];
	char payload[CLOCK_ISO_SIZE + 16];
};

/* Of the workers that have a cron table. -1 with err: an invalid table or time zone. */
int timetable_new(struct timetable **out, const struct job_worker *workers,
    size_t count, struct error *err);
void timetable_free(struct timetable *table); /* NULL is fine */

/* Whether a standing job is to be enqueued now; if so, fills in out: when the time of the
 * last one has come, the next one is due at the first time after now. Paused queues are
 * left out: for all times that pass meanwhile, their job runs once. Call it until it
 * returns false. */
bool timetable_next(struct timetable *table, int64_t now_ms,
    bool (*paused)(void *ctx, struct span queue), void *ctx, struct standing_job *out);
/* The queue's job could not be enqueued: timetable_next says it again at again_ms. */
void timetable_failed(struct timetable *table, struct span queue, int64_t again_ms);
/* When to call timetable_next again; INT64_MAX: never. For a paused queue it may be a time
 * that has passed. */
int64_t timetable_wake_ms(const struct timetable *table);
/* Whether it is a standing job of a table that its worker does not have any more. */
bool timetable_stale(const struct timetable *table, const struct store_job *job);

#endif
