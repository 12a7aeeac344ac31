/* sqlite_job_ids -- the ids of the jobs that may match a query, when an index can tell;
 * the jobs must then be looked at one by one. */
#ifndef OFFHOOK_SQLITE_SQLITE_JOB_IDS_H
#define OFFHOOK_SQLITE_SQLITE_JOB_IDS_H

#include "sqlite/sqlite_jobs_read.h"

struct sqlite_job_ids {
	int64_t *list; /* the caller's, to be freed */
	size_t count, room;
	int64_t after; /* the list has larger ids only */
};

/* 1: *out has all jobs that may match, in the query's order; 0: no index helps; -1 with
 * err. */
int sqlite_job_ids(struct sqlite_job_ids *out, struct engine_reader *reader,
    const struct store_job_query *query, const struct running_list *running,
    struct error *err);

#endif
