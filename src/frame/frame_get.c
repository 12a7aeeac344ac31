/* Every byte of a frame may be wrong. */
#include "frame/frame.h"

#include <string.h>

struct taker {
	struct span rest;
	struct arena *arena;
	bool bad;
};

static void take(struct taker *taker, void *out, size_t size)
{
	if (taker->rest.len < size) {
		taker->bad = true;
		memset(out, 0, size);
		return;
	}
	memcpy(out, taker->rest.ptr, size);
	taker->rest = span_from(taker->rest, size);
}

static uint32_t take_u32(struct taker *taker)
{
	uint32_t value;
	take(taker, &value, sizeof(value));
	return value;
}

static int64_t take_i64(struct taker *taker)
{
	int64_t value;
	take(taker, &value, sizeof(value));
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

/* A count of elements, each of which takes at least `least` bytes: a lie about it may
 * not cost memory. */
static uint32_t take_count(struct taker *taker, size_t least)
{
	uint32_t count = take_u32(taker);
	if (count > taker->rest.len / least)
		taker->bad = true;
	return taker->bad ? 0 : count;
}

static const struct pair *take_pairs(struct taker *taker, uint32_t *count)
{
	*count = take_count(taker, 2 * sizeof(uint32_t));
	struct pair *pairs = arena_alloc(taker->arena, *count * sizeof(*pairs));
	for (uint32_t i = 0; i < *count; i++) {
		pairs[i].name = take_span(taker);
		pairs[i].value = take_span(taker);
		if (pairs[i].name.ptr == NULL)
			taker->bad = true;
	}
	return pairs;
}

/* Fills taker with the fields of a whole frame of that type; gives its id. */
static uint64_t open_frame(struct taker *taker, struct span frame, enum frame_type want)
{
	enum frame_type type = FRAME_TYPES;
	uint64_t id = 0;
	if (frame_whole(frame, &type) != (int64_t)frame.len || type != want) {
		taker->bad = true;
		return 0;
	}
	memcpy(&id, frame.ptr + FRAME_HEAD - sizeof(id), sizeof(id));
	taker->rest = span_from(frame, FRAME_HEAD);
	return id;
}

static int close_frame(const struct taker *taker)
{
	return taker->bad || taker->rest.len != 0 ? -1 : 0;
}

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

int frame_get_event(struct frame_event *out, struct span frame, struct arena *arena)
{
	struct taker taker = {.arena = arena};
	*out = (struct frame_event){0};
	out->id = open_frame(&taker, frame, FRAME_EVENT);
	out->route = take_u32(&taker);
	out->try = take_u32(&taker);
	out->max_tries = take_u32(&taker);
	out->slot = take_u32(&taker);
	out->received_at_ms = take_i64(&taker);
	out->kind = take_span(&taker);
	out->sid = take_span(&taker);
	out->account_sid = take_span(&taker);
	out->method = take_span(&taker);
	out->target = take_span(&taker);
	out->body = take_span(&taker);
	out->base_url = take_span(&taker);
	out->params = take_pairs(&taker, &out->param_count);
	out->headers = take_pairs(&taker, &out->header_count);
	out->path_params = take_pairs(&taker, &out->path_param_count);
	out->first_row = take_i64(&taker);
	out->row_count = take_u32(&taker);
	return close_frame(&taker);
}

static void take_write(struct taker *taker, struct frame_write *out)
{
	out->op = take_u32(taker);
	out->collection = take_span(taker);
	out->doc = take_span(taker);
	out->key = take_span(taker);
	out->filter = take_span(taker);
	out->update = take_span(taker);
	out->expect = take_i64(taker);
	out->id_count = take_count(taker, sizeof(*out->ids));
	int64_t *ids = arena_alloc(taker->arena, out->id_count * sizeof(*ids));
	for (uint32_t i = 0; i < out->id_count; i++)
		ids[i] = take_i64(taker);
	out->ids = out->id_count > 0 ? ids : NULL;
}

static void take_writes(struct taker *taker, struct frame_result *out)
{
	enum { WRITE_LEAST = 7 * sizeof(uint32_t) + sizeof(int64_t) };

	out->write_count = take_count(taker, WRITE_LEAST);
	struct frame_write *writes =
	    arena_alloc(taker->arena, out->write_count * sizeof(*writes));
	for (uint32_t i = 0; i < out->write_count; i++)
		take_write(taker, &writes[i]);
	out->writes = writes;
}

static void take_job(struct taker *taker, struct frame_job *out)
{
	out->op = take_u32(taker);
	out->queue = take_span(taker);
	out->payload = take_span(taker);
	out->group = take_span(taker);
	out->unique = take_span(taker);
	out->priority = (int32_t)take_u32(taker);
	out->run_at_ms = take_i64(taker);
	out->unique_ms = take_i64(taker);
}

static void take_jobs(struct taker *taker, struct frame_result *out)
{
	enum { JOB_LEAST = 6 * sizeof(uint32_t) + 2 * sizeof(int64_t) };

	out->job_count = take_count(taker, JOB_LEAST);
	struct frame_job *jobs =
	    arena_alloc(taker->arena, out->job_count * sizeof(*jobs));
	for (uint32_t i = 0; i < out->job_count; i++)
		take_job(taker, &jobs[i]);
	out->jobs = jobs;
}

/* Whether a process may say that a try ended so. */
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
	struct taker taker = {.arena = arena};
	*out = (struct frame_result){0};
	out->id = open_frame(&taker, frame, FRAME_RESULT);
	uint32_t ok = take_u32(&taker);
	out->ok = ok == 1;
	out->end = take_u32(&taker);
	out->snooze_ms = take_i64(&taker);
	taker.bad = taker.bad || ok > 1 || !end_fits(out);
	out->failure = take_span(&taker);
	out->status = take_u32(&taker);
	out->content_type = take_span(&taker);
	out->body = take_span(&taker);
	take_writes(&taker, out);
	take_jobs(&taker, out);
	return close_frame(&taker);
}

