/* work -- work after the reply, put together: the queues (jobs/jobs.h), the processes of
 * their workers (app/crew.h), the events that are handled again (app/retry.h), and who is
 * told of failures (app/failure.h). */
#ifndef OFFHOOK_WORKERS_WORK_H
#define OFFHOOK_WORKERS_WORK_H

#include "jobs/jobs.h"
#include "offhook.h"
#include "util/error.h"
#include "webhook/lane.h"

struct work;

/* Opens the queues, of which nothing runs yet: before anybody else writes to the store.
 * service must outlive it. */
int work_open(struct work **out, struct service *service, struct error *err);
/* Starts the workers' processes, when there is something for them to do, and the work.
 * user is the app of this program, which must outlive it, or NULL. After the handlers,
 * and before the first webhook. */
int work_start(struct work *work, const oh_app *user, struct error *err);
/* Swaps in another build of the app: handlers, then workers. -1 with err when it does not
 * start or what it tells of itself is wrong; then all stays as it was. (Only should the
 * workers' processes not start after the handlers' did, err says so, and the handlers are
 * the new ones.) One call at a time; not from a loop. */
int work_swap(void *work, const char *program, struct error *err);
void work_stats(const struct work *work, struct jobs_stats *out);
/* Process ids of the workers' processes that are ready; gives how many. */
int work_pids(struct work *work, int *out, int max);
/* No job starts from now on. NULL is fine, here and below. */
void work_stop(struct work *work);
/* Ends the workers' processes (what they cannot end in time is interrupted), and commits
 * what has ended. After the handlers' processes, before the store closes. */
void work_close(struct work *work);

#endif
