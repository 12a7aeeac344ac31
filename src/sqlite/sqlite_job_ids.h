/* sqlite_job_ids -- the jobs that an index knows of when it is asked what a query asks:
 * their ids, to be looked at one by one. */
#ifndef OFFHOOK_SQLITE_SQLITE_JOB_IDS_H
#define OFFHOOK_SQLITE_SQLITE_JOB_IDS_H

#include "sqlite/sqlite_jobs_read.h"

struct sqlite_job_ids {
	int64_t *list; /* the caller's, to be freed */
	size_t count, room;
	int64_t after; /* only larger ones are there */
};

/* 1: all that may match are in *out, in the order in which the query wants them; 0: no
 * index helps; -1 with err. */
int sqlite_job_ids(struct sqlite_job_ids *out, struct engine_reader *reader,
    const struct store_job_query *query, const struct running_list *running,
    struct error *err);

#endif
