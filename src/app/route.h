/* route -- path to handler: the table that says what answers what, and the seam
 * behind which a handler runs: in this process when it is ours, in a handler process
 * when it is the user's. */
#ifndef OFFHOOK_APP_ROUTE_H
#define OFFHOOK_APP_ROUTE_H

#include <stdbool.h>

#include "twilio/event.h"
#include "util/span.h"

struct webhook;

struct route {
	const char *path;
	enum event_kind kind; /* what it is for; the event's own kind may differ */
	/* Answers the webhook: fills webhook->reply and webhook->writes, and calls
	 * webhook_handled, at once or later, on the webhook's loop. Must not block. */
	void (*handle)(struct webhook *webhook);
	/* The reply when the handler fails or is late. Must not fail. */
	void (*fall_back)(struct webhook *webhook);
};

/* The route of that path in a table that ends with {0}; NULL when there is none. */
const struct route *route_find(const struct route *routes, struct span path);

#endif
