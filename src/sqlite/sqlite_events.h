/* sqlite_events -- reading events. */
#ifndef OFFHOOK_SQLITE_SQLITE_EVENTS_H
#define OFFHOOK_SQLITE_SQLITE_EVENTS_H

#include "store/engine.h"

/* Functions of struct engine. */
struct store_events *sqlite_events(
    struct engine_reader *reader, const struct store_event_query *query);
int sqlite_event_get(struct engine_reader *reader, int64_t id, struct arena *arena,
    struct store_event *out, struct error *err);

#endif
