#include "webhook/route.h"

#include "util/percent.h"

enum { PARAMS_OF_PATH = 16 };

/* The values that a path has for a pattern's parameters. */
struct route_match {
	struct pair params[PARAMS_OF_PATH];
	uint32_t count;
};

/* Up to the next '/'. */
static struct span route_segment(struct span rest)
{
	return span_head(rest, span_find(rest, '/'));
}

/* Segment by segment; both sides must end together. */
static bool route_matches(const char *path, struct span asked, struct route_match *out)
{
	struct span pattern = span_of(path);
	out->count = 0;
	while (pattern.len > 0) {
		struct span want = route_segment(pattern);
		struct span have = route_segment(asked);
		if (span_is(want, "*") && want.len == pattern.len) {
			out->params[out->count++] = (struct pair){want, asked};
			return true;
		}
		if (want.len > 0 && want.ptr[0] == ':' && have.len > 0)
			out->params[out->count++] =
			    (struct pair){span_from(want, 1), have};
		else if (!span_eq(want, have))
			return false;
		pattern = span_from(pattern, want.len);
		asked = span_from(asked, have.len);
		if ((pattern.len > 0) != (asked.len > 0))
			return false;
		if (pattern.len > 0) { /* both have a slash here */
			pattern = span_from(pattern, 1);
			asked = span_from(asked, 1);
		}
	}
	return asked.len == 0;
}

bool route_is_pattern(const struct route *route)
{
	return strstr(route->path, "/:") != NULL || strstr(route->path, "/*") != NULL;
}

const char *route_methods(const struct route *route)
{
	return route->methods != NULL ? route->methods : "GET POST";
}

bool route_allows(const struct route *route, struct span method)
{
	struct span rest = span_of(route_methods(route));
	while (rest.len > 0) {
		struct span word = span_head(rest, span_find(rest, ' '));
		if (word.len > 0 && span_eq(word, method))
			return true;
		rest = span_from(rest, word.len < rest.len ? word.len + 1 : word.len);
	}
	return false;
}

const struct route *route_find(const struct route *routes, struct span path,
    struct span method, const struct route **other)
{
	struct route_match ignored;
	*other = NULL;
	for (int patterns = 0; patterns < 2; patterns++)
		for (const struct route *route = routes; route->path != NULL; route++) {
			if (route_is_pattern(route) != (patterns == 1))
				continue;
			if (patterns == 1 ? !route_matches(route->path, path, &ignored)
					  : !span_is(path, route->path))
				continue;
			if (route_allows(route, method))
				return route;
			if (*other == NULL)
				*other = route;
		}
	return NULL;
}

/* A % without two hex digits stays as it is. */
static struct span route_decode(struct span text, struct arena *arena)
{
	char *out = arena_alloc(arena, text.len + 1);
	size_t len = 0;
	while (text.len > 0) {
		int byte = percent_byte(text);
		out[len] = text.ptr[0];
		if (byte >= 0)
			out[len] = (char)byte;
		len++;
		text = span_from(text, byte >= 0 ? 3 : 1);
	}
	out[len] = '\0';
	return (struct span){out, len};
}

const struct pair *route_params(
    const struct route *route, struct span path, struct arena *arena, uint32_t *count)
{
	struct route_match found;
	*count = 0;
	if (!route_is_pattern(route) || !route_matches(route->path, path, &found))
		return NULL;
	struct pair *params = arena_alloc(arena, found.count * sizeof(*params));
	for (uint32_t i = 0; i < found.count; i++)
		params[i] = (struct pair){
		    found.params[i].name, route_decode(found.params[i].value, arena)};
	*count = found.count;
	return params;
}

int route_check(struct span path, struct error *err)
{
	int params = 0;
	if (path.len == 0 || path.ptr[0] != '/')
		return error_set(err, "the path must begin with /");
	for (size_t i = 0; i < path.len; i++) {
		char c = path.ptr[i];
		if (c <= ' ' || c >= 0x7F || c == '?' || c == '#')
			return error_set(err,
			    "a path has no blanks, no query and no fragment, and bytes "
			    "beyond ASCII as %%xx");
	}
	for (struct span rest = path; rest.len > 0;) {
		struct span part = route_segment(span_from(rest, 1));
		rest = span_from(rest, part.len + 1);
		if (part.len == 0)
			continue;
		params += part.ptr[0] == ':' || part.ptr[0] == '*';
		if (part.ptr[0] == ':' && part.len == 1)
			return error_set(
			    err, "a parameter needs a name, as in /orders/:id");
		if (part.ptr[0] == '*' && (part.len > 1 || rest.len > 0))
			return error_set(err,
			    "* stands for the rest of the path: alone, and at its end");
	}
	if (params > PARAMS_OF_PATH)
		return error_set(err, "more than %d parameters", PARAMS_OF_PATH);
	return 0;
}
