/* talk_jobs -- tests that talk about jobs, with tests/e2e/apps/jobs.c and others. */
#ifndef OFFHOOK_TESTS_TALK_JOBS_H
#define OFFHOOK_TESTS_TALK_JOBS_H

#include "conversation.h"

/* Posts to "/enqueue" for that queue; more is further parameters ("&Delay=1"), or "". */
void talk_enqueue(
    const struct talk *talk, const char *sid, const char *queue, const char *more);
/* Lets the jobs of the queue "patient" end. */
void talk_release(const struct talk *talk);
/* The queue's jobs as `offhook jobs list --json` shows them; state "": in any. */
json_t *talk_jobs(const struct talk *talk, const char *queue, const char *state);
/* Waits, some seconds, until so many of the queue are in that state. */
void talk_await(
    const struct talk *talk, const char *queue, const char *state, size_t count);
/* Waits for the queue's only job to be in that state; the caller's. */
json_t *talk_job(const struct talk *talk, const char *queue, const char *state);
/* Waits until so many documents match. */
void talk_await_documents(
    const struct talk *talk, const char *collection, const char *filter, size_t count);
/* A job's fields; the error of its n-th failed try, or NULL. */
int64_t job_number(const json_t *job, const char *name);
const char *job_error(const json_t *job, size_t n);
/* Runs `offhook …` with --data, and asserts that it goes well. */
void talk_command(const struct talk *talk, const char *const *words);
/* The event of that SID, the caller's. */
json_t *talk_event(const struct talk *talk, const char *sid);
/* Asserts a text field of it; NULL: null or absent. */
void talk_expect_event(
    const struct talk *talk, const char *sid, const char *field, const char *want);

#endif
