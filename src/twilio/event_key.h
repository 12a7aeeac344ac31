/* event_key -- what makes a webhook the same one when it comes again. Part of
 * event_read. */
#ifndef OFFHOOK_TWILIO_EVENT_KEY_H
#define OFFHOOK_TWILIO_EVENT_KEY_H

#include "twilio/event.h"

/* Fills in key, content and unique from kind, sid and is_fallback. */
void event_key_make(
    struct event *event, const struct event_source *source, struct arena *arena);

#endif
