/* run_event -- one event: its route's filters and handler are called, and an outcome
 * made. */
#ifndef OFFHOOK_HOST_RUN_EVENT_H
#define OFFHOOK_HOST_RUN_EVENT_H

#include "api/context.h"

/* Runs route world->app->routes[frame->route]. All that out points to is in the arena or
 * a literal. */
void run_event(struct frame_result *out, const struct context_world *world,
    const struct frame_event *frame, struct arena *arena);
/* How many routes a table that ends with {0} has; NULL has none. */
uint32_t run_route_count(const oh_route *routes);

#endif
