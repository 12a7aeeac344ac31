/* worker_pool -- the processes that work on jobs, of the app's own program. They are not
 * those of the handlers, so that no webhook waits for a job, and have a higher nice value,
 * so that they leave the processor to webhooks. */
#ifndef OFFHOOK_WORKERS_WORKER_POOL_H
#define OFFHOOK_WORKERS_WORKER_POOL_H

#include "handlers/manifest.h"
#include "jobs/jobs.h"
#include "pool/pool.h"
#include "util/error.h"
#include "webhook/lane.h"

struct worker_pool;

/* Without processes so far. service must outlive it. */
struct worker_pool *worker_pool_new(struct service *service);
/* Processes that are started from now on have the settings of alerts as they are now. */
void worker_pool_renew(struct worker_pool *pool);
/* As program_pool_start. concurrency, at least 1, is how many jobs of all its workers may
 * run at a time. */
int worker_pool_start(struct worker_pool *pool, const char *program,
    int64_t concurrency, struct error *err);
/* The present program's; NULL before the first start. For the thread that starts; lives
 * as long as the pool. */
const struct manifest *worker_pool_manifest(const struct worker_pool *pool);
/* Runs an attempt, and calls jobs_ended (on the pool's thread) when it has ended. */
void worker_pool_run(
    struct worker_pool *pool, struct jobs *jobs, struct job_attempt *job_attempt);
/* Wakes the processes for what was given to worker_pool_run; once for many. */
void worker_pool_flush(struct worker_pool *pool);
/* Writes the process ids of the processes that are ready; gives how many. */
int worker_pool_pids(struct worker_pool *pool, int *out, int max);
/* Jobs get some seconds to end and are then interrupted, as are those that have not begun.
 * After jobs_stop. NULL is fine. */
void worker_pool_close(struct worker_pool *pool);

#endif
