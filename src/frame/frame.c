#include "frame/frame.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* ---- what frames are made of: one table each, for both directions ---- */

enum field_type {
	FIELD_NONE, /* ends a table */
	FIELD_BOOL, /* u32: 0 or 1 */
	FIELD_U32,  /* or i32 */
	FIELD_I64,
	FIELD_SPAN, /* may be absent */
	FIELD_TEXT, /* a span that is never absent */
	/* Of both the struct has a pointer, and the u32 count after it. */
	FIELD_LIST,
	FIELD_PAIRS /* the list of which there are most, and so made the fastest */
};

struct field {
	enum field_type type;
	size_t offset; /* in its struct */
	const struct list *list;
};

/* What the elements of a list are. */
struct list {
	size_t size;
	const struct field *fields;
};

#define FIELD(type, of, member)                                                        \
	{                                                                              \
		FIELD_##type, offsetof(struct of, member), NULL                        \
	}
#define LIST(of, member, list)                                                         \
	{                                                                              \
		FIELD_LIST, offsetof(struct of, member), list                          \
	}
#define END                                                                            \
	{                                                                              \
		FIELD_NONE, 0, NULL                                                    \
	}

static const struct field number_fields[] = {{FIELD_I64, 0, NULL}, END};
static const struct list numbers = {sizeof(int64_t), number_fields};

static const struct field settings_fields[] = {
    FIELD(PAIRS, frame_settings, pairs), END};

static const struct field event_fields[] = {FIELD(U32, frame_event, run.slot),
    FIELD(I64, frame_event, run.first_row), FIELD(U32, frame_event, run.row_count),
    FIELD(U32, frame_event, route), FIELD(I64, frame_event, received_at_ms),
    FIELD(SPAN, frame_event, kind), FIELD(SPAN, frame_event, sid),
    FIELD(SPAN, frame_event, account_sid), FIELD(SPAN, frame_event, method),
    FIELD(SPAN, frame_event, target), FIELD(SPAN, frame_event, body),
    FIELD(SPAN, frame_event, base_url), FIELD(PAIRS, frame_event, params),
    FIELD(PAIRS, frame_event, headers), FIELD(PAIRS, frame_event, path_params), END};

static const struct field job_run_fields[] = {FIELD(U32, frame_job_run, run.slot),
    FIELD(I64, frame_job_run, run.first_row), FIELD(U32, frame_job_run, run.row_count),
    FIELD(U32, frame_job_run, worker), FIELD(U32, frame_job_run, nth),
    FIELD(U32, frame_job_run, max), FIELD(I64, frame_job_run, job_id),
    FIELD(I64, frame_job_run, began_at_ms), FIELD(SPAN, frame_job_run, queue),
    FIELD(SPAN, frame_job_run, payload), FIELD(SPAN, frame_job_run, base_url), END};

static const struct field write_fields[] = {FIELD(U32, frame_write, op),
    FIELD(SPAN, frame_write, collection), FIELD(SPAN, frame_write, doc),
    FIELD(SPAN, frame_write, key), FIELD(SPAN, frame_write, filter),
    FIELD(SPAN, frame_write, update), FIELD(I64, frame_write, expect),
    LIST(frame_write, ids, &numbers), LIST(frame_write, stamps, &numbers), END};
static const struct list writes = {sizeof(struct frame_write), write_fields};

static const struct field job_fields[] = {FIELD(U32, frame_job, op),
    FIELD(SPAN, frame_job, queue), FIELD(SPAN, frame_job, payload),
    FIELD(SPAN, frame_job, group), FIELD(SPAN, frame_job, unique),
    FIELD(U32, frame_job, priority), FIELD(I64, frame_job, run_at_ms),
    FIELD(I64, frame_job, unique_ms), END};
static const struct list jobs = {sizeof(struct frame_job), job_fields};

static const struct field result_fields[] = {FIELD(BOOL, frame_result, ok),
    FIELD(U32, frame_result, end), FIELD(I64, frame_result, snooze_ms),
    FIELD(SPAN, frame_result, failure), FIELD(U32, frame_result, status),
    FIELD(SPAN, frame_result, content_type), FIELD(SPAN, frame_result, body),
    LIST(frame_result, writes, &writes), LIST(frame_result, jobs, &jobs), END};

static const struct field log_fields[] = {
    FIELD(TEXT, frame_log, message), FIELD(PAIRS, frame_log, pairs), END};

static const struct field progress_fields[] = {FIELD(TEXT, frame_progress, text), END};

