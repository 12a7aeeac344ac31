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

#define ONCE_MS (INT64_C(7) * 24 * 3600 * 1000) /* then a status is no repeat */

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
	case FAILURE_JOB_DEAD:
		break;
	}
	return "job.dead";
}

/* A code that is one; else 0. What a sender may choose freely must not name a group:
 * there would be no end of them. */
static long code_of(const struct failure *failure)
{
	int64_t code;
	return text_int(failure->error_code, 1, CODE_MAX, &code) ? (long)code : 0;
}

/* What is told of the error: its own text, else what the code means. */
static struct span error_of(const struct failure *failure)
{
	if (failure->error.len == 0)
		return span_of(error_code_meaning(code_of(failure)));
	return utf8_cut(failure->error, ERROR_MAX);
}

static struct span group_of(const struct failure *failure, struct arena *arena)
{
	const char *name = failure_name(failure->what);
	char *group = arena_alloc(arena, FAILURE_GROUP_MAX + 1);
	int len = 0;
	switch (failure->what) {
	case FAILURE_EVENT_FAILED:
	case FAILURE_EVENT_LATE:
		len = snprintf(group, FAILURE_GROUP_MAX + 1, "%s %.*s", name,
		    SPAN_ARG(failure->route));
		break;
	case FAILURE_MESSAGE_FAILED:
	case FAILURE_MESSAGE_UNDELIVERED:
		len = snprintf(
		    group, FAILURE_GROUP_MAX + 1, "%s %ld", name, code_of(failure));
		break;
	case FAILURE_JOB_DEAD:
		len = snprintf(group, FAILURE_GROUP_MAX + 1, "%s %.*s", name,
		    SPAN_ARG(failure->queue));
		break;
	}
	struct span all = {
	    group, len > FAILURE_GROUP_MAX ? FAILURE_GROUP_MAX : (size_t)len};
	while (!utf8_valid(all))
		all.len--; /* cut within a character */
	return all;
}

/* ---- jobs ---- */

static struct store_job *enqueue(struct store_job_write **jobs,
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

static struct span finished(struct buf *out, struct arena *arena)
{
	struct span bytes = arena_copy(arena, buf_span(out));
	buf_free(out);
	return bytes;
}

static void field(struct buf *out, const char *name, struct span value)
{
	if (value.len > 0)
		jsonw_field(out, name, value);
}

static struct span payload_of(const struct failure *failure, struct arena *arena)
{
	struct buf out = {0};
	buf_putc(&out, '{');
	if (failure->id != 0)
		jsonw_field_int(&out, "id", failure->id);
	jsonw_field(&out, "what", span_of(failure_name(failure->what)));
	field(&out, "sid", failure->sid);
	field(&out, "route", failure->route);
	field(&out, "queue", failure->queue);
	field(&out, "error", error_of(failure));
	field(&out, "errorCode", failure->error_code);
	buf_putc(&out, '}');
	return finished(&out, arena);
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

/* What an edit makes of the document; on the writer's thread. */
struct note {
	struct span error, sid;
	int64_t id;
	char at[CLOCK_ISO_SIZE];
};

static json_t *text_or_null(struct span text)
{
	return text.len == 0 ? json_null() : json_stringn(text.ptr, text.len);
}

static json_t *one_more(const json_t *doc, const char *name)
{
	return json_integer(json_integer_value(json_object_get(doc, name)) + 1);
}

static int count_failure(const void *ctx, json_t *doc, struct error *err)
{
	const struct note *note = ctx;
	bool first = json_integer_value(json_object_get(doc, "count")) == 0;
	if ((first && json_object_set_new(doc, "firstAt", json_string(note->at)) < 0) ||
	    json_object_set_new(doc, "count", one_more(doc, "count")) < 0 ||
	    json_object_set_new(doc, "total", one_more(doc, "total")) < 0 ||
	    json_object_set_new(doc, "lastAt", json_string(note->at)) < 0 ||
	    json_object_set_new(doc, "lastError", text_or_null(note->error)) < 0 ||
	    json_object_set_new(doc, "lastId",
		note->id == 0 ? json_null() : json_integer(note->id)) < 0 ||
	    json_object_set_new(doc, "lastSid", text_or_null(note->sid)) < 0)
		return error_set(err, COLLECTION_ALERTS ": out of memory");
	return 1;
}

static struct span new_document(
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
	return finished(&out, arena);
}

static void count_in_group(struct store_write **writes, const struct failure *failure,
    struct span group, struct arena *arena)
{
	struct store_write *write = arena_zalloc(arena, sizeof(*write));
	struct note *note = arena_zalloc(arena, sizeof(*note));
	note->error = utf8_repair(arena_copy(arena, error_of(failure)), arena);
	note->sid = utf8_repair(arena_copy(arena, failure->sid), arena);
	note->id = failure->id;
	clock_iso(note->at, failure->at_ms);
	write->op = STORE_UPDATE;
	write->collection = COLLECTION_ALERTS;
	write->key = group;
	write->doc = new_document(failure, group, arena);
	write->edit = count_failure;
	write->edit_ctx = note;
	write->expect = -1;
	while (*writes != NULL)
		writes = &(*writes)->next;
	*writes = write;
}

static void stage_alert(int64_t delay_ms, const struct failure *failure,
    struct store_write **writes, struct store_job_write **jobs, struct arena *arena)
{
	struct span group = group_of(failure, arena);
	struct buf payload = {0};
	count_in_group(writes, failure, group, arena);
	struct store_job *job = enqueue(jobs, failure, QUEUE_ALERTS, arena);
	job->run_at_ms += delay_ms;
	job->unique = group;
	buf_putc(&payload, '{');
	jsonw_field(&payload, "group", group);
	buf_putc(&payload, '}');
	job->payload = finished(&payload, arena);
}

/* A message fails once, though Twilio may tell of it by several statuses. */
static void stage_told(
    const struct failure *failure, struct store_job_write **jobs, struct arena *arena)
{
	struct store_job *job = enqueue(jobs, failure, QUEUE_FAILURES, arena);
	bool message = failure->what == FAILURE_MESSAGE_FAILED ||
		       failure->what == FAILURE_MESSAGE_UNDELIVERED;
	job->payload = payload_of(failure, arena);
	if (!message || failure->sid.len == 0 || failure->sid.len > SID_MAX)
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
		stage_told(failure, jobs, arena);
	if (listeners->alert && !span_is(failure->queue, QUEUE_ALERTS))
		stage_alert(listeners->alert_delay_ms, failure, writes, jobs, arena);
}
