#include "workers/retry.h"

#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#include "handlers/handlers.h"
#include "host/app_workers.h"
#include "store/reserved.h"
#include "util/mem.h"
#include "webhook/order.h"
#include "workers/job_try.h"
#include "workers/replay.h"

/* The handler's first failure ends a retry; what it wrote may meet a conflict, or the
 * server be killed, and then it runs again. */
enum { CONCURRENCY = 4, MAX_TRIES = 3, BACKOFF_MS = 50 };

struct retry {
	struct service *service;
	struct store_reader *reader; /* the jobs' thread's */
	pthread_mutex_t mutex;       /* of what follows */
	bool stopped;
};

/* In the arena of its try. */
struct retry_run {
	struct job_try job_try;
	struct retry *retry;
	struct turn turn; /* in the event's conversation, as a webhook */
	struct replay replay;
};

struct job_worker retry_worker(const struct config *config)
{
	return (struct job_worker){.queue = QUEUE_EVENTS,
	    .max_tries = MAX_TRIES,
	    .floor_ms = BACKOFF_MS,
	    .base_ms = BACKOFF_MS,
	    .cap_ms = BACKOFF_MS,
	    .timeout_ms = config->handler_timeout_ms,
	    .concurrency = CONCURRENCY};
}

/* ---- which event ---- */

static int64_t event_of(const struct store_job *job)
{
	json_t *payload = json_loadb(job->payload.ptr, job->payload.len, 0, NULL);
	int64_t id = json_integer_value(json_object_get(payload, "event"));
	json_decref(payload);
	return id;
}

static bool take(void *ctx, const struct store_event *event)
{
	struct retry_run *run = ctx;
	replay_take(&run->replay, event, run->job_try.arena);
	return true;
}

/* Events whose writes are committed have no failure: nor have those that were erased. */
static int check(const struct replay *replay, int64_t id, struct error *err)
{
	if (replay->state == EVENT_DONE)
		return error_set(err, "event %" PRId64 " is done: it did not fail", id);
	if (replay->failed)
		return 0;
	if (replay->state == EVENT_LATE)
		return error_set(err,
		    "event %" PRId64 " was late, but what its handler wrote is "
		    "committed",
		    id);
	return error_set(err,
	    "event %" PRId64 " was erased (offhook forget): there is nothing to handle",
	    id);
}

static int prepare(struct retry *retry, struct retry_run *run, struct error *err)
{
	int64_t id = event_of(&run->job_try.job->job);
	run->job_try.revised_event = id;
	int found = store_event_get(retry->reader, id, take, run, err);
	if (found < 0)
		return -1;
	if (found == 0)
		return error_set(err, "there is no event %" PRId64, id);
	if (check(&run->replay, id, err) < 0)
		return -1;
	run->job_try.pool_run.event.base_url =
	    span_of(retry->service->config->public_url);
	return replay_pack(&run->replay, &run->job_try.pool_run.event,
	    atomic_load(&retry->service->routes), run->job_try.arena, err);
}

/* ---- its turn ---- */

/* Turns come also while the handlers' processes are being ended. */
static void submit(struct retry_run *run)
{
	struct retry *retry = run->retry;
	struct handlers *handlers = retry->service->handlers;
	const struct job_run *job = run->job_try.job;
	(void)pthread_mutex_lock(&retry->mutex);
	bool stopped = retry->stopped;
	if (!stopped) {
		(void)store_job_began(retry->service->store, job->job.id, job->try);
		handlers_submit(handlers, &run->job_try.pool_run, run->replay.route);
		handlers_flush(handlers);
	}
	(void)pthread_mutex_unlock(&retry->mutex);
	if (stopped)
		job_try_end(&run->job_try, JOB_END_INTERRUPTED, "the server stopped");
}

static void granted(struct turn *turn)
{
	submit((struct retry_run *)((char *)turn - offsetof(struct retry_run, turn)));
}

/* The next one of the conversation goes when this one is committed. */
static void over(struct job_try *job_try)
{
	struct retry_run *run =
	    (struct retry_run *)((char *)job_try - offsetof(struct retry_run, job_try));
	struct order *order = job_try->service->order;
	if (run->turn.conversation.ptr == NULL)
		return;
	order_take(order, &run->turn);
	(void)order_leave(order, &run->turn);
}

void retry_run(struct retry *retry, struct jobs *jobs, struct job_run *job_run)
{
	struct arena *arena = arena_new();
	struct retry_run *run = arena_zalloc(arena, sizeof(*run));
	struct error err;
	job_try_open(&run->job_try, retry->service, jobs, job_run, arena);
	run->job_try.over = over;
	run->retry = retry;
	if (prepare(retry, run, &err) < 0) {
		job_try_end(&run->job_try, JOB_END_GIVEN_UP, err.text);
		return;
	}
	if (run->replay.conversation.len > 0) {
		run->turn.conversation = run->replay.conversation;
		run->turn.granted = granted;
		if (!order_enter(retry->service->order, &run->turn))
			return;
	}
	submit(run);
}

int retry_open(struct retry **out, struct service *service, struct error *err)
{
	struct retry *retry = mem_new(1, sizeof(*retry));
	retry->service = service;
	if (store_reader_new(&retry->reader, service->store, err) < 0) {
		free(retry);
		return -1;
	}
	(void)pthread_mutex_init(&retry->mutex, NULL);
	*out = retry;
	return 0;
}

void retry_stop(struct retry *retry)
{
	(void)pthread_mutex_lock(&retry->mutex);
	retry->stopped = true;
	(void)pthread_mutex_unlock(&retry->mutex);
}

void retry_close(struct retry *retry)
{
	if (retry == NULL)
		return;
	store_reader_close(retry->reader);
	(void)pthread_mutex_destroy(&retry->mutex);
	free(retry);
}
