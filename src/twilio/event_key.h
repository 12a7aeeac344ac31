/* event_key -- what makes a webhook the same one when it comes again, whatever its bytes:
 * part of event_read. (What its bytes are is the seal: twilio/signature.h.) */
#ifndef OFFHOOK_TWILIO_EVENT_KEY_H
#define OFFHOOK_TWILIO_EVENT_KEY_H

#include "twilio/event.h"

/* Fills in sameness, has_token and tokened from the rest. */
void event_key_make(
    struct event *event, const struct event_source *source, struct arena *arena);

#endif
