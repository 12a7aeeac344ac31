#include "handlers/manifest.h"

#include <stdlib.h>

#include "builtin/builtin.h"
#include "handlers/manifest_workers.h"
#include "offhook.h"
#include "twilio/template.h"
#include "util/mem.h"
#include "webhook/unsigned.h"

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

static int manifest_check_methods(struct span methods, struct error *err)
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

static int manifest_check_route(const struct frame_route *from, struct error *err)
{
	if (route_check(from->path, err) < 0 ||
	    manifest_check_methods(from->methods, err) < 0)
		return -1;
	if (from->kind >= sizeof(kinds) / sizeof(kinds[0]))
		return error_set(err, "its kind %u is none", from->kind);
	if (from->deadline_ms > DEADLINE_MAX_S * 1000)
		return error_set(err,
		    "a deadline of %g s is too long: Twilio gives up at 15 s, so at "
		    "most %d",
		    from->deadline_ms / 1000.0, DEADLINE_MAX_S);
	return 0;
}

/* "Allow: GET, PUT" */
static const char *manifest_allow(struct span methods, struct arena *arena)
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

/* The built-in app has no route for actions: its routes for calls answer them too. */
static void manifest_answer_in_server(struct route *route)
{
	enum event_kind kind =
	    route->kind == EVENT_CALL_ACTION ? EVENT_CALL_RECEIVED : route->kind;
	const struct route *builtin = builtin_routes;
	while (builtin->path != NULL && builtin->kind != kind)
		builtin++;
	route->handle = builtin->handle;
	route->fall_back = builtin->fall_back;
	route->console = builtin->console;
	route->ordered = false;
}

static int manifest_make_route(struct manifest *manifest, uint32_t index,
    const struct route *like, struct error *err)
{
	const struct frame_route *from = &manifest->frame.routes[index];
	struct route *route = &manifest->routes[index];
	struct template *fallback = NULL;
	if (manifest_check_route(from, err) < 0)
		return -1;
	*route = *like;
	route->path = from->path.ptr;
	route->kind = kinds[from->kind].kind;
	route->methods = from->methods.ptr;
	route->allow = manifest_allow(from->methods, manifest->arena);
	route->deadline_ms = from->deadline_ms;
	route->is_unsigned = from->kind == OH_UNSIGNED;
	if (route->is_unsigned)
		route->allowance =
		    arena_zalloc(manifest->arena, sizeof(*route->allowance));
	route->manifest = manifest;
	route->index = index;
	if (from->builtin != 0)
		manifest_answer_in_server(route);
	if (from->fallback.ptr != NULL &&
	    template_parse(&fallback,
		kinds[from->kind].is_call ? TWIML_VOICE : TWIML_MESSAGING, "fallback",
		from->fallback, err) < 0)
		return -1;
	route->fallback = fallback;
	return 0;
}

/* Leaves a built-in route the methods that the app's own route of its path does not take. */
static void manifest_yield(
    struct route *builtin, struct route *own, struct arena *arena)
{
	struct buf left = {0};
	bool taken = false;
	for (struct span rest = span_trim(span_of(route_methods(builtin)));
	     rest.len > 0; rest = span_trim(rest)) {
		struct span word = span_head(rest, span_find(rest, ' '));
		if (route_allows(own, word))
			taken = true;
		else
			buf_printf(
			    &left, "%s%.*s", left.len == 0 ? "" : " ", SPAN_ARG(word));
		rest = span_from(rest, word.len);
	}
	if (taken) {
		own->replaces_builtin = true;
		builtin->methods = arena_strdup(arena, buf_text(&left));
		builtin->allow = manifest_allow(span_of(builtin->methods), arena);
	}
	buf_free(&left);
}

/* The app's own routes replace those of OH_BUILTIN_ROUTES, wherever each stands in the
 * table. A built-in route that is left without a method goes. */
static void manifest_replace_builtin(struct manifest *manifest)
{
	const struct frame_route *from = manifest->frame.routes;
	struct route *routes = manifest->routes;
	uint32_t kept = 0;
	for (uint32_t i = 0; i < manifest->count; i++)
		for (uint32_t k = 0; from[i].builtin != 0 && k < manifest->count; k++)
			if (from[k].builtin == 0 &&
			    strcmp(routes[k].path, routes[i].path) == 0)
				manifest_yield(&routes[i], &routes[k], manifest->arena);
	for (uint32_t i = 0; i < manifest->count; i++) {
		if (routes[i].methods == NULL || routes[i].methods[0] != '\0')
			routes[kept++] = routes[i];
		else
			template_free((struct template *)(uintptr_t)routes[i].fallback);
	}
	memset(&routes[kept], 0, (manifest->count - kept) * sizeof(*routes));
	manifest->count = kept;
}

/* Refuses two routes of one path and method: the second would never run. */
static int manifest_check_twins(const struct manifest *manifest, struct error *err)
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
		if (manifest_make_route(manifest, i, like, err) < 0) {
			(void)error_wrap(err, "route %u, \"%s\"", i + 1,
			    manifest->frame.routes[i].path.ptr);
			goto failed;
		}
	}
	manifest_replace_builtin(manifest);
	manifest->workers = manifest_workers(&manifest->frame, manifest->arena, err);
	if (manifest->workers == NULL || manifest_check_twins(manifest, err) < 0)
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
