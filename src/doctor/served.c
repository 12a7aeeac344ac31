#include "doctor/served.h"

#include <string.h>

#include "builtin/builtin.h"

static const enum event_kind kinds[] = {[OH_MESSAGE] = EVENT_SMS_RECEIVED,
    [OH_MESSAGE_STATUS] = EVENT_SMS_STATUS,
    [OH_CALL] = EVENT_CALL_RECEIVED,
    [OH_CALL_ACTION] = EVENT_CALL_ACTION,
    [OH_CALL_STATUS] = EVENT_CALL_STATUS,
    [OH_RECORDING] = EVENT_RECORDING_STATUS,
    [OH_TRANSCRIPTION] = EVENT_TRANSCRIPTION,
    [OH_SIGNED] = EVENT_OTHER,
    [OH_UNSIGNED] = EVENT_OTHER};

static const struct route *served_routes(const oh_app *app, struct arena *arena)
{
	size_t count = 0;
	if (app == NULL || app->routes == NULL)
		return builtin_routes;
	while (app->routes[count].path != NULL)
		count++;
	struct route *routes = arena_zalloc(arena, (count + 1) * sizeof(*routes));
	for (size_t i = 0; i < count; i++) {
		const oh_route *from = &app->routes[i];
		routes[i].path = from->path;
		routes[i].methods = from->methods;
		routes[i].kind = kinds[from->kind];
		routes[i].is_unsigned = from->kind == OH_UNSIGNED;
		if (strcmp(from->path, "/twilio/fallback") == 0)
			routes[i].console = "Primary handler fails";
	}
	return routes;
}

static const char *served_url(const struct served *served, const struct route *route,
    const char *end, struct arena *arena)
{
	return arena_printf(arena, "%s%s%s", served->base, route->path, end);
}

static void served_note(
    struct served *out, const struct route *route, struct arena *arena)
{
	if (out->probe == NULL && !route->is_unsigned &&
	    route_allows(route, SPAN("POST")))
		out->probe = route->path;
	if (out->base == NULL || route->is_unsigned)
		return;
	if (route->kind == EVENT_SMS_RECEIVED && out->urls.sms == NULL)
		out->urls.sms = served_url(out, route, ROUTE_OVERRIDES, arena);
	else if (route->kind == EVENT_CALL_RECEIVED && out->urls.voice == NULL)
		out->urls.voice = served_url(out, route, ROUTE_OVERRIDES, arena);
	else if (route->kind == EVENT_CALL_STATUS && out->urls.status == NULL)
		out->urls.status = served_url(out, route, ROUTE_OVERRIDES, arena);
	else if (route->console != NULL && out->urls.fallback == NULL)
		out->urls.fallback = served_url(out, route, "", arena);
}

void served_read(
    struct served *out, const oh_app *app, const char *base, struct arena *arena)
{
	*out = (struct served){.routes = served_routes(app, arena), .base = base};
	for (const struct route *route = out->routes; route->path != NULL; route++)
		if (!route_is_pattern(route))
			served_note(out, route, arena);
}
