/* event_view -- a stored event, for people and for programs. */
#ifndef OFFHOOK_VIEW_EVENT_VIEW_H
#define OFFHOOK_VIEW_EVENT_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "store/store.h"

/* id, kind, sid, route, receivedAt, state, duplicates, reply {status, type, body},
 * params; failure when it failed. The caller's. */
json_t *event_view_json(const struct store_event *event);
/* The names of these; ends with NULL. */
extern const char *const event_view_fields[];
/* One line of a list: id, time, kind, reply, who and what, why it failed. */
void event_view_line(FILE *out, const struct store_event *event, bool colour);
/* Who and what alone: "+15551234567 → +15559876543  Hello". */
void event_view_subject(FILE *out, const struct store_event *event);
/* The reply as a phone would show it. */
void event_view_reply(FILE *out, const struct store_event *event);
/* All of it, with the reply as a phone would show it. */
void event_view_full(FILE *out, const struct store_event *event);

#endif
