#include "webhook/stray.h"

#include <stdio.h>

#include "util/buf.h"
#include "util/log.h"
#include "util/log_flood.h"
#include "util/percent.h"
#include "util/suggest.h"

enum {
	NEAR_MAX = 3, /* paths that an advice names */
	FAR = 200,    /* a path of more bytes is near to nothing */
	TYPO_EACH = 6 /* one character may be wrong, and one more for each so many */
};

/* ---- paths ---- */

/* Decoded, each slash once, without slashes, blanks and quotes at its end: as its author
 * may have meant it. */
static struct span stray_tidy(struct span path, struct arena *arena)
{
	char *out = arena_alloc(arena, path.len + 1);
	size_t len = 0;
	while (path.len > 0) {
		int byte = percent_byte(path);
		char c = path.ptr[0];
		if (byte > 0)
			c = (char)(unsigned char)byte;
		path = span_from(path, byte > 0 ? 3 : 1);
		if (c != '/' || len == 0 || out[len - 1] != '/')
			out[len++] = c;
	}
	while (len > 1 && strchr("/ \t\r\n\"'<>.,;", out[len - 1]) != NULL)
		len--;
	return (struct span){out, len};
}

/* Takes the first segment off, with the slash before it. */
static struct span stray_segment(struct span *path)
{
	struct span text = span_from(*path, 1);
	struct span segment = span_head(text, span_find(text, '/'));
	*path = span_from(text, segment.len);
	return segment;
}

static struct span stray_below(struct span path)
{
	(void)stray_segment(&path);
	return path;
}

/* Whether a route of that pattern would take the path but for case. */
static bool stray_matches(struct span pattern, struct span path)
{
	while (pattern.len > 0 && path.len > 0) {
		struct span want = stray_segment(&pattern);
		struct span have = stray_segment(&path);
		if (span_is(want, "*"))
			return true;
		bool is_param = want.len > 1 && want.ptr[0] == ':' && have.len > 0;
		if (!is_param && !span_ieq(want, have))
			return false;
	}
	return pattern.len == 0 && path.len == 0;
}

/* ---- which routes are near ---- */

struct near {
	const struct route *routes[NEAR_MAX];
	size_t count;
};

static void near_add(struct near *near, const struct route *route)
{
	for (size_t i = 0; i < near->count; i++)
		if (strcmp(near->routes[i]->path, route->path) == 0)
			return;
	if (near->count < NEAR_MAX)
		near->routes[near->count++] = route;
}

static void near_same(struct near *near, const struct route *routes, struct span path)
{
	for (const struct route *route = routes; route->path != NULL; route++) {
		struct span pattern = span_of(route->path);
		if (pattern.len > 1 && pattern.ptr[pattern.len - 1] == '/')
			pattern.len--;
		if (stray_matches(pattern, path))
			near_add(near, route);
	}
}

/* The path is the end of a route's. */
static void near_longer(struct near *near, const struct route *routes, struct span path)
{
	for (const struct route *route = routes; route->path != NULL; route++) {
		struct span rest = stray_below(span_of(route->path));
		for (; rest.len > 1; rest = stray_below(rest))
			if (rest.ptr[1] != ':' && rest.ptr[1] != '*' &&
			    stray_matches(rest, path))
				near_add(near, route);
	}
}

static void near_mistyped(
    struct near *near, const struct route *routes, struct span path)
{
	size_t best = 1 + path.len / TYPO_EACH;
	for (const struct route *route = routes; route->path != NULL; route++) {
		size_t distance = suggest_distance(path, span_of(route->path));
		if (route_is_pattern(route) || distance > best || path.len < NEAR_MAX)
			continue;
		if (distance < best)
			near->count = 0;
		best = distance;
		near_add(near, route);
	}
}

/* ---- words ---- */

static const char *near_difference(const struct route *route, struct span path)
{
	struct span want = span_of(route->path);
	if (path.len == want.len + 1 && span_starts(path, want))
		return " (without the slash at its end)";
	if (want.len == path.len + 1 && span_starts(want, path))
		return " (with a slash at its end)";
	if (span_ieq(path, want))
		return " (paths tell upper from lower case)";
	return "";
}

static const char *near_say(
    const struct near *near, const char *difference, struct arena *arena)
{
	struct buf out = {0};
	for (size_t i = 0; i < near->count; i++)
		buf_printf(&out, "%s%s", i == 0 ? "did you mean " : " or ",
		    near->routes[i]->path);
	buf_printf(&out, "%s?", difference);
	const char *text = arena_strndup(arena, buf_span(&out));
	buf_free(&out);
	return text;
}

const char *stray_advice(
    const struct route *routes, struct span path, struct arena *arena)
{
	struct near near = {{NULL}, 0};
	if (path.len < 2 || path.len > FAR || path.ptr[0] != '/')
		return NULL;
	struct span tidy = stray_tidy(path, arena);
	near_same(&near, routes, tidy);
	if (near.count > 0)
		return near_say(&near, near_difference(near.routes[0], path), arena);
	struct span rest = stray_below(tidy);
	for (; rest.len > 1 && near.count == 0; rest = stray_below(rest))
		near_same(&near, routes, rest);
	if (near.count > 0)
		return near_say(&near,
		    " (what stands before it belongs into public-url, and the proxy "
		    "takes it off)",
		    arena);
	near_longer(&near, routes, tidy);
	if (near.count == 0)
		near_mistyped(&near, routes, tidy);
	return near.count == 0 ? NULL : near_say(&near, "", arena);
}

/* ---- the line ---- */

static enum log_flood stray_flood(int status)
{
	switch (status) {
	case 404:
		return FLOOD_NO_ROUTE;
	case 405:
		return FLOOD_METHOD;
	case 408:
		return FLOOD_SLOW;
	case 413:
	case 431:
		return FLOOD_SIZE;
	case 503:
		return FLOOD_BUSY;
	default:
		break;
	}
	return FLOOD_MALFORMED;
}

/* Why, and what to change; NULL: nothing is known to help. */
static const char *stray_change(const struct route *routes,
    const struct request *request, int status, struct arena *arena)
{
	const struct route *other = NULL;
	if (status == 404)
		return stray_advice(routes, request->path, arena);
	if (status != 405)
		return NULL;
	(void)route_find(routes, request->path, request->method_name, &other);
	return other == NULL ? NULL
			     : arena_printf(arena,
				   "%s takes %s; choose that in the Twilio Console",
				   other->path, route_methods(other));
}

void stray_log(const struct route *routes, const struct request *request, int status,
    struct span why)
{
	char path[LOG_PATH_SIZE], method[16], peer[64], id[LOG_REQUEST_SIZE];
	if (!log_enabled(LOG_WARN) || !log_flood_passes(stray_flood(status)))
		return;
	struct arena *arena = arena_new();
	request_peer_text(request, peer);
	(void)snprintf(method, sizeof(method), "%.*s", SPAN_ARG(request->method_name));
	log_write(LOG_WARN, "request refused", "path", log_path(path, request->target),
	    "method", method, LOG_INT("status", status), "why",
	    arena_strndup(arena, span_trim(why)), "advice",
	    stray_change(routes, request, status, arena), "peer", peer, "request_id",
	    log_request(id, request->number), NULL);
	arena_free(arena);
}
