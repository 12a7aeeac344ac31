#include "workers/worker_pool.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/param.h>

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
		if (span_eq(manifest->workers[i].queue, pool_run->event.target)) {
			pool_run->event.route = i;
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
	pool->programs = (struct program_pool){
	    .config = service->config,
	    .like = &no_route,
	    .base = {.address = worker_pool_address,
		.progress = worker_pool_progress,
		.nice = NICE},
	};
	return pool;
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
	struct frame_event *event = &attempt->pool_run.event;
	event->try = (uint32_t)job_attempt->nth;
	event->max_tries = (uint32_t)job_attempt->max_tries;
	event->received_at_ms = clock_wall_ms();
	event->sid = span_of(arena_printf(arena, "%" PRId64, job->id));
	event->target = job->queue;
	event->body = is_failure ? failure_payload(job, arena) : job->payload;
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
	free(pool);
}
