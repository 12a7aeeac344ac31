#include "workers/replay.h"

#include <jansson.h>

#include "handlers/manifest.h"
#include "twilio/event.h"
#include "twilio/params.h"
#include "util/buf.h"

static struct span copy(struct span bytes, struct arena *arena)
{
	return bytes.ptr == NULL ? bytes : arena_copy(arena, bytes);
}

void replay_take(
    struct replay *out, const struct store_event *event, struct arena *arena)
{
	*out = (struct replay){.event = {.id = event->id}, .state = event->state};
	out->event.received_at_ms = event->received_at_ms;
	out->event.kind = arena_strdup(arena, event->kind);
	out->event.sid = copy(event->sid, arena);
	out->event.route = copy(event->route, arena);
	out->event.query = copy(event->query, arena);
	out->event.params = copy(event->params, arena);
	out->event.raw = copy(event->raw, arena);
	out->event.request = copy(event->request, arena);
	out->failed = event->failure.ptr != NULL;
}

/* ---- the route ---- */

static bool is_users(const struct route *route)
{
	return route->manifest != NULL &&
	       route->manifest->frame.routes[route->index].builtin == 0;
}

/* A path may have several routes, for different methods: the one for events of that
 * kind comes first. */
static int find_route(
    struct replay *replay, const struct route *routes, struct error *err)
{
	enum event_kind kind = event_kind_find(span_of(replay->event.kind));
	const struct route *found = NULL;
	for (const struct route *route = routes; route->path != NULL; route++)
		if (span_is(replay->event.route, route->path) &&
		    (found == NULL || (route->kind == kind && found->kind != kind)))
			found = route;
	if (found == NULL)
		return error_set(err,
		    "the app has no route \"%.*s\" any more to handle it",
		    SPAN_ARG(replay->event.route));
	if (!is_users(found))
		return error_set(err,
		    "the route \"%s\" is the built-in app's, whose events cannot be "
		    "handled again",
		    found->path);
	replay->route = found;
	return 0;
}

/* ---- the request ---- */

/* Absent when it is no text. */
static struct span text_of(const json_t *value, struct arena *arena)
{
	struct span text = {json_string_value(value), json_string_length(value)};
	return copy(text, arena);
}

static void add_param(
    struct params *params, struct span name, const json_t *value, struct arena *arena)
{
	struct span text = text_of(value, arena);
	if (text.ptr != NULL && params->count < PARAMS_MAX)
		params->items[params->count++] = (struct pair){name, text};
}

static void read_params(struct params *out, struct span text, struct arena *arena)
{
	json_t *json = json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, NULL);
	const char *name;
	json_t *value;
	*out = (struct params){arena_alloc(arena, PARAMS_MAX * sizeof(*out->items)), 0};
	json_object_foreach(json, name, value) {
		struct span copied = arena_copy(arena, span_of(name));
		if (!json_is_array(value))
			add_param(out, copied, value, arena);
		for (size_t i = 0; i < json_array_size(value); i++)
			add_param(out, copied, json_array_get(value, i), arena);
	}
	json_decref(json);
}

/* Of an event that has no request: by POST, as webhooks come unless told otherwise,
 * where the route takes that. */
static struct span usual_method(const struct route *route)
{
	struct span methods = span_of(route_methods(route));
	for (struct span rest = methods; rest.len > 0; rest = span_trim(rest)) {
		struct span word = span_head(rest, span_find(rest, ' '));
		if (span_is(word, "POST"))
			return word;
		rest = span_from(rest, word.len);
	}
	return span_head(methods, span_find(methods, ' '));
}

static void read_headers(
    struct frame_event *out, const json_t *list, struct arena *arena)
{
	size_t count = json_array_size(list);
	struct pair *pairs = arena_alloc(arena, count * sizeof(*pairs));
	for (size_t i = 0; i < count; i++) {
		const json_t *header = json_array_get(list, i);
		pairs[i] = (struct pair){text_of(json_array_get(header, 0), arena),
		    text_of(json_array_get(header, 1), arena)};
	}
	out->headers = pairs;
	out->header_count = (uint32_t)count;
}

static void read_request(struct frame_event *out, struct span text, struct arena *arena)
{
	json_t *request = json_loadb(text.ptr, text.len, 0, NULL);
	out->method = text_of(json_object_get(request, "method"), arena);
	read_headers(out, json_object_get(request, "headers"), arena);
	json_decref(request);
}

/* Whether it came by TLS was not kept, but most do. */
static struct span host_url(const struct frame_event *event, struct arena *arena)
{
	for (uint32_t i = 0; i < event->header_count; i++)
		if (span_ieq(event->headers[i].name, SPAN("Host")))
			return span_of(arena_printf(
			    arena, "https://%.*s", SPAN_ARG(event->headers[i].value)));
	return (struct span){0};
}

static struct span form_of(const struct params *params, struct arena *arena)
{
	struct buf form = {0};
	params_encode(&form, params);
	struct span copied = arena_copy(arena, buf_span(&form));
	buf_free(&form);
	return copied;
}

/* Where the route is a pattern the query is all of the target (webhook/record.c). */
static struct span target_of(
    const struct store_event *event, const struct route *route, struct arena *arena)
{
	if (event->query.ptr == NULL)
		return event->route;
	if (route_is_pattern(route))
		return event->query;
	return span_of(arena_printf(
	    arena, "%.*s?%.*s", SPAN_ARG(event->route), SPAN_ARG(event->query)));
}

static void pack_params(
    struct frame_event *out, const struct params *params, struct arena *arena)
{
	struct pair *pairs = arena_alloc(arena, params->count * sizeof(*pairs));
	for (size_t i = 0; i < params->count; i++)
		pairs[i] = (struct pair){params->items[i].name, params->items[i].value};
	out->params = pairs;
	out->param_count = (uint32_t)params->count;
}

static struct span conversation_of(const struct replay *replay,
    const struct frame_event *packed, const struct params *params, struct arena *arena)
{
	struct event event;
	struct event_source source = {.route_kind = replay->route->kind,
	    .method = packed->method,
	    .target = packed->target,
	    .params = params,
	    .body = packed->body};
	if (!replay->route->ordered || replay->route->is_unsigned)
		return (struct span){0};
	event_read(&event, &source, arena);
	return event.conversation;
}

int replay_pack(struct replay *replay, struct frame_event *out,
    const struct route *routes, struct arena *arena, struct error *err)
{
	const struct store_event *event = &replay->event;
	struct params params;
	if (find_route(replay, routes, err) < 0)
		return -1;
	read_params(&params, event->params, arena);
	out->received_at_ms = event->received_at_ms;
	out->kind = span_of(event->kind);
	out->sid = event->sid.ptr != NULL ? event->sid : SPAN("");
	out->account_sid = params_get(&params, "AccountSid");
	read_request(out, event->request, arena);
	if (out->method.ptr == NULL)
		out->method = usual_method(replay->route);
	if (out->base_url.ptr == NULL)
		out->base_url = host_url(out, arena);
	out->target = target_of(event, replay->route, arena);
	out->path_params = route_params(replay->route,
	    span_head(out->target, span_find(out->target, '?')), arena,
	    &out->path_param_count);
	out->body = event->raw.ptr != NULL ? event->raw : form_of(&params, arena);
	pack_params(out, &params, arena);
	replay->conversation = conversation_of(replay, out, &params, arena);
	return 0;
}
