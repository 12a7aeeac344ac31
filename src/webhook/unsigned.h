/* unsigned -- what a request to a route for anybody (OH_UNSIGNED) may leave in the store:
 * nothing unless its handler takes it, and so much an hour; and how many handlers it may
 * keep busy. docs/design.md, "Unsigned routes". Of a signed webhook all of these say what
 * changes nothing. */
#ifndef OFFHOOK_WEBHOOK_UNSIGNED_H
#define OFFHOOK_WEBHOOK_UNSIGNED_H

#include "webhook/webhook.h"

/* What a route has stored. All zero: nothing. */
struct allowance {
	_Atomic int64_t hour; /* in which used was stored */
	_Atomic int64_t used; /* bytes */
};

/* Before its handler: whether the route has stored less than max-unsigned in this hour.
 * What is in flight then may pass that limit, each by its own size. */
bool unsigned_has_room(const struct webhook *webhook);
/* Before its handler: whether fewer than half of max-handlers are with unsigned ones, so
 * that slow ones leave processes to Twilio's. If so, it counts until unsigned_leave. */
bool unsigned_enter(struct webhook *webhook);
/* At its end. Harmless when it has not entered. */
void unsigned_leave(struct webhook *webhook);
/* After its handler: whether nothing of it is stored. Then the reply can be sent: it is
 * the handler's, of 400 or more; or 500 or 503 in place of a fallback reply, because what
 * is not stored is not acknowledged. */
bool unsigned_is_declined(struct webhook *webhook);
/* Adds what its event takes in the store. The one that meets the limit is logged. */
void unsigned_spend(const struct webhook *webhook);

#endif
