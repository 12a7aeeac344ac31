#include "api/app_sizes.h"

#include <string.h>

static size_t app_sizes_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* A table whose rows have the size theirs, as one whose rows have the size ours. The last
 * row has a NULL name, which stands name bytes after its beginning. */
static const void *app_sizes_rows(
    const void *rows, size_t theirs, size_t ours, size_t name, struct arena *arena)
{
	size_t count = 0;
	const char *row = rows;
	const char *text;
	if (rows == NULL || theirs == ours)
		return rows;
	for (;; count++) {
		memcpy(&text, row + count * theirs + name, sizeof(text));
		if (text == NULL)
			break;
	}
	char *all = arena_zalloc(arena, (count + 1) * ours);
	for (size_t i = 0; i < count; i++)
		memcpy(all + i * ours, row + i * theirs, app_sizes_least(ours, theirs));
	return all;
}

const oh_app *app_sizes_take(
    const oh_app *app, const struct oh_sizes *sizes, struct arena *arena)
{
	oh_app *out = arena_zalloc(arena, sizeof(*out));
	memcpy(out, app, app_sizes_least(sizeof(*out), sizes->app));
	out->routes = app_sizes_rows(out->routes, sizes->route, sizeof(oh_route),
	    offsetof(oh_route, path), arena);
	out->workers = app_sizes_rows(out->workers, sizes->worker, sizeof(oh_worker),
	    offsetof(oh_worker, queue), arena);
	out->collections = app_sizes_rows(out->collections, sizes->collection,
	    sizeof(oh_collection), offsetof(oh_collection, name), arena);
	return out;
}
