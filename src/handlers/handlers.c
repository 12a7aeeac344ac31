#include "handlers/handlers.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "handlers/handler_run.h"
#include "pool/pool.h"
#include "twilio/template.h"
#include "util/mem.h"
#include "webhook/origin.h"
#include "webhook/webhook.h"

/* Sanitizers reserve terabytes of address space. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { UNDER_SANITIZER = 1 };
#else
enum { UNDER_SANITIZER = 0 };
#endif

struct handlers {
	struct service *service;
	struct pool *pool;
	struct manifest
	    *manifests; /* the present one first; webhooks may hold older ones */
};

/* ---- there ---- */

static const struct pair *pack_params(const struct params *params, struct arena *arena)
{
	struct pair *pairs = arena_alloc(arena, params->count * sizeof(*pairs));
	for (size_t i = 0; i < params->count; i++)
		pairs[i] = (struct pair){params->items[i].name, params->items[i].value};
	return pairs;
}

static const struct pair *pack_headers(
    const struct request *request, struct arena *arena)
{
	struct pair *pairs = arena_alloc(arena, request->header_count * sizeof(*pairs));
	for (size_t i = 0; i < request->header_count; i++)
		pairs[i] =
		    (struct pair){request->headers[i].name, request->headers[i].value};
	return pairs;
}

/* The request's own spans are in the webhook's arena: they outlive the request. */
static void pack(struct frame_event *event, const struct webhook *webhook)
{
	const struct request *request = webhook->request;
	struct arena *arena = webhook->arena;
	*event = (struct frame_event){
	    .route = webhook->route->index,
	    .received_at_ms = webhook->received_at_ms,
	    .kind = span_of(event_kind_name(webhook->event.kind)),
	    .sid = webhook->event.sid.ptr != NULL ? webhook->event.sid : SPAN(""),
	    .account_sid = params_get(&webhook->params, "AccountSid"),
	    .method = request->method_name,
	    .target = request->target,
	    .body = request->body,
	    .base_url = origin_base_url(webhook->lane->service->config, request, arena),
	    .params = pack_params(&webhook->params, arena),
	    .param_count = (uint32_t)webhook->params.count,
	    .headers = pack_headers(request, arena),
	    .header_count = (uint32_t)request->header_count,
	};
	event->path_params = route_params(
	    webhook->route, request->path, arena, &event->path_param_count);
}

static void fail(struct webhook *webhook, const char *why)
{
	(void)error_set(&webhook->failure, "%s", why);
	webhook_handled(webhook, HANDLED_FAILED);
}

/* ---- back ---- */

static void release(struct webhook *webhook)
{
	handler_run_clear(webhook->run);
}

/* On the webhook's loop. A late one has been answered: only its writes may still
 * count, and nothing else of the webhook may be touched, as the store may be reading
 * it. */
static void came_back(struct loop_task *task)
{
	struct handler_run *run =
	    (struct handler_run *)((char *)task - offsetof(struct handler_run, task));
	struct webhook *webhook = run->webhook;
	struct error err;
	if (handler_run_take(run, &err) < 0) {
		if (webhook->state != EVENT_LATE)
			webhook->failure = err;
		webhook_handled(webhook, HANDLED_FAILED);
		return;
	}
	webhook->writes = run->taken.writes;
	webhook->jobs = run->taken.jobs;
	if (webhook->state != EVENT_LATE)
		webhook->reply = run->reply;
	webhook_handled(webhook, HANDLED_OK);
}

/* On a thread of the pool's. */
static void done(
    struct pool_run *pool_run, const struct frame_result *result, struct arena *arena)
{
	struct handler_run *run =
	    (struct handler_run *)((char *)pool_run -
				   offsetof(struct handler_run, pool_run));
	run->result = result;
	run->arena = arena;
	loop_post(run->webhook->loop, &run->task);
}

/* ---- the route's two functions ---- */

static void handle(struct webhook *webhook)
{
	struct service *service = webhook->lane->service;
	if (webhook->route->kind == EVENT_SMS_RECEIVED &&
	    webhook->event.kind == EVENT_SMS_STATUS) {
		webhook_reply_empty(webhook); /* never reaches the message handler */
		webhook_handled(webhook, HANDLED_OK);
		return;
	}
	if (webhook->request->body.len > FRAME_MAX / 4) {
		fail(webhook, "the webhook is too large for a handler");
		return;
	}
	if (webhook->run == NULL) {
		webhook->run = arena_zalloc(webhook->arena, sizeof(*webhook->run));
		webhook->run->webhook = webhook;
		webhook->run->task.run = came_back;
		webhook->run->pool_run.done = done;
		webhook->run->pool_run.place = webhook->route->path;
		webhook->run->pool_run.target = webhook->route;
		webhook->release = release;
		pack(&webhook->run->pool_run.event, webhook);
	}
	struct handler_run *run = webhook->run;
	handler_run_clear(run);
	run->pool_run.run.first_row = store_reserve(service->store, FRAME_ROWS);
	run->pool_run.run.row_count = FRAME_ROWS;
	pool_submit(service->handlers->pool, &run->pool_run);
	lane_hand_over(webhook->lane, webhook->loop);
}

static void fall_back_text(struct webhook *webhook, const char *text)
{
	buf_clear(&webhook->out);
	buf_puts(&webhook->out, text);
	webhook_reply_twiml(webhook);
}

