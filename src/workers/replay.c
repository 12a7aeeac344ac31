#include "workers/replay.h"

#include <inttypes.h>
#include <jansson.h>

#include "handlers/manifest.h"
#include "webhook/intake.h"

/* Absent when it is no string. */
static struct span replay_text(const json_t *value, struct arena *arena)
{
	struct span text = {json_string_value(value), json_string_length(value)};
	return text.ptr == NULL ? text : arena_copy(arena, text);
}

static int replay_read_request(struct request *out, const struct store_event *event,
    struct arena *arena, struct error *err)
{
	json_t *json = json_loadb(event->request.ptr, event->request.len, 0, NULL);
	const json_t *headers = json_object_get(json, "headers");
	*out = (struct request){.arena = arena};
	out->method_name = replay_text(json_object_get(json, "method"), arena);
	out->method = span_is(out->method_name, "GET")    ? METHOD_GET
		      : span_is(out->method_name, "POST") ? METHOD_POST
							  : METHOD_OTHER;
	out->target = replay_text(json_object_get(json, "target"), arena);
	out->header_count = json_array_size(headers);
	out->headers = arena_alloc(arena, out->header_count * sizeof(*out->headers));
	for (size_t i = 0; i < out->header_count; i++) {
		const json_t *header = json_array_get(headers, i);
		out->headers[i].name = replay_text(json_array_get(header, 0), arena);
		out->headers[i].value = replay_text(json_array_get(header, 1), arena);
	}
	json_decref(json);
	if (out->target.ptr == NULL)
		return error_set(err,
		    "event %" PRId64 " was stored by an older version, which did not "
		    "keep the whole request: it cannot be handled again",
		    event->id);
	size_t path_len = span_find(out->target, '?');
	out->path = span_head(out->target, path_len);
	if (path_len < out->target.len)
		out->query = span_from(out->target, path_len + 1);
	out->body = event->raw.ptr != NULL ? arena_copy(arena, event->raw) : SPAN("");
	return 0;
}

static int replay_find_route(struct replay *replay, struct error *err)
{
	const struct request *request = &replay->request;
	const struct route *other;
	const struct route *route =
	    route_find(atomic_load(&replay->lane.service->routes), request->path,
		request->method_name, &other);
	if (route == NULL)
		return error_set(err,
		    "the app has no route for %.*s \"%.*s\" any more to handle it",
		    SPAN_ARG(request->method_name), SPAN_ARG(request->path));
	if (route->manifest == NULL ||
	    route->manifest->frame.routes[route->index].builtin != 0)
		return error_set(err,
		    "the route \"%s\" is the built-in app's, whose events cannot be "
		    "handled again",
		    route->path);
	replay->webhook.route = route;
	return 0;
}

int replay_open(struct replay *out, const struct store_event *event,
    struct service *service, struct arena *arena, struct error *err)
{
	struct webhook *webhook = &out->webhook;
	*out = (struct replay){.lane = {.service = service}};
	webhook->lane = &out->lane;
	webhook->request = &out->request;
	webhook->arena = arena;
	webhook->received_at_ms = event->received_at_ms;
	if (replay_read_request(&out->request, event, arena, err) < 0 ||
	    replay_find_route(out, err) < 0)
		return -1;
	if (intake_decode(webhook) != WEBHOOK_VERIFY)
		return error_set(err,
		    "the route \"%s\" does not take it any more: %.*s",
		    webhook->route->path, SPAN_ARG(webhook->reply.body));
	(void)intake_name(webhook);
	return 0;
}