static const struct field route_fields[] = {FIELD(U32, frame_route, kind),
    FIELD(TEXT, frame_route, path), FIELD(SPAN, frame_route, fallback),
    FIELD(SPAN, frame_route, methods), FIELD(U32, frame_route, deadline_ms),
    FIELD(U32, frame_route, builtin), END};
static const struct list routes = {sizeof(struct frame_route), route_fields};

static const struct field worker_fields[] = {FIELD(TEXT, frame_worker, queue),
    FIELD(SPAN, frame_worker, cron), FIELD(SPAN, frame_worker, zone),
    FIELD(U32, frame_worker, max_tries), FIELD(U32, frame_worker, concurrency),
    FIELD(I64, frame_worker, timeout_ms), FIELD(I64, frame_worker, floor_ms),
    FIELD(I64, frame_worker, base_ms), FIELD(I64, frame_worker, cap_ms), END};
static const struct list workers = {sizeof(struct frame_worker), worker_fields};

static const struct field manifest_fields[] = {FIELD(U32, frame_manifest, version),
    LIST(frame_manifest, routes, &routes), LIST(frame_manifest, workers, &workers),
    FIELD(PAIRS, frame_manifest, collections), FIELD(PAIRS, frame_manifest, secrets),
    END};

static const struct field bell_fields[] = {END};

static const struct frame {
	const struct field *fields;
	size_t size; /* of its struct */
	bool has_id; /* the first member of its struct */
} frames[FRAME_TYPES] = {
    [FRAME_READY] = {manifest_fields, sizeof(struct frame_manifest), false},
    [FRAME_EVENT] = {event_fields, sizeof(struct frame_event), true},
    [FRAME_RESULT] = {result_fields, sizeof(struct frame_result), true},
    [FRAME_LOG] = {log_fields, sizeof(struct frame_log), true},
    [FRAME_JOB] = {job_run_fields, sizeof(struct frame_job_run), true},
    [FRAME_PROGRESS] = {progress_fields, sizeof(struct frame_progress), true},
    [FRAME_BELL] = {bell_fields, 0, false},
    [FRAME_SETTINGS] = {settings_fields, sizeof(struct frame_settings), false},
    [FRAME_SECRETS] = {settings_fields, sizeof(struct frame_settings), false},
};

/* As every list stands in its struct. */
struct items {
	void *first;
	uint32_t count;
};

enum { ITEMS_SIZE = offsetof(struct items, count) + sizeof(uint32_t) };

/* ---- whole frames ---- */

int64_t frame_whole(struct span bytes, enum frame_type *type)
{
	uint32_t after;
	uint32_t number;
	if (bytes.len < FRAME_HEAD)
		return 0;
	memcpy(&after, bytes.ptr, sizeof(after));
	memcpy(&number, bytes.ptr + FRAME_LENGTH, sizeof(number));
	if (after < FRAME_HEAD - FRAME_LENGTH || after > FRAME_MAX - FRAME_LENGTH ||
	    number < FRAME_READY || number >= FRAME_TYPES)
		return -1;
	*type = (enum frame_type)number;
	size_t whole = (size_t)after + FRAME_LENGTH;
	return bytes.len < whole ? 0 : (int64_t)whole;
}

uint32_t frame_version(struct span frame)
{
	enum frame_type type;
	uint32_t version = 0;
	if (frame_whole(frame, &type) > 0 && type == FRAME_READY &&
	    frame.len >= FRAME_HEAD + sizeof(version))
		memcpy(&version, frame.ptr + FRAME_HEAD, sizeof(version));
	return version;
}

struct span frame_setting(const struct frame_settings *settings, const char *name)
{
	for (uint32_t i = 0; i < settings->count; i++)
		if (span_is(settings->pairs[i].name, name))
			return settings->pairs[i].value;
	return (struct span){0};
}

/* ---- putting ---- */

static void put_u32(struct buf *out, uint32_t value)
{
	buf_add(out, &value, sizeof(value));
}

static void put_span(struct buf *out, struct span text)
{
	if (text.ptr == NULL) {
		put_u32(out, FRAME_ABSENT);
		return;
	}
	assert(text.len < FRAME_ABSENT);
	uint32_t len = (uint32_t)text.len;
	buf_reserve(out, sizeof(len) + len + 1);
	char *at = out->ptr + out->len;
	memcpy(at, &len, sizeof(len));
	memcpy(at + sizeof(len), text.ptr, len);
	memcpy(at + sizeof(len) + len, "\0", 2); /* the span's NUL and the buffer's */
	out->len += sizeof(len) + len + 1;
}