static void fall_back_as_usual(struct webhook *webhook)
{
	switch (webhook->event.kind) {
	case EVENT_SMS_RECEIVED:
		fall_back_text(
		    webhook, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>");
		break;
	case EVENT_CALL_RECEIVED:
	case EVENT_CALL_ACTION:
		fall_back_text(webhook,
		    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Say>We are "
		    "sorry, something went wrong. Please call again later.</Say>"
		    "</Response>");
		break;
	case EVENT_SMS_STATUS:
	case EVENT_CALL_STATUS:
	case EVENT_RECORDING_STATUS:
	case EVENT_TRANSCRIPTION:
		webhook_reply_empty(webhook);
		break;
	case EVENT_JSON:
	case EVENT_OTHER:
	case EVENT_KINDS:
		webhook->reply = (struct reply){.status = 500,
		    .content_type = "text/plain; charset=utf-8",
		    .body = SPAN("the handler failed\n")};
		break;
	}
}

static void fall_back(struct webhook *webhook)
{
	struct error err;
	buf_clear(&webhook->out);
	if (webhook->route->fallback != NULL &&
	    template_render(
		webhook->route->fallback, &webhook->params, &webhook->out, &err) == 0)
		webhook_reply_twiml(webhook);
	else
		fall_back_as_usual(webhook);
}

/* ---- the app's processes ---- */

static const struct route user_route = {
    .handle = handle, .fall_back = fall_back, .ordered = true};

static int declare(
    struct store *store, const struct frame_manifest *frame, struct error *err)
{
	for (uint32_t i = 0; i < frame->collection_count; i++) {
		const struct pair *pair = &frame->collections[i];
		if (pair->value.ptr != NULL &&
		    store_declare(store, pair->name.ptr, pair->value.ptr, err) < 0)
			return -1;
	}
	return 0;
}

static int introduced(void *ctx, struct span frame, struct error *err)
{
	struct handlers *handlers = ctx;
	struct manifest *manifest;
	if (manifest_new(&manifest, frame, &user_route, err) < 0)
		return -1;
	if (declare(handlers->service->store, &manifest->frame, err) < 0) {
		manifest_free(manifest);
		return -1;
	}
	manifest->next = handlers->manifests;
	handlers->manifests = manifest;
	atomic_store(&handlers->service->routes, manifest->routes);
	return 0;
}

/* A webhook that came before a swap and is given out after it has the old table's
 * route. */
static bool address(void *ctx, struct pool_run *pool_run)
{
	const struct handlers *handlers = ctx;
	const struct route *route = pool_run->target;
	if (route->manifest != handlers->manifests)
		route = manifest_like(handlers->manifests, route);
	if (route != NULL)
		pool_run->event.route = route->index;
	return route != NULL;
}

struct pool_config handlers_config(
    const struct config *config, const char *program, char *const *words)
{
	return (struct pool_config){
	    .program = program,
	    .argv = words,
	    .data = config->data,
	    .processes = (int)config->handlers,
	    .max_processes = (int)config->max_handlers,
	    .hang_ms = config->handler_timeout_ms,
	    .memory_bytes = UNDER_SANITIZER ? 0 : config->handler_memory,
	};
}

static struct pool_config pool_config(
    struct handlers *handlers, const char *program, char *const *words)
{
	struct pool_config out =
	    handlers_config(handlers->service->config, program, words);
	out.introduced = introduced;
	out.address = address;
	out.ctx = handlers;
	return out;
}

int handlers_open(struct handlers **out, struct service *service, struct error *err)
{
	struct handlers *handlers = mem_new(1, sizeof(*handlers));
	char handler[] = "handler";
	char *const words[] = {program_invocation_name, handler, NULL};
	handlers->service = service;
	struct pool_config config = pool_config(handlers, PROGRAM_SELF, words);
	service->handlers = handlers;
	service->flush = handlers_flush;
	if (pool_open(&handlers->pool, &config, err) < 0) {
		service->handlers = NULL;
		service->flush = NULL;
		handlers_free(handlers);
		return -1;
	}
	*out = handlers;
	return 0;
}

int handlers_swap(struct handlers *handlers, const char *program, struct error *err)
{
	char *name = mem_strdup(program);
	char handler[] = "handler";
	char *const words[] = {name, handler, NULL};
	struct pool_config config = pool_config(handlers, program, words);
	int rc = pool_swap(handlers->pool, &config, err);
	free(name);
	return rc;
}

const struct manifest *handlers_manifest(const struct handlers *handlers)
{
	return handlers->manifests;
}

void handlers_submit(
    struct handlers *handlers, struct pool_run *run, const struct route *route)
{
	run->place = route->path;
	run->target = route;
	pool_submit(handlers->pool, run);
}

void handlers_flush(struct handlers *handlers)
{
	pool_flush(handlers->pool);
}

int handlers_pids(struct handlers *handlers, int *out, int max)
{
	return pool_pids(handlers->pool, out, max);
}

void handlers_close(struct handlers *handlers)
{
	if (handlers == NULL)
		return;
	pool_close(handlers->pool);
	handlers->pool = NULL;
}

void handlers_free(struct handlers *handlers)
{
	if (handlers == NULL)
		return;
	while (handlers->manifests != NULL) {
		struct manifest *manifest = handlers->manifests;
		handlers->manifests = manifest->next;
		manifest_free(manifest);
	}
	free(handlers);
}
