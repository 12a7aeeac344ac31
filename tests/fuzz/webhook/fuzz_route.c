/* A route's path that is taken matches itself, and each parameter's value is a part of the
 * path that was asked for. The input is lines: three paths of routes and the path that is
 * asked for. */
#include "fuzz/fuzz.h"
#include "webhook/route.h"

enum { ROUTES = 3 };

static void check_params(
    const struct route *route, struct span path, struct arena *arena)
{
	uint32_t count;
	const struct pair *params = route_params(route, path, arena, &count);
	must((params != NULL) == route_is_pattern(route) || count == 0);
	for (uint32_t i = 0; i < count; i++) {
		must(params[i].value.len <= path.len);
		must(params[i].value.ptr[params[i].value.len] == '\0');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = {(const char *)data, size};
	struct arena *arena = arena_new();
	struct route routes[ROUTES + 1] = {{0}};
	const struct route *other;
	size_t count = 0;
	for (int i = 0; i < ROUTES; i++) {
		struct error err = {""};
		struct span path = next_line(&rest);
		if (route_check(path, &err) == 0)
			routes[count++].path = arena_strndup(arena, path);
		else
			must(err.text[0] != '\0');
	}
	for (size_t i = 0; i < count; i++) {
		struct span own = span_of(routes[i].path);
		const struct route *found =
		    route_find(routes, own, SPAN("GET"), &other);
		must(found != NULL && other == NULL);
		must(route_is_pattern(&routes[i]) ||
		     strcmp(found->path, routes[i].path) == 0);
		check_params(found, own, arena);
		must(route_find(routes, own, SPAN("PUT"), &other) == NULL &&
		     other != NULL);
	}
	const struct route *found = route_find(routes, rest, SPAN("POST"), &other);
	if (found != NULL) {
		must(route_is_pattern(found) || span_is(rest, found->path));
		check_params(found, rest, arena);
	}
	arena_free(arena);
	return 0;
}
