#include "alert/failure.h"

#include <assert.h>
#include <stdio.h>

#include "store/reserved.h"
#include "twilio/error_code.h"
#include "util/clock.h"
#include "util/jsonw.h"
#include "util/text.h"
#include "util/utf8.h"

enum { ERROR_MAX = 500 /* characters */, CODE_MAX = 999999, SID_MAX = 64 };

#define ONCE_MS                                                                        \
	(INT64_C(7) * 24 * 3600 * 1000) /* later a status counts as a new failure */

const char *failure_name(enum failure_what what)
{
	switch (what) {
	case FAILURE_EVENT_FAILED:
		return "event.failed";
	case FAILURE_EVENT_LATE:
		return "event.late";
	case FAILURE_MESSAGE_FAILED:
		return "message.failed";
	case FAILURE_MESSAGE_UNDELIVERED:
		return "message.undelivered";
	case FAILURE_WEBHOOKS_REFUSED:
		return "webhook.refused";
	case FAILURE_CERTIFICATE:
		return "certificate.failed";
	case FAILURE_JOB_DEAD:
		break;
	}
	return "job.dead";
}

/* The code if it can be one of Twilio's, else 0: text that a sender may choose must not name
 * a group, or there would be groups without end. */
static long failure_code(const struct failure *failure)
{
	int64_t code;
	return text_int(failure->error_code, 1, CODE_MAX, &code) ? (long)code : 0;
}

/* The error's own text, else what its code means. */
static struct span failure_error(const struct failure *failure)
{
	if (failure->error.len == 0)
		return span_of(error_code_meaning(failure_code(failure)));
	return utf8_cut(failure->error, ERROR_MAX);
}

static bool failure_is_of_message(const struct failure *failure)
{
	return failure->what == FAILURE_MESSAGE_FAILED ||
	       failure->what == FAILURE_MESSAGE_UNDELIVERED;
}

static struct span failure_group(const struct failure *failure, struct arena *arena)
{
	struct span subject =
	    failure->what == FAILURE_JOB_DEAD ? failure->queue : failure->route;
	if (failure_is_of_message(failure))
		subject = span_of(arena_printf(arena, "%ld", failure_code(failure)));
	struct span all = span_trim(span_of(arena_printf(
	    arena, "%s %.*s", failure_name(failure->what), SPAN_ARG(subject))));
	if (all.len > FAILURE_GROUP_MAX)
		all.len = FAILURE_GROUP_MAX;
	while (!utf8_valid(all))
		all.len--; /* cut within a character */
	return all;
}

/* ---- jobs ---- */

static struct store_job *failure_enqueue(struct store_job_write **jobs,
    const struct failure *failure, const char *queue, struct arena *arena)
{
	struct store_job_write *write = arena_zalloc(arena, sizeof(*write));
	write->op = JOB_ENQUEUE;
	write->job.queue = span_of(queue);
	write->job.created_at_ms = failure->at_ms;
	write->job.run_at_ms = failure->at_ms;
	while (*jobs != NULL)
		jobs = &(*jobs)->next;
	*jobs = write;
	return &write->job;
}

static struct span failure_text(struct buf *out, struct arena *arena)
{
	struct span bytes = arena_copy(arena, buf_span(out));
	buf_free(out);
	return bytes;
}

static void failure_field(struct buf *out, const char *name, struct span value)
{
	if (value.len > 0)
		jsonw_field(out, name, value);
}

static struct span failure_make_payload(
    const struct failure *failure, struct arena *arena)
{
	struct buf out = {0};
	buf_putc(&out, '{');
	if (failure->id != 0)
		jsonw_field_int(&out, "id", failure->id);
	jsonw_field(&out, "what", span_of(failure_name(failure->what)));
	failure_field(&out, "sid", failure->sid);
	failure_field(&out, "route", failure->route);
	failure_field(&out, "queue", failure->queue);
	failure_field(&out, "error", failure_error(failure));
	failure_field(&out, "errorCode", failure->error_code);
	buf_putc(&out, '}');
	return failure_text(&out, arena);
}

struct span failure_payload(const struct store_job *job, struct arena *arena)
{
	if (job->event_id == 0 || job->payload.len < 2 ||
	    span_starts(job->payload, SPAN("{\"id\":")))
		return job->payload;
	return span_of(arena_printf(arena, "{\"id\":%lld,%.*s",
	    (long long)job->event_id, SPAN_ARG(span_from(job->payload, 1))));
}

/* ---- the group's document ---- */

/* For an edit of the document, on the writer's thread. */
struct note {
	struct span error, sid;
	int64_t id, count;
	char at[CLOCK_ISO_SIZE];
};

