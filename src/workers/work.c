#include "workers/work.h"

#include <stdlib.h>

#include "handlers/handlers.h"
#include "host/app_workers.h"
#include "store/reserved.h"
#include "util/clock.h"
#include "util/mem.h"
#include "workers/retry.h"
#include "workers/worker_pool.h"

struct work {
	struct service *service;
	const oh_app *user;
	struct crew *_Atomic crew; /* NULL: nothing for it to do, so far */
	struct retry *retry;
	struct jobs *jobs;
};

/* ---- the runner: on the jobs' thread ---- */

static void run(void *ctx, struct job_run *job_run)
{
	struct work *work = ctx;
	if (span_is(job_run->job.queue, QUEUE_EVENTS))
		retry_run(work->retry, work->jobs, job_run);
	else
		crew_run(work->crew, work->jobs, job_run);
}

static void flush(void *ctx)
{
	struct work *work = ctx;
	crew_flush(work->crew);
}

static void died(void *ctx, const struct job_run *job_run, const char *error,
    struct store_txn *txn, struct arena *arena)
{
	const struct work *work = ctx;
	struct failure_listeners listeners = service_listeners(work->service);
	struct failure failure = {.what = FAILURE_JOB_DEAD,
	    .at_ms = clock_wall_ms(),
	    .id = job_run->job.id,
	    .queue = job_run->job.queue,
	    .error = span_of(error)};
	failure_stage(&listeners, &failure, &txn->writes, &txn->jobs, arena);
}

/* ---- who works ---- */

/* A worker of alerts is in every program; where alerts go nowhere it has no work. */
static bool counts(const struct work *work, struct span queue)
{
	return !span_is(queue, QUEUE_ALERTS) || config_alerts(work->service->config);
}

/* How many jobs may run at a time: of what the handlers' program has told, or, where the
 * server handles all events itself, of its own. */
static int64_t concurrency_of(const struct work *work)
{
	const struct handlers *handlers = work->service->handlers;
	struct arena *arena = arena_new();
	uint32_t count;
	int64_t sum = 0;
	const oh_worker *own = workers_all(work->user, &count, arena);
	if (handlers != NULL)
		count = handlers_manifest(handlers)->frame.worker_count;
	for (uint32_t i = 0; i < count; i++) {
		struct frame_worker worker =
		    handlers != NULL ? handlers_manifest(handlers)->frame.workers[i]
				     : workers_frame(&own[i]);
		if (counts(work, worker.queue))
			sum += worker.concurrency;
	}
	arena_free(arena);
	return sum;
}

static bool has_queue(const struct manifest *manifest, const char *queue)
{
	bool found = false;
	for (uint32_t i = 0; manifest != NULL && i < manifest->frame.worker_count; i++)
		found = found || strcmp(manifest->workers[i].queue, queue) == 0;
	return found;
}

/* Tells the queues who works on them now. */
static int set_workers(struct work *work, struct error *err)
{
	const struct manifest *manifest =
	    work->crew != NULL ? crew_manifest(work->crew) : NULL;
	uint32_t told = manifest != NULL ? manifest->frame.worker_count : 0;
	struct job_worker *workers = mem_new(told + 1, sizeof(*workers));
	size_t count = 0;
	for (uint32_t i = 0; i < told; i++)
		if (counts(work, span_of(manifest->workers[i].queue)))
			workers[count++] = manifest->workers[i];
	workers[count++] = retry_worker(work->service->config);
	int rc = jobs_set_workers(work->jobs, workers, count, err);
	free(workers);
	if (rc == 0)
		atomic_store(
		    &work->service->on_failure, has_queue(manifest, QUEUE_FAILURES));
	return rc;
}

/* Processes that run program, when there is something for them to do. */
static int staff(struct work *work, const char *program, struct error *err)
{
	int64_t concurrency = concurrency_of(work);
	struct crew *crew = work->crew;
	if (crew != NULL)
		return crew_swap(crew, program, concurrency > 0 ? concurrency : 1, err);
	if (concurrency == 0)
		return 0;
	if (crew_open(&crew, work->service, program, concurrency, err) < 0)
		return -1;
	work->crew = crew;
	return 0;
}

/* ---- open, swap, close ---- */

int work_open(struct work **out, struct service *service, struct error *err)
{
	struct work *work = mem_new(1, sizeof(*work));
	work->service = service;
	struct jobs_config config = {
	    .store = service->store,
	    .runner = {.run = run,
		.flush = flush,
		.died = died,
		.tells_begin = true,
		.ctx = work},
	    .keep_ms = service->config->jobs_keep_ms,
	    .keep_dead_ms = service->config->dead_jobs_keep_ms,
	};
	if (store_declare(service->store, COLLECTION_ALERTS, "group", err) < 0 ||
	    retry_open(&work->retry, service, err) < 0 ||
	    jobs_open(&work->jobs, &config, err) < 0) {
		work_close(work);
		return -1;
	}
	*out = work;
	return 0;
}

int work_start(struct work *work, const oh_app *user, struct error *err)
{
	work->user = user;
	return staff(work, PROGRAM_SELF, err) < 0 ? -1 : set_workers(work, err);
}

int work_swap(void *ctx, const char *program, struct error *err)
{
	struct work *work = ctx;
	struct handlers *handlers = work->service->handlers;
	if (handlers == NULL)
		return error_set(
		    err, "this server runs the built-in app: there is nothing to swap");
	if (handlers_swap(handlers, program, err) < 0)
		return -1;
	if (staff(work, program, err) < 0)
		return error_wrap(err, "the handlers were replaced, but");
	return set_workers(work, err);
}

void work_stats(const struct work *work, struct jobs_stats *out)
{
	jobs_stats(work->jobs, out);
}

int work_pids(struct work *work, int *out, int max)
{
	return crew_pids(work->crew, out, max);
}

void work_stop(struct work *work)
{
	if (work == NULL)
		return;
	jobs_stop(work->jobs);
	retry_stop(work->retry);
}

void work_close(struct work *work)
{
	if (work == NULL)
		return;
	crew_close(work->crew);
	jobs_close(work->jobs);
	retry_close(work->retry);
	free(work);
}
