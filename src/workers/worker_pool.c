#include "workers/worker_pool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "alert/failure.h"
#include "handlers/handlers.h"
#include "host/app_workers.h"
#include "store/reserved.h"
#include "util/clock.h"
#include "util/container.h"
#include "util/cores.h"
#include "util/mem.h"
#include "workers/worker_attempt.h"

enum { NICE = 10 };

struct worker_pool {
	struct service *service;
	struct pool *pool;
	struct manifest *manifests; /* the present one first; the pool's thread's */
};

/* ---- the processes ---- */

/* The server serves none of its routes from here: a handlers' pool does. */
static const struct route no_route;

static int introduced(void *ctx, struct span frame, struct error *err)
{
	struct worker_pool *pool = ctx;
	struct manifest *manifest;
	if (manifest_new(&manifest, frame, &no_route, err) < 0)
		return -1;
	manifest->next = pool->manifests;
	pool->manifests = manifest;
	return 0;
}

/* A job that was given out before a swap may be sent after it. */
static bool address(void *ctx, struct pool_run *pool_run)
{
	const struct worker_pool *pool = ctx;
	const struct frame_manifest *manifest = &pool->manifests->frame;
	for (uint32_t i = 0; i < manifest->worker_count; i++)
		if (span_eq(manifest->workers[i].queue, pool_run->event.target)) {
			pool_run->event.route = i;
			return true;
		}
	struct worker_attempt *attempt =
	    container_of(pool_run, struct worker_attempt, pool_run);
	attempt->gone = true;
	return false;
}

static void progress(void *ctx, struct pool_run *pool_run, struct span text)
{
	const struct worker_attempt *attempt =
	    container_of(pool_run, struct worker_attempt, pool_run);
	(void)ctx;
	jobs_progress(attempt->jobs, attempt->job_attempt->job.id, text);
}

static int least(int64_t a, int64_t b)
{
	return (int)(a < b ? a : b);
}

/* No more processes than jobs that may run at a time. */
static struct pool_config pool_config(struct worker_pool *pool, const char *program,
    char *const *words, int64_t concurrency)
{
	const struct config *config = pool->service->config;
	struct pool_config out = handlers_config(config, program, words);
	int64_t ready = config->workers > 0 ? config->workers : cores_usable();
	out.processes = least(ready, concurrency);
	out.max_processes = least(config->max_workers, concurrency);
	out.introduced = introduced;
	out.address = address;
	out.progress = progress;
	out.nice = NICE;
	out.ctx = pool;
	return out;
}

int worker_pool_open(struct worker_pool **out, struct service *service,
    const char *program, int64_t concurrency, struct error *err)
{
	struct worker_pool *pool = mem_new(1, sizeof(*pool));
	char handler[] = "handler";
	char *const words[] = {program_invocation_name, handler, NULL};
	pool->service = service;
	struct pool_config config = pool_config(pool, program, words, concurrency);
	if (pool_open(&pool->pool, &config, err) < 0) {
		worker_pool_close(pool);
		return error_wrap(err, "workers");
	}
	*out = pool;
	return 0;
}

int worker_pool_swap(struct worker_pool *pool, const char *program, int64_t concurrency,
    struct error *err)
{
	char *name = mem_strdup(program);
	char handler[] = "handler";
	char *const words[] = {name, handler, NULL};
	struct pool_config config = pool_config(pool, program, words, concurrency);
	int rc = pool_swap(pool->pool, &config, err);
	free(name);
	return rc < 0 ? error_wrap(err, "workers") : 0;
}

const struct manifest *worker_pool_manifest(const struct worker_pool *pool)
{
	return pool->manifests;
}

/* ---- the jobs ---- */

static struct span payload_of(const struct store_job *job, struct arena *arena)
{
	bool told =
	    span_is(job->queue, QUEUE_FAILURES) || span_is(job->queue, QUEUE_ALERTS);
	return told ? failure_payload(job, arena) : job->payload;
}

void worker_pool_run(
    struct worker_pool *pool, struct jobs *jobs, struct job_attempt *job_attempt)
{
	struct arena *arena = arena_new();
	struct worker_attempt *attempt = arena_alloc(arena, sizeof(*attempt));
	worker_attempt_open(attempt, pool->service, jobs, job_attempt, arena);
	struct frame_event *event = &attempt->pool_run.event;
	event->try = (uint32_t)job_attempt->nth;
	event->max_tries = (uint32_t)job_attempt->max_tries;
	event->received_at_ms = clock_wall_ms();
	event->sid = span_of(arena_printf(arena, "%" PRId64, job_attempt->job.id));
	event->target = job_attempt->job.queue;
	attempt->pool_run.place = arena_strndup(arena, job_attempt->job.queue);
	event->body = payload_of(&job_attempt->job, arena);
	pool_submit(pool->pool, &attempt->pool_run);
}

void worker_pool_flush(struct worker_pool *pool)
{
	if (pool != NULL)
		pool_flush(pool->pool);
}

int worker_pool_pids(struct worker_pool *pool, int *out, int max)
{
	return pool == NULL ? 0 : pool_pids(pool->pool, out, max);
}

void worker_pool_close(struct worker_pool *pool)
{
	if (pool == NULL)
		return;
	pool_close(pool->pool);
	while (pool->manifests != NULL) {
		struct manifest *manifest = pool->manifests;
		pool->manifests = manifest->next;
		manifest_free(manifest);
	}
	free(pool);
}
