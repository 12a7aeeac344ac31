#include "app/route.h"

#include <stddef.h>

const struct route *route_find(const struct route *routes, struct span path)
{
	for (const struct route *route = routes; route->path != NULL; route++)
		if (span_is(path, route->path))
			return route;
	return NULL;
}
