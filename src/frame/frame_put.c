#include "frame/frame.h"

#include <assert.h>
#include <string.h>

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

static void put_pairs(struct buf *out, const struct pair *pairs, uint32_t count)
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
	uint32_t after = (uint32_t)(len - FRAME_LENGTH);
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
	put_u32(out, event->try);
	put_u32(out, event->max_tries);
	put_u32(out, event->slot);
	put_i64(out, event->received_at_ms);
	put_span(out, event->kind);
	put_span(out, event->sid);
	put_span(out, event->account_sid);
	put_span(out, event->method);
	put_span(out, event->target);
	put_span(out, event->body);
	put_span(out, event->base_url);
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

static void put_job(struct buf *out, const struct frame_job *job)
{
	put_u32(out, job->op);
	put_span(out, job->queue);
	put_span(out, job->payload);
	put_span(out, job->group);
	put_span(out, job->unique);
	put_u32(out, (uint32_t)job->priority);
	put_i64(out, job->run_at_ms);
	put_i64(out, job->unique_ms);
}

void frame_put_result(struct buf *out, const struct frame_result *result)
{
	size_t start = begin_frame(out, FRAME_RESULT, result->id);
	put_u32(out, result->ok);
	put_u32(out, result->end);
	put_i64(out, result->snooze_ms);
	put_span(out, result->failure);
	put_u32(out, result->status);
	put_span(out, result->content_type);
	put_span(out, result->body);
	put_u32(out, result->write_count);
	for (uint32_t i = 0; i < result->write_count; i++)
		put_write(out, &result->writes[i]);
	put_u32(out, result->job_count);
	for (uint32_t i = 0; i < result->job_count; i++)
		put_job(out, &result->jobs[i]);
	end_frame(out, start);
}

void frame_put_log(struct buf *out, const struct frame_log *log)
{
	size_t start = begin_frame(out, FRAME_LOG, log->id);
	put_span(out, log->message);
	put_pairs(out, log->pairs, log->pair_count);
	end_frame(out, start);
}

void frame_put_progress(struct buf *out, const struct frame_progress *progress)
{
	size_t start = begin_frame(out, FRAME_PROGRESS, progress->id);
	put_span(out, progress->text);
	end_frame(out, start);
}

void frame_put_bell(struct buf *out)
{
	end_frame(out, begin_frame(out, FRAME_BELL, 0));
}

static void put_route(struct buf *out, const struct frame_route *route)
{
	put_u32(out, route->kind);
	put_span(out, route->path);
	put_span(out, route->fallback);
	put_span(out, route->methods);
	put_u32(out, route->deadline_ms);
	put_u32(out, route->builtin);
}

static void put_worker(struct buf *out, const struct frame_worker *worker)
{
	put_span(out, worker->queue);
	put_span(out, worker->cron);
	put_span(out, worker->zone);
	put_u32(out, worker->max_tries);
	put_u32(out, worker->concurrency);
	put_i64(out, worker->timeout_ms);
	put_i64(out, worker->floor_ms);
	put_i64(out, worker->base_ms);
	put_i64(out, worker->cap_ms);
}

void frame_put_manifest(struct buf *out, const struct frame_manifest *manifest)
{
	size_t start = begin_frame(out, FRAME_MANIFEST, 0);
	put_u32(out, manifest->route_count);
	for (uint32_t i = 0; i < manifest->route_count; i++)
		put_route(out, &manifest->routes[i]);
	put_u32(out, manifest->worker_count);
	for (uint32_t i = 0; i < manifest->worker_count; i++)
		put_worker(out, &manifest->workers[i]);
	put_pairs(out, manifest->collections, manifest->collection_count);
	end_frame(out, start);
}
