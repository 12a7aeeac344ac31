/* retry -- events that failed are handled again (`offhook events retry`): each is a job
 * in the queue "offhook.events", {"event": id}, which the present handler of its route
 * works on, in its conversation's turn. When it succeeds, what it wrote and enqueued is
 * committed with the event's being done; the stored reply never changes, as Twilio has had
 * it. One try: whoever asked for it looks at what became of it. */
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
/* Runs it, and calls jobs_ended when it has ended. On the jobs' thread. */
void retry_run(struct retry *retry, struct jobs *jobs, struct job_run *run);
/* Hands nothing to the handlers any more: before they close. */
void retry_stop(struct retry *retry);
/* Before the store closes. NULL is fine. */
void retry_close(struct retry *retry);

#endif
