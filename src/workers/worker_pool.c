#include "workers/worker_pool.h"

#include <stdlib.h>
#include <sys/param.h>

#include "alert/alert_settings.h"
#include "alert/failure.h"
#include "handlers/program_pool.h"
#include "store/reserved.h"
#include "util/clock.h"
#include "util/container.h"
#include "util/cores.h"
#include "util/mem.h"
#include "workers/worker_attempt.h"

enum { NICE = 10 };

struct worker_pool {
	struct service *service;
	struct program_pool programs;
	struct arena *arena; /* holds the settings of alerts, for its processes alone */
};

/* ---- the processes ---- */

/* Worker processes never serve routes. */
static const struct route no_route;

/* A job that was given out before a swap may be sent after it. */
static bool worker_pool_address(void *ctx, struct pool_run *pool_run)
{
	const struct program_pool *programs = ctx;
	const struct frame_manifest *manifest = &programs->manifests->frame;
	for (uint32_t i = 0; i < manifest->worker_count; i++)
		if (span_eq(manifest->workers[i].queue, pool_run->job.queue)) {
			pool_run->job.worker = i;
			return true;
		}
	container_of(pool_run, struct worker_attempt, pool_run)->gone = true;
	return false;
}

static void worker_pool_progress(void *ctx, struct pool_run *pool_run, struct span text)
{
	const struct worker_attempt *attempt =
	    container_of(pool_run, struct worker_attempt, pool_run);
	(void)ctx;
	jobs_progress(attempt->jobs, attempt->job_attempt->job.id, text);
}

struct worker_pool *worker_pool_new(struct service *service)
{
	struct worker_pool *pool = mem_new(1, sizeof(*pool));
	pool->service = service;
	pool->arena = arena_new();
	pool->programs = (struct program_pool){
	    .service = service,
	    .like = &no_route,
	    .base = {.name = "oh-workers",
		.address = worker_pool_address,
		.progress = worker_pool_progress,
		.nice = NICE},
	};
	worker_pool_renew(pool);
	return pool;
}

void worker_pool_renew(struct worker_pool *pool)
{
	pool->programs.base.settings = alert_settings_pairs(
	    pool->service->config, &pool->programs.base.setting_count, pool->arena);
}

/* No more processes than jobs that may run at a time. */
int worker_pool_start(struct worker_pool *pool, const char *program,
    int64_t concurrency, struct error *err)
{
	const struct config *config = pool->service->config;
	int64_t ready = config->workers > 0 ? config->workers : cores_usable();
	pool->programs.base.processes = (int)MIN(ready, concurrency);
	pool->programs.base.max_processes = (int)MIN(config->max_workers, concurrency);
	if (program_pool_start(&pool->programs, program, err) < 0)
		return error_wrap(err, "workers");
	return 0;
}

const struct manifest *worker_pool_manifest(const struct worker_pool *pool)
{
	return pool->programs.manifests;
}

/* ---- the jobs ---- */

void worker_pool_run(
    struct worker_pool *pool, struct jobs *jobs, struct job_attempt *job_attempt)
{
	const struct store_job *job = &job_attempt->job;
	bool is_failure =
	    span_is(job->queue, QUEUE_FAILURES) || span_is(job->queue, QUEUE_ALERTS);
	struct arena *arena = arena_new();
	struct worker_attempt *attempt = arena_alloc(arena, sizeof(*attempt));
	worker_attempt_open(attempt, pool->service, jobs, job_attempt, arena);
	struct frame_job_run *run = &attempt->pool_run.job;
	attempt->pool_run.is_job = true;
	run->nth = (uint32_t)job_attempt->nth;
	run->max = (uint32_t)job_attempt->max_tries;
	run->job_id = job->id;
	run->began_at_ms = clock_wall_ms();
	run->queue = job->queue;
	run->payload = is_failure ? failure_payload(job, arena) : job->payload;
	run->base_url = span_of(pool->service->config->public_url);
	attempt->pool_run.place = arena_strndup(arena, job->queue);
	pool_submit(pool->programs.pool, &attempt->pool_run);
}

void worker_pool_flush(struct worker_pool *pool)
{
	program_pool_flush(&pool->programs);
}

int worker_pool_pids(struct worker_pool *pool, int *out, int max)
{
	return program_pool_pids(&pool->programs, out, max);
}

void worker_pool_close(struct worker_pool *pool)
{
	if (pool == NULL)
		return;
	program_pool_close(&pool->programs);
	program_pool_clear(&pool->programs);
	arena_free(pool->arena);
	free(pool);
}
