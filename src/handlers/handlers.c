#include "handlers/handlers.h"

#include <stdlib.h>

#include "handlers/app_secrets.h"
#include "handlers/handler_run.h"
#include "handlers/program_pool.h"
#include "twilio/template.h"
#include "util/container.h"
#include "util/log.h"
#include "util/mem.h"
#include "webhook/origin.h"
#include "webhook/webhook.h"

struct handlers {
	struct service *service;
	struct program_pool programs;
};

/* ---- to the process ---- */

void handlers_pack(struct frame_event *event, const struct webhook *webhook)
{
	const struct request *request = webhook->request;
	*event = (struct frame_event){
	    .received_at_ms = webhook->received_at_ms,
	    .kind = span_of(webhook->event.name),
	    .sid = webhook->event.sid.ptr != NULL ? webhook->event.sid : SPAN(""),
	    .account_sid = webhook->account,
	    .method = request->method_name,
	    .target = request->target,
	    .body = request->body,
	    .base_url = origin_base_url(
		webhook->lane->service->config, request, webhook->arena),
	    .params = webhook->params.items,
	    .param_count = (uint32_t)webhook->params.count,
	    .headers = request->headers,
	    .header_count = (uint32_t)request->header_count,
	    .run = event->run,
	};
	event->path_params = route_params(
	    webhook->route, request->path, webhook->arena, &event->path_param_count);
}

/* ---- from the process ---- */

static void handlers_release(struct webhook *webhook)
{
	handler_run_clear(webhook->run);
}

/* On the webhook's loop. A late webhook has been answered, and the store may be reading
 * its fields: only its writes and jobs may be changed. */
static void handlers_came_back(struct loop_task *task)
{
	struct handler_run *run = container_of(task, struct handler_run, task);
	struct webhook *webhook = run->webhook;
	struct error err;
	if (handler_run_take(run, &err) < 0) {
		if (webhook->state != EVENT_LATE)
			webhook_fail(webhook, err.text);
		webhook_handled(webhook, HANDLED_FAILED);
		return;
	}
	webhook->writes = run->taken.writes;
	webhook->jobs = run->taken.jobs;
	if (webhook->state != EVENT_LATE)
		webhook->reply = run->reply;
	webhook_handled(webhook, HANDLED_OK);
}

/* On a thread of the pool. */
static void handlers_done(
    struct pool_run *pool_run, const struct frame_result *result, struct arena *arena)
{
	struct handler_run *run = container_of(pool_run, struct handler_run, pool_run);
	run->result = result;
	run->arena = arena;
	loop_post(run->webhook->loop, &run->task);
}

/* ---- the route's function ---- */

/* A status that came to a route for messages or calls: its handler would answer it with
 * TwiML. */
static bool handlers_passes_over(const struct webhook *webhook)
{
	enum event_kind route = webhook->route->kind, kind = webhook->event.kind;
	return (route == EVENT_SMS_RECEIVED || route == EVENT_CALL_RECEIVED ||
		   route == EVENT_CALL_ACTION) &&
	       (kind == EVENT_SMS_STATUS || kind == EVENT_CALL_STATUS);
}

static void handlers_handle(struct webhook *webhook)
{
	struct service *service = webhook->lane->service;
	if (handlers_passes_over(webhook)) {
		webhook_reply_empty(webhook);
		webhook_handled(webhook, HANDLED_OK);
		return;
	}
	if (webhook->request->body.len > FRAME_MAX / 4) {
		webhook_fail(webhook, "the webhook is too large for a handler");
		webhook_handled(webhook, HANDLED_FAILED);
		return;
	}
	struct handler_run *run = webhook->run;
	if (run == NULL) {
		run = arena_zalloc(webhook->arena, sizeof(*run));
		run->webhook = webhook;
		run->task.run = handlers_came_back;
		run->pool_run.done = handlers_done;
		run->pool_run.request = webhook->number;
		handlers_pack(&run->pool_run.event, webhook);
		webhook->run = run;
		webhook->release = handlers_release;
	}
	handler_run_clear(run);
	run->pool_run.run.first_row = store_reserve(service->store, FRAME_ROWS);
	run->pool_run.run.row_count = FRAME_ROWS;
	handlers_submit(service->handlers, &run->pool_run, webhook->route);
	lane_hand_over(webhook->lane, webhook->loop);
}

/* ---- the app's processes ---- */

static const struct route user_route = {.handle = handlers_handle, .ordered = true};

static int handlers_accept(
    struct program_pool *programs, const struct manifest *manifest, struct error *err)
{
	struct service *service =
	    container_of(programs, struct handlers, programs)->service;
	const struct frame_manifest *frame = &manifest->frame;
	for (uint32_t i = 0; i < frame->collection_count; i++) {
		const struct pair *pair = &frame->collections[i];
		if (pair->value.ptr != NULL &&
		    store_declare(
			service->store, pair->name.ptr, pair->value.ptr, err) < 0)
			return -1;
	}
	for (const struct route *route = manifest->routes; route->path != NULL;
	     route++) {
		if (route->fallback != NULL)
			template_log_warnings(route->fallback);
		if (route->replaces_builtin)
			log_write(LOG_INFO,
			    "a route of the app's own replaces the built-in one",
			    "path", route->path, "methods", route_methods(route), NULL);
	}
	app_secrets_tell_missing(frame, service->config->secrets);
	atomic_store(&service->routes, manifest->routes);
	return 0;
}

/* A webhook that came before a swap and is sent to a process after it has a route of the
 * old manifest. */
static bool handlers_address(void *ctx, struct pool_run *pool_run)
{
	const struct program_pool *programs = ctx;
	const struct route *route = pool_run->target;
	if (route->manifest != programs->manifests)
		route = manifest_like(programs->manifests, route);
	if (route != NULL)
		pool_run->event.route = route->index;
	return route != NULL;
}

int handlers_open(struct handlers **out, struct service *service, struct error *err)
{
	const struct config *config = service->config;
	struct handlers *handlers = mem_new(1, sizeof(*handlers));
	handlers->service = service;
	handlers->programs = (struct program_pool){
	    .service = service,
	    .like = &user_route,
	    .accept = handlers_accept,
	    .base = {.processes = (int)config->handlers,
		.max_processes = (int)config->max_handlers,
		.address = handlers_address},
	};
	service->handlers = handlers;
	service->flush = handlers_flush;
	if (handlers_swap(handlers, PROGRAM_SELF, err) < 0) {
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
	return program_pool_start(&handlers->programs, program, err);
}

const struct manifest *handlers_manifest(const struct handlers *handlers)
{
	return handlers->programs.manifests;
}

void handlers_submit(
    struct handlers *handlers, struct pool_run *run, const struct route *route)
{
	run->place = route->path;
	run->target = route;
	pool_submit(handlers->programs.pool, run);
}

void handlers_flush(struct handlers *handlers)
{
	program_pool_flush(&handlers->programs);
}

int handlers_pids(struct handlers *handlers, int *out, int max)
{
	return program_pool_pids(&handlers->programs, out, max);
}

void handlers_close(struct handlers *handlers)
{
	if (handlers != NULL)
		program_pool_close(&handlers->programs);
}

void handlers_free(struct handlers *handlers)
{
	if (handlers == NULL)
		return;
	program_pool_clear(&handlers->programs);
	free(handlers);
}
