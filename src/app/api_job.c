/* api_job -- offhook.h: work for later. Jobs are documents, so they are committed with
 * their event. */
#include <string.h>

#include "app/collections.h"
#include "app/context.h"
#include "util/clock.h"
#include "util/suggest.h"

enum { MS = 1000 };

static const double delay_max_s = 100.0 * 366 * 24 * 3600;

static bool has_worker(oh_context *context, const char *queue)
{
	const oh_worker *workers =
	    context->world->app != NULL ? context->world->app->workers : NULL;
	struct suggestion suggestion = {.word = span_of(queue)};
	for (; workers != NULL && workers->queue != NULL; workers++) {
		if (strcmp(workers->queue, queue) == 0)
			return true;
		suggest_offer(&suggestion, workers->queue);
	}
	if (suggestion.best != NULL)
		context_fail(context,
		    "oh_enqueue: the app has no worker for the queue \"%s\"; did you "
		    "mean \"%s\"?",
		    queue, suggestion.best);
	else
		context_fail(context,
		    "oh_enqueue: the app has no worker for the queue \"%s\": name one "
		    "in its .workers",
		    queue);
	return false;
}

static bool may_enqueue(
    oh_context *context, const char *queue, const json_t *payload, double delay_s)
{
	if (queue == NULL)
		context_fail(context, "oh_enqueue: the queue's name is NULL");
	else if (payload == NULL)
		context_fail(context,
		    "oh_enqueue into \"%s\": the payload is NULL: json_pack failed?",
		    queue);
	else if (!(delay_s >= 0 && delay_s <= delay_max_s))
		context_fail(context,
		    "oh_enqueue into \"%s\": the delay must be 0 s to 100 years",
		    queue);
	else
		return has_worker(context, queue);
	return false;
}

void oh_enqueue_in(
    oh_context *context, const char *queue, json_t *payload, double delay_s)
{
	if (may_enqueue(context, queue, payload, delay_s)) {
		char now[CLOCK_ISO_SIZE];
		char then[CLOCK_ISO_SIZE];
		int64_t now_ms = clock_wall_ms();
		clock_iso(now, now_ms);
		clock_iso(then, now_ms + (int64_t)(delay_s * MS));
		(void)oh_insert(context, COLLECTION_JOBS,
		    json_pack("{s:s, s:O, s:s, s:s, s:i, s:s}", "queue", queue,
			"payload", payload, "state", "waiting", "runAt", then, "tries",
			0, "createdAt", now));
	}
	json_decref(payload);
}

void oh_enqueue(oh_context *context, const char *queue, json_t *payload)
{
	oh_enqueue_in(context, queue, payload, 0);
}

/* ---- inside a job ---- */

const char *oh_payload_str(const oh_job *job, const char *name)
{
	return json_string_value(json_object_get(job->payload, name));
}

json_t *oh_payload(const oh_job *job)
{
	return job->payload;
}

int oh_try(const oh_job *job)
{
	return job->try_number;
}