static void put_pairs(struct buf *out, const struct pair *pairs, uint32_t count)
{
	put_u32(out, count);
	for (uint32_t i = 0; i < count; i++) {
		put_span(out, pairs[i].name);
		put_span(out, pairs[i].value);
	}
}

static void put_fields(struct buf *out, const struct field *field, const char *from)
{
	for (; field->type != FIELD_NONE; field++) {
		const char *at = from + field->offset;
		struct items items;
		struct span text;
		switch (field->type) {
		case FIELD_BOOL:
			put_u32(out, *at != 0);
			break;
		case FIELD_U32:
			buf_add(out, at, sizeof(uint32_t));
			break;
		case FIELD_I64:
			buf_add(out, at, sizeof(int64_t));
			break;
		case FIELD_SPAN:
		case FIELD_TEXT:
			memcpy(&text, at, sizeof(text));
			put_span(out, text);
			break;
		case FIELD_LIST:
			memcpy(&items, at, ITEMS_SIZE);
			put_u32(out, items.count);
			for (uint32_t i = 0; i < items.count; i++)
				put_fields(out, field->list->fields,
				    (char *)items.first + i * field->list->size);
			break;
		case FIELD_PAIRS:
			memcpy(&items, at, ITEMS_SIZE);
			put_pairs(out, items.first, items.count);
			break;
		case FIELD_NONE:
			break;
		}
	}
}

static void put_frame(struct buf *out, enum frame_type type, const void *from)
{
	size_t start = out->len;
	uint64_t id = 0;
	if (frames[type].has_id)
		memcpy(&id, from, sizeof(id));
	put_u32(out, 0);
	put_u32(out, type);
	buf_add(out, &id, sizeof(id));
	put_fields(out, frames[type].fields, from);
	uint32_t after = (uint32_t)(out->len - start - FRAME_LENGTH);
	memcpy(out->ptr + start, &after, sizeof(after));
}

void frame_put_settings(struct buf *out, const struct frame_settings *settings)
{
	put_frame(out, FRAME_SETTINGS, settings);
}

void frame_put_secrets(struct buf *out, const struct frame_settings *secrets)
{
	put_frame(out, FRAME_SECRETS, secrets);
}

void frame_put_ready(struct buf *out, const struct frame_manifest *manifest)
{
	put_frame(out, FRAME_READY, manifest);
}

void frame_put_event(struct buf *out, const struct frame_event *event)
{
	put_frame(out, FRAME_EVENT, event);
}

void frame_put_job(struct buf *out, const struct frame_job_run *job)
{
	put_frame(out, FRAME_JOB, job);
}

void frame_put_result(struct buf *out, const struct frame_result *result)
{
	put_frame(out, FRAME_RESULT, result);
}

void frame_put_log(struct buf *out, const struct frame_log *log)
{
	put_frame(out, FRAME_LOG, log);
}

void frame_put_progress(struct buf *out, const struct frame_progress *progress)
{
	put_frame(out, FRAME_PROGRESS, progress);
}

void frame_put_bell(struct buf *out)
{
	put_frame(out, FRAME_BELL, "");
}

/* ---- taking apart: any count and any length may be wrong ---- */

struct taker {
	struct span rest;
	struct arena *arena;
	bool bad;
};

/* Inlined: of the constant sizes that are taken, each is then one load. */
static inline void take_bytes(struct taker *taker, void *out, size_t size)
{
	if (taker->rest.len < size) {
		taker->bad = true;
		memset(out, 0, size);
		return;
	}
	memcpy(out, taker->rest.ptr, size);
	taker->rest = span_from(taker->rest, size);
}

static inline uint32_t take_u32(struct taker *taker)
{
	uint32_t value;
	take_bytes(taker, &value, sizeof(value));
	return value;
}

static struct span take_span(struct taker *taker)
{
	uint32_t len = take_u32(taker);
	if (taker->bad || len == FRAME_ABSENT)
		return (struct span){0};
	if (len >= taker->rest.len || taker->rest.ptr[len] != '\0') {
		taker->bad = true;
		return (struct span){0};
	}
	struct span text = span_head(taker->rest, len);
	taker->rest = span_from(taker->rest, len + 1);
	return text;
}

/* How many elements a list has, of at least `least` bytes each: a wrong count costs no
 * memory. */
static uint32_t take_count(struct taker *taker, size_t least)
{
	uint32_t count = take_u32(taker);
	assert(least > 0);
	if (count > taker->rest.len / least)
		taker->bad = true;
	return taker->bad ? 0 : count;
}