int frame_get_log(struct frame_log *out, struct span frame, struct arena *arena)
{
	struct taker taker = {.arena = arena};
	*out = (struct frame_log){0};
	out->id = open_frame(&taker, frame, FRAME_LOG);
	out->message = take_span(&taker);
	taker.bad = taker.bad || out->message.ptr == NULL;
	out->pairs = take_pairs(&taker, &out->pair_count);
	return close_frame(&taker);
}

int frame_get_progress(struct frame_progress *out, struct span frame)
{
	struct taker taker = {0};
	out->id = open_frame(&taker, frame, FRAME_PROGRESS);
	out->text = take_span(&taker);
	taker.bad = taker.bad || out->text.ptr == NULL;
	return close_frame(&taker);
}

static void take_route(struct taker *taker, struct frame_route *out)
{
	out->kind = take_u32(taker);
	out->path = take_span(taker);
	out->fallback = take_span(taker);
	out->methods = take_span(taker);
	out->deadline_ms = take_u32(taker);
	out->builtin = take_u32(taker);
	taker->bad = taker->bad || out->path.ptr == NULL;
}

static void take_routes(struct taker *taker, struct frame_manifest *out)
{
	out->route_count = take_count(taker, 6 * sizeof(uint32_t));
	struct frame_route *routes =
	    arena_alloc(taker->arena, out->route_count * sizeof(*routes));
	for (uint32_t i = 0; i < out->route_count; i++)
		take_route(taker, &routes[i]);
	out->routes = routes;
}

static void take_worker(struct taker *taker, struct frame_worker *out)
{
	out->queue = take_span(taker);
	out->cron = take_span(taker);
	out->zone = take_span(taker);
	out->max_tries = take_u32(taker);
	out->concurrency = take_u32(taker);
	out->timeout_ms = take_i64(taker);
	out->floor_ms = take_i64(taker);
	out->base_ms = take_i64(taker);
	out->cap_ms = take_i64(taker);
	taker->bad = taker->bad || out->queue.ptr == NULL;
}

static void take_workers(struct taker *taker, struct frame_manifest *out)
{
	enum { WORKER_LEAST = 5 * sizeof(uint32_t) + 4 * sizeof(int64_t) };

	out->worker_count = take_count(taker, WORKER_LEAST);
	struct frame_worker *workers =
	    arena_alloc(taker->arena, out->worker_count * sizeof(*workers));
	for (uint32_t i = 0; i < out->worker_count; i++)
		take_worker(taker, &workers[i]);
	out->workers = workers;
}

int frame_get_manifest(
    struct frame_manifest *out, struct span frame, struct arena *arena)
{
	struct taker taker = {.arena = arena};
	*out = (struct frame_manifest){0};
	(void)open_frame(&taker, frame, FRAME_MANIFEST);
	take_routes(&taker, out);
	take_workers(&taker, out);
	out->collections = take_pairs(&taker, &out->collection_count);
	return close_frame(&taker);
}
