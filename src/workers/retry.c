#include "workers/retry.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "handlers/handlers.h"
#include "host/app_workers.h"
#include "store/reserved.h"
#include "util/container.h"
#include "util/mem.h"
#include "util/thread.h"
#include "webhook/order.h"
#include "workers/replay.h"
#include "workers/worker_attempt.h"

/* The handler's first failure ends a retry. It runs again only when its writes meet a
 * conflict, or when the server is killed. */
enum { CONCURRENCY = 4, MAX_TRIES = 3, BACKOFF_MS = 50 };

struct retry {
	struct service *service;
	struct store_reader *reader; /* the jobs' thread's */
	pthread_mutex_t mutex;       /* of stopped, and of the handlers' being open */
	bool stopped;
};

/* An attempt to handle an event again; in its own arena. */
struct retry_attempt {
	struct worker_attempt attempt;
	struct retry *retry;
	struct turn turn; /* in the event's conversation, as a webhook has */
	struct replay replay;
	struct error err; /* why it cannot be handled again */
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

/* An event without a failure has its writes committed, or was erased. */
static int retry_check(const struct store_event *event, struct error *err)
{
	if (event->state == EVENT_DONE)
		return error_set(
		    err, "event %" PRId64 " is done: it did not fail", event->id);
	if (event->failure.ptr != NULL)
		return 0;
	if (event->state == EVENT_LATE)
		return error_set(err,
		    "event %" PRId64 " was late, but what its handler wrote is "
		    "committed",
		    event->id);
	return error_set(err,
	    "event %" PRId64 " was erased (offhook forget): there is nothing to handle",
	    event->id);
}

static int retry_prepare(struct retry_attempt *attempt)
{
	struct worker_attempt *base = &attempt->attempt;
	const struct webhook *webhook = &attempt->replay.webhook;
	struct span payload = base->job_attempt->job.payload;
	json_t *json = json_loadb(payload.ptr, payload.len, 0, NULL);
	int64_t id = json_integer_value(json_object_get(json, "event"));
	json_decref(json);
	base->revised_event = id;
	struct store_event event;
	int found = store_event_get(
	    attempt->retry->reader, id, base->arena, &event, &attempt->err);
	if (found < 0)
		return -1;
	if (found == 0)
		return error_set(&attempt->err, "there is no event %" PRId64, id);
	if (retry_check(&event, &attempt->err) < 0 ||
	    replay_open(&attempt->replay, &event, attempt->retry->service, base->arena,
		&attempt->err) < 0)
		return -1;
	handlers_pack(&base->pool_run.event, webhook);
	return 0;
}

/* ---- its turn ---- */

/* A turn may come while the handlers' processes are being ended. */
static void retry_submit(struct retry_attempt *attempt)
{
	struct worker_attempt *base = &attempt->attempt;
	struct retry *retry = attempt->retry;
	struct handlers *handlers = retry->service->handlers;
	mutex_lock(&retry->mutex);
	bool stopped = retry->stopped;
	if (!stopped) {
		(void)store_job_began(retry->service->store, base->job_attempt->job.id,
		    base->job_attempt->nth);
		handlers_submit(
		    handlers, &base->pool_run, attempt->replay.webhook.route);
		handlers_flush(handlers);
	}
	mutex_unlock(&retry->mutex);
	if (stopped)
		worker_attempt_end(base, JOB_END_INTERRUPTED, "the server stopped");
}

static void retry_granted(struct turn *turn)
{
	retry_submit(container_of(turn, struct retry_attempt, turn));
}

/* The conversation's next webhook runs after the commit. */
static void retry_committed(struct worker_attempt *base)
{
	struct retry_attempt *attempt =
	    container_of(base, struct retry_attempt, attempt);
	struct order *order = base->service->order;
	if (attempt->turn.conversation.ptr == NULL)
		return;
	order_take(order, &attempt->turn);
	(void)order_leave(order, &attempt->turn);
}

void retry_run(struct retry *retry, struct jobs *jobs, struct job_attempt *job_attempt)
{
	struct arena *arena = arena_new();
	struct retry_attempt *attempt = arena_zalloc(arena, sizeof(*attempt));
	const struct webhook *webhook = &attempt->replay.webhook;
	worker_attempt_open(
	    &attempt->attempt, retry->service, jobs, job_attempt, arena);
	attempt->attempt.committed = retry_committed;
	attempt->retry = retry;
	if (retry_prepare(attempt) < 0) {
		worker_attempt_end(
		    &attempt->attempt, JOB_END_GIVEN_UP, attempt->err.text);
		return;
	}
	if (webhook->route->ordered && webhook->event.conversation.len > 0) {
		attempt->turn.conversation = webhook->event.conversation;
		attempt->turn.granted = retry_granted;
		if (!order_enter(retry->service->order, &attempt->turn))
			return;
	}
	retry_submit(attempt);
}

int retry_open(struct retry **out, struct service *service, struct error *err)
{
	struct retry *retry = mem_new(1, sizeof(*retry));
	retry->service = service;
	if (store_reader_new(&retry->reader, service->store, err) < 0) {
		free(retry);
		return -1;
	}
	mutex_init(&retry->mutex);
	*out = retry;
	return 0;
}

void retry_stop(struct retry *retry)
{
	mutex_lock(&retry->mutex);
	retry->stopped = true;
	mutex_unlock(&retry->mutex);
}

void retry_close(struct retry *retry)
{
	if (retry == NULL)
		return;
	store_reader_close(retry->reader);
	mutex_clear(&retry->mutex);
	free(retry);
}
