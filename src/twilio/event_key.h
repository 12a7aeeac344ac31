/* event_key -- the key by which a repeat of a webhook is recognised. Part of
 * event_read. */
#ifndef OFFHOOK_TWILIO_EVENT_KEY_H
#define OFFHOOK_TWILIO_EVENT_KEY_H

#include "twilio/event.h"

/* Fills in key, content and unique from kind, sid and is_fallback. */
void event_key_make(
    struct event *event, const struct event_source *source, struct arena *arena);

#endif