static json_t *failure_text_or_null(struct span text)
{
	return text.len == 0 ? json_null() : json_stringn(text.ptr, text.len);
}

static json_t *failure_more(
    const struct note *note, const json_t *doc, const char *name)
{
	return json_integer(
	    json_integer_value(json_object_get(doc, name)) + note->count);
}

static int failure_count(const void *ctx, json_t *doc, struct error *err)
{
	const struct note *note = ctx;
	bool first = json_integer_value(json_object_get(doc, "count")) == 0;
	if ((first && json_object_set_new(doc, "firstAt", json_string(note->at)) < 0) ||
	    json_object_set_new(doc, "count", failure_more(note, doc, "count")) < 0 ||
	    json_object_set_new(doc, "total", failure_more(note, doc, "total")) < 0 ||
	    json_object_set_new(doc, "lastAt", json_string(note->at)) < 0 ||
	    json_object_set_new(doc, "lastError", failure_text_or_null(note->error)) <
		0 ||
	    json_object_set_new(doc, "lastId",
		note->id == 0 ? json_null() : json_integer(note->id)) < 0 ||
	    json_object_set_new(doc, "lastSid", failure_text_or_null(note->sid)) < 0)
		return error_set(err, COLLECTION_ALERTS ": out of memory");
	return 1;
}

static struct span failure_new_document(
    const struct failure *failure, struct span group, struct arena *arena)
{
	struct buf out = {0};
	buf_putc(&out, '{');
	jsonw_field(&out, "group", group);
	jsonw_field(&out, "what", span_of(failure_name(failure->what)));
	jsonw_field_int(&out, "count", 0);
	jsonw_field_int(&out, "total", 0);
	jsonw_field_null(&out, "firstAt");
	jsonw_field_null(&out, "lastAt");
	jsonw_field_null(&out, "lastError");
	jsonw_field_null(&out, "lastId");
	jsonw_field_null(&out, "lastSid");
	jsonw_field_null(&out, "sentAt");
	buf_putc(&out, '}');
	return failure_text(&out, arena);
}

static void failure_count_in_group(struct store_write **writes,
    const struct failure *failure, struct span group, struct arena *arena)
{
	struct store_write *write = arena_zalloc(arena, sizeof(*write));
	struct note *note = arena_zalloc(arena, sizeof(*note));
	note->error = utf8_repair(arena_copy(arena, failure_error(failure)), arena);
	note->sid = utf8_repair(arena_copy(arena, failure->sid), arena);
	note->id = failure->id;
	note->count = failure->count > 0 ? failure->count : 1;
	clock_iso(note->at, failure->at_ms);
	write->op = STORE_UPDATE;
	write->collection = COLLECTION_ALERTS;
	write->key = group;
	write->doc = failure_new_document(failure, group, arena);
	write->edit = failure_count;
	write->edit_ctx = note;
	write->expect = -1;
	while (*writes != NULL)
		writes = &(*writes)->next;
	*writes = write;
}

static void failure_stage_alert(int64_t delay_ms, const struct failure *failure,
    struct store_write **writes, struct store_job_write **jobs, struct arena *arena)
{
	struct span group = failure_group(failure, arena);
	struct buf payload = {0};
	failure_count_in_group(writes, failure, group, arena);
	struct store_job *job = failure_enqueue(jobs, failure, QUEUE_ALERTS, arena);
	job->run_at_ms += delay_ms;
	job->unique = group;
	buf_putc(&payload, '{');
	jsonw_field(&payload, "group", group);
	buf_putc(&payload, '}');
	job->payload = failure_text(&payload, arena);
}

/* on_failure is told once of each message, though several statuses may say that it
 * failed. */
static void failure_stage_job(
    const struct failure *failure, struct store_job_write **jobs, struct arena *arena)
{
	struct store_job *job = failure_enqueue(jobs, failure, QUEUE_FAILURES, arena);
	job->payload = failure_make_payload(failure, arena);
	if (!failure_is_of_message(failure) || failure->sid.len == 0 ||
	    failure->sid.len > SID_MAX)
		return;
	job->unique =
	    span_of(arena_printf(arena, "message %.*s", SPAN_ARG(failure->sid)));
	job->unique_ms = ONCE_MS;
}

void failure_stage(const struct failure_listeners *listeners,
    const struct failure *failure, struct store_write **writes,
    struct store_job_write **jobs, struct arena *arena)
{
	bool own = reserved(failure->queue);
	assert(failure->at_ms != 0);
	if (listeners->worker && !own)
		failure_stage_job(failure, jobs, arena);
	if (listeners->alert && !span_is(failure->queue, QUEUE_ALERTS))
		failure_stage_alert(
		    listeners->alert_delay_ms, failure, writes, jobs, arena);
}
