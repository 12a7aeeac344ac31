/* work -- the work after the reply, put together: the queues (jobs/jobs.h), the processes of
 * the app's workers (worker_pool.h), the events that are handled again (retry.h), and who
 * is told of failures (alert/failure.h). */
#ifndef OFFHOOK_WORKERS_WORK_H
#define OFFHOOK_WORKERS_WORK_H

#include "jobs/jobs.h"
#include "offhook.h"
#include "util/error.h"
#include "webhook/lane.h"

struct work;

/* Opens the queues; no job runs yet. Before anybody else writes to the store. service must
 * outlive it. */
int work_open(struct work **out, struct service *service, struct error *err);
/* Starts the workers' processes, if there are workers, and with them the jobs. user is
 * the app of this program, which must outlive it, or NULL. After the handlers are open, and
 * before the first webhook. */
int work_start(struct work *work, const oh_app *user, struct error *err);
/* Swaps in another build of the app: handlers, then workers. ctx is the struct work
 * (for control_attach). -1 with err when it does not start or its manifest is wrong; then
 * all stays as it was. (Only when the workers' processes do not start after the handlers'
 * did, the handlers are the new ones, and err says so.) Not from a loop. */
int work_swap(void *ctx, const char *program, struct error *err);
/* After the configuration became another than old: starts processes anew where they need it,
 * those of workers when alerts is true (settings of alerts differ), all of them when secrets
 * differ that the app declares. What runs ends in the old ones. -1 with err: old ones stay.
 * Not from a loop. */
int work_renew(
    struct work *work, const struct config *old, bool alerts, struct error *err);
void work_stats(const struct work *work, struct jobs_stats *out);
/* Writes the process ids of the workers' processes that are ready; gives how many. */
int work_pids(struct work *work, int *out, int max);
/* No job starts from now on. NULL is fine, here and below. */
void work_stop(struct work *work);
/* Ends the workers' processes (jobs that do not end in time are interrupted) and commits
 * what has ended. After the handlers' processes are ended, before the store closes. */
void work_close(struct work *work);

#endif
