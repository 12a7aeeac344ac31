#include "workers/worker_pool.h"

#include <errno.h>
#include <stdlib.h>

#include "alert/alert_settings.h"
#include "alert/failure.h"
#include "handlers/handlers.h"
#include "host/app_workers.h"
#include "store/reserved.h"
#include "util/clock.h"
#include "util/cores.h"
#include "util/mem.h"
#include "workers/job_try.h"

enum { NICE = 10 };

struct crew {
	struct service *service;
	struct pool *pool;
	struct manifest *manifests; /* the present one first; the pool's thread's */
	struct arena *arena;
	const struct pair *settings; /* of alerts: for its processes alone */
	uint32_t setting_count;
};

/* ---- the processes ---- */

/* The server serves none of its routes from here: a handlers' pool does. */
static const struct route no_route;

static int introduced(void *ctx, struct span frame, struct error *err)
{
	struct crew *crew = ctx;
	struct manifest *manifest;
	if (manifest_new(&manifest, frame, &no_route, err) < 0)
		return -1;
	manifest->next = crew->manifests;
	crew->manifests = manifest;
	return 0;
}

/* A job that was given out before a swap may be sent after it. */
static bool address(void *ctx, struct pool_run *pool_run)
{
	const struct crew *crew = ctx;
	const struct frame_manifest *manifest = &crew->manifests->frame;
	for (uint32_t i = 0; i < manifest->worker_count; i++)
		if (span_eq(manifest->workers[i].queue, pool_run->job.queue)) {
			pool_run->job.worker = i;
			return true;
		}
	struct job_try *job_try =
	    (struct job_try *)((char *)pool_run - offsetof(struct job_try, pool_run));
	job_try->gone = true;
	return false;
}

static void progress(void *ctx, struct pool_run *pool_run, struct span text)
{
	const struct job_try *job_try =
	    (struct job_try *)((char *)pool_run - offsetof(struct job_try, pool_run));
	(void)ctx;
	jobs_progress(job_try->jobs, job_try->job->job.id, text);
}

static int least(int64_t a, int64_t b)
{
	return (int)(a < b ? a : b);
}

/* No more processes than jobs that may run at a time. */
static struct pool_config pool_config(
    struct crew *crew, const char *program, char *const *words, int64_t concurrency)
{
	const struct config *config = crew->service->config;
	struct pool_config out = handlers_config(config, program, words);
	int64_t ready = config->workers > 0 ? config->workers : cores_usable();
	out.processes = least(ready, concurrency);
	out.max_processes = least(config->max_workers, concurrency);
	out.name = "oh-workers";
	out.settings = crew->settings;
	out.setting_count = crew->setting_count;
	out.introduced = introduced;
	out.address = address;
	out.progress = progress;
	out.nice = NICE;
	out.ctx = crew;
	return out;
}

int crew_open(struct crew **out, struct service *service, const char *program,
    int64_t concurrency, struct error *err)
{
	struct crew *crew = mem_new(1, sizeof(*crew));
	char handler[] = "handler";
	char *const words[] = {program_invocation_name, handler, NULL};
	crew->service = service;
	crew->arena = arena_new();
	crew->settings =
	    alert_settings_pairs(service->config, &crew->setting_count, crew->arena);
	struct pool_config config = pool_config(crew, program, words, concurrency);
	if (pool_open(&crew->pool, &config, err) < 0) {
		crew_close(crew);
		return error_wrap(err, "workers");
	}
	*out = crew;
	return 0;
}

int crew_swap(
    struct crew *crew, const char *program, int64_t concurrency, struct error *err)
{
	char *name = mem_strdup(program);
	char handler[] = "handler";
	char *const words[] = {name, handler, NULL};
	struct pool_config config = pool_config(crew, program, words, concurrency);
	int rc = pool_swap(crew->pool, &config, err);
	free(name);
	return rc < 0 ? error_wrap(err, "workers") : 0;
}

const struct manifest *crew_manifest(const struct crew *crew)
{
	return crew->manifests;
}

/* ---- the jobs ---- */

static struct span payload_of(const struct store_job *job, struct arena *arena)
{
	bool told =
	    span_is(job->queue, QUEUE_FAILURES) || span_is(job->queue, QUEUE_ALERTS);
	return told ? failure_payload(job, arena) : job->payload;
}

void crew_run(struct crew *crew, struct jobs *jobs, struct job_run *run)
{
	struct arena *arena = arena_new();
	struct job_try *job_try = arena_alloc(arena, sizeof(*job_try));
	job_try_open(job_try, crew->service, jobs, run, arena);
	struct frame_job_run *job = &job_try->pool_run.job;
	job_try->pool_run.is_job = true;
	job_try->pool_run.place = arena_strndup(arena, run->job.queue);
	job->base_url = span_of(crew->service->config->public_url);
	job->nth = (uint32_t)run->try;
	job->max = (uint32_t)run->max_tries;
	job->job_id = run->job.id;
	job->began_at_ms = clock_wall_ms();
	job->queue = run->job.queue;
	job->payload = payload_of(&run->job, arena);
	pool_submit(crew->pool, &job_try->pool_run);
}

void crew_flush(struct crew *crew)
{
	if (crew != NULL)
		pool_flush(crew->pool);
}

int crew_pids(struct crew *crew, int *out, int max)
{
	return crew == NULL ? 0 : pool_pids(crew->pool, out, max);
}

void crew_close(struct crew *crew)
{
	if (crew == NULL)
		return;
	pool_close(crew->pool);
	arena_free(crew->arena);
	while (crew->manifests != NULL) {
		struct manifest *manifest = crew->manifests;
		crew->manifests = manifest->next;
		manifest_free(manifest);
	}
	free(crew);
}
