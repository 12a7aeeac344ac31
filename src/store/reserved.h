/* reserved -- names that begin with "offhook.": queues and collections that Offhook
 * itself keeps in the store. Users may read them; only Offhook makes them. */
#ifndef OFFHOOK_STORE_RESERVED_H
#define OFFHOOK_STORE_RESERVED_H

#include <stdbool.h>

#include "util/span.h"

#define QUEUE_FAILURES "offhook.failures" /* the app's on_failure */
#define QUEUE_ALERTS   "offhook.alerts"   /* what the owner is told: alert/failure.h */
/* Events to be handled again (`offhook events retry`): their route's handler is what
 * works on them, so no worker of a process has this queue. Payload: {"event": id}. */
#define QUEUE_EVENTS   "offhook.events"

#define COLLECTION_KV     "offhook.kv" /* {key, value, expiresAt (ms) or null} */
/* Key "group": {group, what, count, total, firstAt, lastAt, lastError, lastId, lastSid,
 * sentAt}. count is what no alert has told yet, firstAt the first of those. */
#define COLLECTION_ALERTS "offhook.alerts"

static inline bool reserved(struct span name)
{
	return span_starts(name, SPAN("offhook."));
}

#endif
