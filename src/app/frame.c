#include "app/frame.h"

#include <assert.h>
#include <string.h>

enum { FRAME_ABSENT = INT32_MAX, LENGTH_SIZE = 4 };

/* ---- writing ---- */

static void put_u32(struct buf *out, uint32_t value)
{
	buf_add(out, &value, sizeof(value));
}

static void put_i64(struct buf *out, int64_t value)
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
	put_u32(out, (uint32_t)text.len);
	buf_reserve(out, text.len + 1);
	if (text.len > 0)
		buf_add(out, text.ptr, text.len);
	buf_putc(out, '\0');
}

static void put_pairs(struct buf *out, const struct frame_pair *pairs, uint32_t count)
{
	put_u32(out, count);
	for (uint32_t i = 0; i < count; i++) {
		put_span(out, pairs[i].name);
		put_span(out, pairs[i].value);
	}
}

/* Where the frame begins, for end_frame. */
static size_t begin_frame(struct buf *out, enum frame_type type, uint64_t id)
{
	size_t start = out->len;
	put_u32(out, 0);
	put_u32(out, type);
	buf_add(out, &id, sizeof(id));
	return start;
}

static void end_frame(struct buf *out, size_t start)
{
	size_t len = out->len - start;
	uint32_t after = (uint32_t)(len - LENGTH_SIZE);
	memcpy(out->ptr + start, &after, sizeof(after));
}

void frame_put_ready(struct buf *out)
{
	end_frame(out, begin_frame(out, FRAME_READY, 0));
}

void frame_put_event(struct buf *out, const struct frame_event *event)
{
	size_t start = begin_frame(out, FRAME_EVENT, event->id);
	put_u32(out, event->route);
	put_u32(out, event->slot);
	put_i64(out, event->received_at_ms);
	put_span(out, event->kind);
	put_span(out, event->sid);
	put_span(out, event->account_sid);
	put_span(out, event->method);
	put_span(out, event->target);
	put_span(out, event->body);
	put_pairs(out, event->params, event->param_count);
	put_pairs(out, event->headers, event->header_count);
	put_pairs(out, event->path_params, event->path_param_count);
	put_i64(out, event->first_row);
	put_u32(out, event->row_count);
	end_frame(out, start);
}

static void put_write(struct buf *out, const struct frame_write *write)
{
	put_u32(out, write->op);
	put_span(out, write->collection);
	put_span(out, write->doc);
	put_span(out, write->key);
	put_span(out, write->filter);
	put_span(out, write->update);
	put_i64(out, write->expect);
	put_u32(out, write->id_count);
	if (write->id_count > 0)
		buf_add(out, write->ids, write->id_count * sizeof(*write->ids));
}

void frame_put_result(struct buf *out, const struct frame_result *result)
{
	size_t start = begin_frame(out, FRAME_RESULT, result->id);
	put_u32(out, result->ok);
	put_span(out, result->failure);
	put_u32(out, result->status);
	put_span(out, result->content_type);
	put_span(out, result->body);
	put_u32(out, result->write_count);
	for (uint32_t i = 0; i < result->write_count; i++)
		put_write(out, &result->writes[i]);
	end_frame(out, start);
}

void frame_put_log(struct buf *out, const struct frame_log *log)
{
	size_t start = begin_frame(out, FRAME_LOG, log->id);
	put_span(out, log->message);
	put_pairs(out, log->pairs, log->pair_count);
	end_frame(out, start);
}

void frame_put_table(struct buf *out, const struct frame_table *table)
{
	size_t start = begin_frame(out, FRAME_TABLE, 0);
	put_u32(out, table->route_count);
	for (uint32_t i = 0; i < table->route_count; i++) {
		const struct frame_route *route = &table->routes[i];
		put_u32(out, route->kind);
		put_span(out, route->path);
		put_span(out, route->fallback);
		put_span(out, route->methods);
		put_u32(out, route->deadline_s);
		put_u32(out, route->builtin);
	}
	put_pairs(out, table->collections, table->collection_count);
	end_frame(out, start);
}

/* ---- reading: every byte may be wrong ---- */

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

static const struct frame_pair *take_pairs(struct taker *taker, uint32_t *count)
{
	*count = take_count(taker, 2 * sizeof(uint32_t));
	struct frame_pair *pairs = arena_alloc(taker->arena, *count * sizeof(*pairs));
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
	memcpy(&number, bytes.ptr + LENGTH_SIZE, sizeof(number));
	if (after < FRAME_HEAD - LENGTH_SIZE || after > FRAME_MAX - LENGTH_SIZE ||
	    number < FRAME_READY || number >= FRAME_TYPES)
		return -1;
	*type = (enum frame_type)number;
	size_t whole = (size_t)after + LENGTH_SIZE;
	return bytes.len < whole ? 0 : (int64_t)whole;
}

int frame_get_event(struct frame_event *out, struct span frame, struct arena *arena)
{
	struct taker taker = {.arena = arena};
	*out = (struct frame_event){0};
	out->id = open_frame(&taker, frame, FRAME_EVENT);
	out->route = take_u32(&taker);
	out->slot = take_u32(&taker);
	out->received_at_ms = take_i64(&taker);
	out->kind = take_span(&taker);
	out->sid = take_span(&taker);
	out->account_sid = take_span(&taker);
	out->method = take_span(&taker);
	out->target = take_span(&taker);
	out->body = take_span(&taker);
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

int frame_get_result(struct frame_result *out, struct span frame, struct arena *arena)
{
	enum { WRITE_LEAST = 7 * sizeof(uint32_t) + sizeof(int64_t) };

	struct taker taker = {.arena = arena};
	*out = (struct frame_result){0};
	out->id = open_frame(&taker, frame, FRAME_RESULT);
	uint32_t ok = take_u32(&taker);
	taker.bad = taker.bad || ok > 1;
	out->ok = ok == 1;
	out->failure = take_span(&taker);
	out->status = take_u32(&taker);
	out->content_type = take_span(&taker);
	out->body = take_span(&taker);
	out->write_count = take_count(&taker, WRITE_LEAST);
	struct frame_write *writes =
	    arena_alloc(arena, out->write_count * sizeof(*writes));
	for (uint32_t i = 0; i < out->write_count; i++)
		take_write(&taker, &writes[i]);
	out->writes = writes;
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

static void take_route(struct taker *taker, struct frame_route *out)
{
	out->kind = take_u32(taker);
	out->path = take_span(taker);
	out->fallback = take_span(taker);
	out->methods = take_span(taker);
	out->deadline_s = take_u32(taker);
	out->builtin = take_u32(taker);
	taker->bad = taker->bad || out->path.ptr == NULL;
}

int frame_get_table(struct frame_table *out, struct span frame, struct arena *arena)
{
	struct taker taker = {.arena = arena};
	*out = (struct frame_table){0};
	(void)open_frame(&taker, frame, FRAME_TABLE);
	out->route_count = take_count(&taker, 6 * sizeof(uint32_t));
	struct frame_route *routes =
	    arena_alloc(arena, out->route_count * sizeof(*routes));
	for (uint32_t i = 0; i < out->route_count; i++)
		take_route(&taker, &routes[i]);
	out->routes = routes;
	out->collections = take_pairs(&taker, &out->collection_count);
	return close_frame(&taker);
}
