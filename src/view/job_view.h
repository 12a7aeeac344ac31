/* job_view -- a job, for people and for programs. */
#ifndef OFFHOOK_VIEW_JOB_VIEW_H
#define OFFHOOK_VIEW_JOB_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "store/store.h"

/* How it shall look. */
struct job_look {
	int64_t now_ms; /* times are shown relative to it */
	bool colour;
	size_t width;       /* of the terminal; 0: lines are not cut */
	size_t queue_width; /* of the column; 0: as it comes */
};
/* A look at it now, on standard output. */
struct job_look job_look_now(void);

/* id, queue, state, due, priority, runAt, createdAt, endedAt, tries, group, unique,
 * uniqueMs (when it has a window), event, payload, errors, progress; what it does not
 * have is null. state is the store's; due says whether a waiting one's time has come.
 * The caller's. */
json_t *job_view_json(const struct store_job *job, int64_t now_ms);
/* The state in a word for people: a waiting job whose time has not come is "scheduled",
 * or, after an attempt, "retrying". */
const char *job_view_state(const struct store_job *job, int64_t now_ms);
/* The heading of a list, and a line of it: id, queue, state, tries, when the job is due
 * or ended, and its last error or progress. */
void job_view_head(FILE *out, const struct job_look *look);
void job_view_line(FILE *out, const struct store_job *job, const struct job_look *look);
/* All of it, with its payload and the error of every attempt. */
void job_view_full(FILE *out, const struct store_job *job, const struct job_look *look);

#endif
