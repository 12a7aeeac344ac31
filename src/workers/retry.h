/* retry -- handles failed events again (`offhook events retry`). Each is a job in the queue
 * "offhook.events", {"event": id}: the present handler of the event's route handles it, in
 * the turn of its conversation. When that succeeds, the writes and jobs of the handler are
 * committed together with the event, which is then done. The stored reply never changes,
 * because Twilio has had it. A handler that fails again is not tried further: whoever
 * asked for the retry sees to it. */
#ifndef OFFHOOK_WORKERS_RETRY_H
#define OFFHOOK_WORKERS_RETRY_H

#include "jobs/jobs.h"
#include "store/reserved.h"
#include "util/error.h"
#include "webhook/lane.h"

struct retry;

/* The worker of QUEUE_EVENTS. */
struct job_worker retry_worker(const struct config *config);
int retry_open(struct retry **out, struct service *service, struct error *err);
/* Runs an attempt, and calls jobs_ended when it has ended. On the jobs' thread. */
void retry_run(struct retry *retry, struct jobs *jobs, struct job_attempt *job_attempt);
/* Gives nothing to the handlers from now on: call it before they close. */
void retry_stop(struct retry *retry);
/* Before the store closes. NULL is fine. */
void retry_close(struct retry *retry);

#endif
