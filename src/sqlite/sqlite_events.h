/* sqlite_events -- reading events, a slice at a time. */
#ifndef OFFHOOK_SQLITE_SQLITE_EVENTS_H
#define OFFHOOK_SQLITE_SQLITE_EVENTS_H

#include "store/engine.h"

/* As struct engine's events. */
int sqlite_events(struct engine_reader *reader, const struct store_event_query *query,
    bool (*each)(void *ctx, const struct store_event *event), void *ctx,
    struct error *err);

#endif
