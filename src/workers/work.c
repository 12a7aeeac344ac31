#include "workers/work.h"

#include <stdlib.h>
#include <sys/param.h>

#include "handlers/app_secrets.h"
#include "handlers/handlers.h"
#include "handlers/program_pool.h"
#include "host/app_workers.h"
#include "store/reserved.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/thread.h"
#include "workers/retry.h"
#include "workers/worker_pool.h"

struct work {
	struct service *service;
	const oh_app *user;
	struct worker_pool *pool; /* without processes while there are no workers */
	struct retry *retry;
	struct jobs *jobs;
	pthread_mutex_t changing; /* guards program: one swap or renewal at a time */
	char *program;            /* that runs the workers */
};

/* ---- the runner: on the jobs' thread ---- */

static void work_run(void *ctx, struct job_attempt *attempt)
{
	struct work *work = ctx;
	if (span_is(attempt->job.queue, QUEUE_EVENTS))
		retry_run(work->retry, work->jobs, attempt);
	else
		worker_pool_run(work->pool, work->jobs, attempt);
}

static void work_flush(void *ctx)
{
	struct work *work = ctx;
	worker_pool_flush(work->pool);
}

static void work_died(void *ctx, const struct job_attempt *attempt, const char *error,
    struct store_txn *txn, struct arena *arena)
{
	const struct work *work = ctx;
	struct failure_listeners listeners = service_listeners(work->service);
	struct failure failure = {.what = FAILURE_JOB_DEAD,
	    .at_ms = clock_wall_ms(),
	    .id = attempt->job.id,
	    .queue = attempt->job.queue,
	    .error = span_of(error)};
	failure_stage(&listeners, &failure, &txn->writes, &txn->jobs, arena);
}

/* ---- who works ---- */

/* Every program has the alert worker; it has no work when no alert setting is set. */
static bool work_has(const struct work *work, struct span queue)
{
	return !span_is(queue, QUEUE_ALERTS) || config_alerts(work->service->config);
}

/* How many jobs may run at a time: by the manifest of the handlers' program or, where the
 * server handles all events itself, by this program's own workers. */
static int64_t work_concurrency(const struct work *work)
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
		if (work_has(work, worker.queue))
			sum += worker.concurrency;
	}
	arena_free(arena);
	return sum;
}

/* Gives the queues the workers of the present program. */
static int work_set_workers(struct work *work, struct error *err)
{
	const struct manifest *manifest = worker_pool_manifest(work->pool);
	uint32_t all = manifest != NULL ? manifest->frame.worker_count : 0;
	struct job_worker *workers = mem_new(all + 1, sizeof(*workers));
	size_t count = 0;
	bool on_failure = false;
	for (uint32_t i = 0; i < all; i++) {
		struct span queue = span_of(manifest->workers[i].queue);
		if (work_has(work, queue))
			workers[count++] = manifest->workers[i];
		on_failure = on_failure || span_is(queue, QUEUE_FAILURES);
	}
	workers[count++] = retry_worker(work->service->config);
	int rc = jobs_set_workers(work->jobs, workers, count, err);
	free(workers);
	if (rc == 0)
		atomic_store(&work->service->on_failure, on_failure);
	return rc;
}

/* Starts processes that run program, in place of the present ones, if there is or was a
 * worker. */
static int work_start_pool(struct work *work, const char *program, struct error *err)
{
	int64_t concurrency = work_concurrency(work);
	if (concurrency == 0 && worker_pool_manifest(work->pool) == NULL)
		return 0;
	return worker_pool_start(work->pool, program, MAX(concurrency, 1), err);
}

/* ---- open, swap, close ---- */

int work_open(struct work **out, struct service *service, struct error *err)
{
	struct work *work = mem_new(1, sizeof(*work));
	work->service = service;
	work->pool = worker_pool_new(service);
	work->program = mem_strdup(PROGRAM_SELF);
	mutex_init(&work->changing);
	struct jobs_config config = {
	    .store = service->store,
	    .runner = {.run = work_run,
		.flush = work_flush,
		.died = work_died,
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
	return work_start_pool(work, PROGRAM_SELF, err) < 0
		   ? -1
		   : work_set_workers(work, err);
}

static int work_swap_locked(struct work *work, const char *program, struct error *err)
{
	struct handlers *handlers = work->service->handlers;
	if (handlers == NULL)
		return error_set(
		    err, "this server runs the built-in app: there is nothing to swap");
	if (handlers_swap(handlers, program, err) < 0)
		return -1;
	if (work_start_pool(work, program, err) < 0)
		return error_wrap(err, "the handlers were replaced, but");
	free(work->program);
	work->program = mem_strdup(program);
	return work_set_workers(work, err);
}

int work_swap(void *ctx, const char *program, struct error *err)
{
	struct work *work = ctx;
	mutex_lock(&work->changing);
	int rc = work_swap_locked(work, program, err);
	mutex_unlock(&work->changing);
	return rc;
}

/* Whether the app is given other secrets than it was. */
static bool work_secrets_differ(
    const struct work *work, const struct secrets *a, const struct secrets *b)
{
	const struct handlers *handlers = work->service->handlers;
	const struct manifest *manifest = handlers != NULL
					      ? handlers_manifest(handlers)
					      : worker_pool_manifest(work->pool);
	return manifest != NULL && !app_secrets_same(&manifest->frame, a, b);
}

int work_renew(
    struct work *work, const struct config *old, bool alerts, struct error *err)
{
	int rc = 0;
	mutex_lock(&work->changing);
	bool secrets =
	    work_secrets_differ(work, old->secrets, work->service->config->secrets);
	if (alerts)
		worker_pool_renew(work->pool);
	if (secrets && work->service->handlers != NULL)
		rc = handlers_swap(work->service->handlers, work->program, err);
	if (rc == 0 && (secrets || alerts)) {
		rc = work_start_pool(work, work->program, err);
		if (rc == 0)
			rc = work_set_workers(work, err);
	}
	mutex_unlock(&work->changing);
	return rc;
}

void work_stats(const struct work *work, struct jobs_stats *out)
{
	jobs_stats(work->jobs, out);
}

int work_pids(struct work *work, int *out, int max)
{
	return worker_pool_pids(work->pool, out, max);
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
	worker_pool_close(work->pool);
	jobs_close(work->jobs);
	retry_close(work->retry);
	mutex_clear(&work->changing);
	free(work->program);
	free(work);
}
