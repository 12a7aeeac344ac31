/* roster -- a copy of all workers, with their timetable. */
#ifndef OFFHOOK_JOBS_ROSTER_H
#define OFFHOOK_JOBS_ROSTER_H

#include "jobs/inbox.h"
#include "jobs/jobs.h"
#include "jobs/timetable.h"

struct roster {
	struct note note; /* brings it to the jobs' thread */
	struct job_worker *workers;
	size_t count;
	struct timetable *timetable;
};

/* -1 with err: an invalid cron table or time zone. */
int roster_new(struct roster **out, const struct job_worker *workers, size_t count,
    struct error *err);
void roster_free(struct roster *roster); /* NULL is fine */

#endif
