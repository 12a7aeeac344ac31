/* oh_job -- offhook.h: work for later. Enqueued and cancelled jobs are staged, and
 * committed with the event or job that does it. The calls inside a worker: oh_worker.c. */
#include <inttypes.h>
#include <string.h>

#include "api/stage.h"
#include "store/reserved.h"
#include "util/clock.h"
#include "util/suggest.h"
#include "util/utf8.h"

enum { MS = 1000 };

/* One call: "oh_enqueue" into "remind". */
struct job_call {
	oh_context *context;
	const char *name, *queue;
};

static OH_PRINTF(2, 3) bool job_refuse(
    const struct job_call *call, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *text = context_line(call->context, format, args);
	va_end(args);
	context_fail(
	    call->context, "%s, queue \"%s\": %s", call->name, call->queue, text);
	return false;
}

static bool job_may_stage(const struct job_call *call)
{
	const oh_app *app = call->context->world->app;
	const oh_worker *workers = app != NULL ? app->workers : NULL;
	struct suggestion suggestion = {.word = span_of(call->queue)};
	struct error err;
	if (call->context->job_count >= FRAME_JOBS)
		return job_refuse(call,
		    "one run can enqueue and cancel %d jobs, no more", FRAME_JOBS);
	for (; workers != NULL && workers->queue != NULL; workers++) {
		if (strcmp(workers->queue, call->queue) == 0)
			return true;
		suggest_offer(&suggestion, workers->queue);
	}
	(void)error_set(&err, "the app has no worker for it");
	(void)suggest_explain(&suggestion, ": name one in its .workers", &err);
	return job_refuse(call, "%s", err.text);
}

static bool job_text_fits(
    const struct job_call *call, const char *what, const char *text)
{
	size_t len = text != NULL ? strlen(text) : 1;
	if (len == 0)
		return job_refuse(call, "the %s is empty: leave it out for none", what);
	if (len > FRAME_JOB_TEXT)
		return job_refuse(call, "the %s has %zu bytes; it may have %d", what,
		    len, FRAME_JOB_TEXT);
	if (text != NULL && !utf8_valid(span_of(text)))
		return job_refuse(call, "the %s is not UTF-8", what);
	return true;
}

/* The jobs that stand for a worker's cron have keys of Offhook's. */
static bool job_key_fits(const struct job_call *call, const char *unique)
{
	if (!job_text_fits(call, "unique key", unique))
		return false;
	return unique == NULL || !reserved(span_of(unique)) ||
	       job_refuse(call,
		   "the unique key is \"%s\": those that begin with \"offhook.\" are "
		   "Offhook's",
		   unique);
}

/* Also false for what is not a number. */
static bool job_seconds_fit(
    const struct job_call *call, const char *what, double seconds)
{
	if (seconds >= 0 && seconds <= (double)FRAME_TIME_MAX / MS)
		return true;
	return job_refuse(call, "%s must be 0 s to 100 years", what);
}

static bool job_time_fits(const struct job_call *call, const oh_job_options *how)
{
	enum { YEAR_S = 366 * 24 * 3600 };

	int64_t at_ms = how->run_at_ms;
	if (at_ms == 0)
		return job_seconds_fit(call, ".delay_s", how->delay_s);
	if (how->delay_s != 0)
		return job_refuse(call, ".delay_s and .run_at_ms: one of the two");
	if (at_ms < INT64_C(1000) * YEAR_S || at_ms > clock_wall_ms() + FRAME_TIME_MAX)
		return job_refuse(call,
		    ".run_at_ms is %" PRId64 ": it is meant to be milliseconds since "
		    "1970, as oh_time_ms has them",
		    at_ms);
	return true;
}

static bool job_options_fit(const struct job_call *call, const oh_job_options *how)
{
	if (!job_time_fits(call, how) || !job_key_fits(call, how->unique) ||
	    !job_text_fits(call, "group", how->group) ||
	    !job_seconds_fit(call, ".unique_s", how->unique_s))
		return false;
	if (how->unique_s > 0 && how->unique == NULL)
		return job_refuse(call, ".unique_s needs a key, .unique");
	if (how->priority < -FRAME_PRIORITY || how->priority > FRAME_PRIORITY)
		return job_refuse(call, "the priority %d is not between -%d and %d",
		    how->priority, FRAME_PRIORITY, FRAME_PRIORITY);
	return true;
}

/* The payload's text; absent after a mistake. */
static struct span job_payload_text(const struct job_call *call, const json_t *payload)
{
	struct span text = {0};
	if (payload == NULL)
		(void)job_refuse(call,
		    "the payload is NULL: json_pack failed? (it does for a NULL text, "
		    "which \"s?\" allows, and for a wrong format)");
	else if (!json_is_object(payload))
		(void)job_refuse(call, "the payload is not an object");
	else if ((text = context_json(call->context, payload)).ptr == NULL)
		(void)job_refuse(call, "the payload " CONTEXT_NO_JSON);
	if (text.len <= FRAME_PAYLOAD)
		return text;
	(void)job_refuse(call,
	    "the payload has %zu bytes; it may have %d: insert it as a document, and "
	    "enqueue its _id",
	    text.len, FRAME_PAYLOAD);
	return (struct span){0};
}

static void job_enqueue(
    const struct job_call *call, const json_t *payload, const oh_job_options *how)
{
	struct arena *arena = call->context->arena;
	struct span text;
	if (!job_may_stage(call) || !job_options_fit(call, how) ||
	    (text = job_payload_text(call, payload)).ptr == NULL)
		return;
	struct frame_job *job = stage_job(call->context, JOB_ENQUEUE);
	job->queue = arena_copy(arena, span_of(call->queue));
	job->payload = text;
	job->group = arena_copy(arena, span_of(how->group));
	job->unique = arena_copy(arena, span_of(how->unique));
	job->priority = how->priority;
	job->run_at_ms = how->delay_s > 0
			     ? clock_wall_ms() + (int64_t)(how->delay_s * MS)
			     : how->run_at_ms;
	job->unique_ms = (int64_t)(how->unique_s * MS);
}

/* A program built with an older offhook.h has fewer options: size tells. */
void oh_enqueue_job_(oh_context *context, const char *queue, json_t *payload,
    const oh_job_options *options, size_t size)
{
	const struct job_call call = {context, "oh_enqueue", queue};
	oh_job_options how = {0};
	if (options != NULL)
		memcpy(&how, options, size < sizeof(how) ? size : sizeof(how));
	if (queue != NULL)
		job_enqueue(&call, payload, &how);
	else
		context_fail(context, "oh_enqueue: the queue's name is NULL");
	json_decref(payload);
}

void oh_cancel(oh_context *context, const char *queue, const char *unique)
{
	const struct job_call call = {context, "oh_cancel", queue};
	if (queue == NULL || unique == NULL) {
		context_fail(context, "oh_cancel: the %s is NULL",
		    queue == NULL ? "queue's name" : "unique key");
		return;
	}
	if (!job_may_stage(&call) || !job_key_fits(&call, unique))
		return;
	struct frame_job *job = stage_job(context, JOB_CANCEL);
	job->queue = arena_copy(context->arena, span_of(queue));
	job->unique = arena_copy(context->arena, span_of(unique));
}
