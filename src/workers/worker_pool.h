/* worker_pool -- the processes that work on jobs: of the app's own program, apart from those of
 * handlers, so that no webhook waits for a job, and nicer, so that they yield the
 * processor to webhooks. */
#ifndef OFFHOOK_WORKERS_WORKER_POOL_H
#define OFFHOOK_WORKERS_WORKER_POOL_H

#include "handlers/manifest.h"
#include "jobs/jobs.h"
#include "pool/pool.h"
#include "util/error.h"
#include "webhook/lane.h"

struct worker_pool;

/* Starts them. program is the path of one that calls oh_main; concurrency is how many
 * jobs may run at a time, of all its workers. service must outlive it. */
int worker_pool_open(struct worker_pool **out, struct service *service,
    const char *program, int64_t concurrency, struct error *err);
/* Another program; -1 with err, and all stays as it was. */
int worker_pool_swap(struct worker_pool *pool, const char *program, int64_t concurrency,
    struct error *err);
/* What the present program works on. For the thread that opened or swapped it; lives as
 * long as the pool. */
const struct manifest *worker_pool_manifest(const struct worker_pool *pool);
/* Runs it, and calls jobs_ended (on the pool's thread) when it has ended. */
void worker_pool_run(
    struct worker_pool *pool, struct jobs *jobs, struct job_attempt *job_attempt);
/* Wakes them for what was given to worker_pool_run; once for many. NULL is fine. */
void worker_pool_flush(struct worker_pool *pool);
/* Process ids of those that are ready; gives how many. NULL has none. */
int worker_pool_pids(struct worker_pool *pool, int *out, int max);
/* What runs gets some seconds to end and is then killed: interrupted, as is what has
 * not begun. After jobs_stop. NULL is fine. */
void worker_pool_close(struct worker_pool *pool);

#endif