static struct pair *take_pairs(struct taker *taker, uint32_t count)
{
	struct pair *pairs = arena_alloc(taker->arena, count * sizeof(*pairs));
	for (uint32_t i = 0; i < count; i++) {
		pairs[i].name = take_span(taker);
		pairs[i].value = take_span(taker);
		if (pairs[i].name.ptr == NULL)
			taker->bad = true;
	}
	return pairs;
}

static size_t field_least(const struct field *field)
{
	size_t least = 0;
	for (; field->type != FIELD_NONE; field++)
		least += field->type == FIELD_I64 ? sizeof(int64_t) : sizeof(uint32_t);
	return least;
}

static void take_fields(struct taker *taker, const struct field *field, char *to)
{
	for (; field->type != FIELD_NONE; field++) {
		char *at = to + field->offset;
		struct items items = {0};
		struct span text;
		uint32_t number;
		switch (field->type) {
		case FIELD_BOOL:
			number = take_u32(taker);
			taker->bad = taker->bad || number > 1;
			*(bool *)at = number == 1;
			break;
		case FIELD_U32:
			take_bytes(taker, at, sizeof(uint32_t));
			break;
		case FIELD_I64:
			take_bytes(taker, at, sizeof(int64_t));
			break;
		case FIELD_SPAN:
		case FIELD_TEXT:
			text = take_span(taker);
			if (text.ptr == NULL && field->type == FIELD_TEXT)
				taker->bad = true;
			memcpy(at, &text, sizeof(text));
			break;
		case FIELD_LIST:
			items.count =
			    take_count(taker, field_least(field->list->fields));
			if (items.count > 0)
				items.first = arena_alloc(
				    taker->arena, items.count * field->list->size);
			memcpy(at, &items, ITEMS_SIZE);
			for (uint32_t i = 0; i < items.count; i++)
				take_fields(taker, field->list->fields,
				    (char *)items.first + i * field->list->size);
			break;
		case FIELD_PAIRS:
			items.count = take_count(taker, 2 * sizeof(uint32_t));
			items.first = take_pairs(taker, items.count);
			memcpy(at, &items, ITEMS_SIZE);
			break;
		case FIELD_NONE:
			break;
		}
	}
}

static int take_frame(
    void *out, enum frame_type want, struct span frame, struct arena *arena)
{
	struct taker taker = {.arena = arena};
	enum frame_type type = FRAME_TYPES;
	memset(out, 0, frames[want].size);
	if (frame_whole(frame, &type) != (int64_t)frame.len || type != want)
		return -1;
	if (frames[want].has_id)
		memcpy(
		    out, frame.ptr + FRAME_HEAD - sizeof(uint64_t), sizeof(uint64_t));
	taker.rest = span_from(frame, FRAME_HEAD);
	take_fields(&taker, frames[want].fields, out);
	return taker.bad || taker.rest.len != 0 ? -1 : 0;
}

int frame_get_settings(
    struct frame_settings *out, struct span frame, struct arena *arena)
{
	return take_frame(out, FRAME_SETTINGS, frame, arena);
}

int frame_get_secrets(
    struct frame_settings *out, struct span frame, struct arena *arena)
{
	return take_frame(out, FRAME_SECRETS, frame, arena);
}

int frame_get_ready(struct frame_manifest *out, struct span frame, struct arena *arena)
{
	int rc = take_frame(out, FRAME_READY, frame, arena);
	return out->version == FRAME_VERSION ? rc : -1;
}

int frame_get_event(struct frame_event *out, struct span frame, struct arena *arena)
{
	return take_frame(out, FRAME_EVENT, frame, arena);
}

int frame_get_job(struct frame_job_run *out, struct span frame, struct arena *arena)
{
	return take_frame(out, FRAME_JOB, frame, arena);
}

/* Whether a process may say that its run ended like this. */
static bool end_fits(const struct frame_result *result)
{
	switch ((enum frame_end)result->end) {
	case FRAME_END:
		return true;
	case FRAME_SNOOZED:
		return result->ok && result->snooze_ms >= 0 &&
		       result->snooze_ms <= FRAME_TIME_MAX;
	case FRAME_GIVEN_UP:
		return !result->ok;
	case FRAME_INTERRUPTED:
		break;
	}
	return false;
}

int frame_get_result(struct frame_result *out, struct span frame, struct arena *arena)
{
	int rc = take_frame(out, FRAME_RESULT, frame, arena);
	return end_fits(out) ? rc : -1;
}

int frame_get_log(struct frame_log *out, struct span frame, struct arena *arena)
{
	return take_frame(out, FRAME_LOG, frame, arena);
}

int frame_get_progress(struct frame_progress *out, struct span frame)
{
	return take_frame(out, FRAME_PROGRESS, frame, NULL);
}
