#include "handlers/manifest.h"

#include <stdlib.h>

#include "builtin/builtin.h"
#include "handlers/manifest_workers.h"
#include "offhook.h"
#include "twilio/template.h"
#include "util/mem.h"

enum { DEADLINE_MAX_S = 13, ROUTES_MAX = 10000 };

static const struct kind {
	enum event_kind kind;
	bool is_call; /* which TwiML it is answered with */
} kinds[] = {
    [OH_MESSAGE] = {EVENT_SMS_RECEIVED, false},
    [OH_MESSAGE_STATUS] = {EVENT_SMS_STATUS, false},
    [OH_CALL] = {EVENT_CALL_RECEIVED, true},
    [OH_CALL_ACTION] = {EVENT_CALL_ACTION, true},
    [OH_CALL_STATUS] = {EVENT_CALL_STATUS, true},
    [OH_RECORDING] = {EVENT_RECORDING_STATUS, true},
    [OH_TRANSCRIPTION] = {EVENT_TRANSCRIPTION, true},
    [OH_SIGNED] = {EVENT_OTHER, true},
    [OH_UNSIGNED] = {EVENT_OTHER, true},
};

static int check_methods(struct span methods, struct error *err)
{
	bool any = false;
	for (size_t i = 0; i < methods.len; i++) {
		char c = methods.ptr[i];
		any = any || c != ' ';
		if (c != ' ' && (c < 'A' || c > 'Z'))
			return error_set(err,
			    "the methods \"%.*s\" are not words in capitals separated "
			    "by blanks, as in \"GET POST\"",
			    SPAN_ARG(methods));
	}
	return any || methods.ptr == NULL ? 0 : error_set(err, "the methods are empty");
}

static int check(const struct frame_route *told, struct error *err)
{
	if (route_check(told->path, err) < 0 || check_methods(told->methods, err) < 0)
		return -1;
	if (told->kind >= sizeof(kinds) / sizeof(kinds[0]))
		return error_set(err, "its kind %u is none", told->kind);
	if (told->deadline_ms > DEADLINE_MAX_S * 1000)
		return error_set(err,
		    "a deadline of %g s is too long: Twilio gives up at 15 s, so at "
		    "most %d",
		    told->deadline_ms / 1000.0, DEADLINE_MAX_S);
	return 0;
}

/* "Allow: GET, PUT" */
static const char *allow_of(struct span methods, struct arena *arena)
{
	struct buf text = {0};
	if (methods.ptr == NULL)
		return NULL;
	for (struct span rest = span_trim(methods); rest.len > 0;
	     rest = span_trim(rest)) {
		struct span word = span_head(rest, span_find(rest, ' '));
		buf_printf(
		    &text, "%s%.*s", text.len == 0 ? "Allow: " : ", ", SPAN_ARG(word));
		rest = span_from(rest, word.len);
	}
	const char *copy = arena_strdup(arena, buf_text(&text));
	buf_free(&text);
	return copy;
}

/* The built-in app has no route for actions of its own kind: those of calls do. */
static void answer_in_server(struct route *route)
{
	enum event_kind kind =
	    route->kind == EVENT_CALL_ACTION ? EVENT_CALL_RECEIVED : route->kind;
	const struct route *builtin = builtin_routes;
	while (builtin->path != NULL && builtin->kind != kind)
		builtin++;
	route->handle = builtin->handle;
	route->fall_back = builtin->fall_back;
	route->ordered = false;
}

static int make(struct manifest *manifest, uint32_t index, const struct route *like,
    struct error *err)
{
	const struct frame_route *told = &manifest->frame.routes[index];
	struct route *route = &manifest->routes[index];
	struct template *fallback = NULL;
	if (check(told, err) < 0)
		return -1;
	*route = *like;
	route->path = told->path.ptr;
	route->kind = kinds[told->kind].kind;
	route->methods = told->methods.ptr;
	route->allow = allow_of(told->methods, manifest->arena);
	route->deadline_ms = told->deadline_ms;
	route->is_unsigned = told->kind == OH_UNSIGNED;
	route->manifest = manifest;
	route->index = index;
	if (told->builtin != 0)
		answer_in_server(route);
	if (told->fallback.ptr != NULL &&
	    template_parse(&fallback,
		kinds[told->kind].is_call ? TWIML_VOICE : TWIML_MESSAGING, "fallback",
		told->fallback, err) < 0)
		return -1;
	route->fallback = fallback;
	return 0;
}

/* Two of one path and method: the second would never run. */
static int check_twins(const struct manifest *manifest, struct error *err)
{
	const struct route *other;
	for (uint32_t i = 0; i < manifest->count; i++) {
		const struct route *route = &manifest->routes[i];
		struct span methods = span_of(route_methods(route));
		struct span first = span_head(methods, span_find(methods, ' '));
		const struct route *found =
		    route_find(manifest->routes, span_of(route->path), first, &other);
		if (found != route && found != NULL &&
		    strcmp(found->path, route->path) == 0)
			return error_set(err,
			    "two routes are for \"%s\": the second would never run",
			    route->path);
	}
	return 0;
}

int manifest_new(struct manifest **out, struct span frame, const struct route *like,
    struct error *err)
{
	struct manifest *manifest = mem_new(1, sizeof(*manifest));
	manifest->arena = arena_new();
	frame = arena_copy(manifest->arena, frame);
	if (frame_get_ready(&manifest->frame, frame, manifest->arena) < 0 ||
	    manifest->frame.route_count > ROUTES_MAX) {
		(void)error_set(
		    err, "what the app tells of its routes and workers makes no sense");
		goto failed;
	}
	manifest->count = manifest->frame.route_count;
	manifest->routes = arena_zalloc(
	    manifest->arena, (manifest->count + 1) * sizeof(*manifest->routes));
	for (uint32_t i = 0; i < manifest->count; i++) {
		if (make(manifest, i, like, err) < 0) {
			(void)error_wrap(err, "route %u, \"%s\"", i + 1,
			    manifest->frame.routes[i].path.ptr);
			goto failed;
		}
	}
	manifest->workers = worker_table(&manifest->frame, manifest->arena, err);
	if (manifest->workers == NULL || check_twins(manifest, err) < 0)
		goto failed;
	*out = manifest;
	return 0;
failed:
	manifest_free(manifest);
	return -1;
}

void manifest_free(struct manifest *manifest)
{
	if (manifest == NULL)
		return;
	for (uint32_t i = 0; manifest->routes != NULL && i < manifest->count; i++)
		template_free(
		    (struct template *)(uintptr_t)manifest->routes[i].fallback);
	arena_free(manifest->arena);
	free(manifest);
}

const struct route *manifest_like(
    const struct manifest *manifest, const struct route *route)
{
	for (uint32_t i = 0; i < manifest->count; i++)
		if (manifest->routes[i].kind == route->kind &&
		    strcmp(manifest->routes[i].path, route->path) == 0)
			return &manifest->routes[i];
	return NULL;
}
