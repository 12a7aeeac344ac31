/* route -- path to handler. A route's handle hides where the handler runs: in this
 * process for the built-in app, in a handler process for the user's. */
#ifndef OFFHOOK_WEBHOOK_ROUTE_H
#define OFFHOOK_WEBHOOK_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "twilio/event.h"
#include "util/arena.h"
#include "util/error.h"
#include "util/span.h"

struct allowance;
struct manifest;
struct template;
struct webhook;

/* What a fallback reply is made for: webhook/fallback.h chooses. */
enum fallback {
	FALLBACK_EMPTY,   /* nobody reads it: 204 */
	FALLBACK_MESSAGE, /* TwiML for a message */
	FALLBACK_CALL,    /* TwiML for a call */
	FALLBACK_ERROR    /* 500 */
};

/* Behind a route's URL at Twilio, which then tries twice more after a 5xx, a timeout or a
 * connection that failed; not sent and not signed. Not behind a fallback URL, which is such a
 * second try:
 * https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides */
#define ROUTE_OVERRIDES "#rc=2&rp=5xx,rt,ct"

struct route {
	/* A segment may be a parameter ("/orders/:id"); the last one may be "*" for the
	 * rest of the path. */
	const char *path;
	enum event_kind kind; /* what the route is for; the event's kind may differ */
	/* Answers the webhook: fills webhook->reply and webhook->writes, and calls
	 * webhook_handled, at once or later, on the webhook's loop. Must not block. */
	void (*handle)(struct webhook *webhook);
	/* Writes the route's own FALLBACK_MESSAGE or FALLBACK_CALL into webhook->out, which
	 * is empty. -1 with err: the usual text is taken. NULL: always the usual one. */
	int (*fall_back)(
	    struct webhook *webhook, enum fallback fallback, struct error *err);
	const char *methods; /* NULL: "GET POST" */
	const char *allow;   /* the same as a header; NULL: "Allow: GET, POST" */
	int64_t deadline_ms; /* until the fallback; 0: as the setting says */
	bool is_unsigned;    /* anybody may call it: no signature, no repeats */
	struct allowance
	    *allowance; /* what an unsigned one may store; NULL: anything */
	bool ordered;   /* one event of a conversation at a time */
	/* A user's, in place of a built-in one of the same table. */
	bool replaces_builtin;
	/* What Twilio's Console asks this URL for; NULL: the kind says it. */
	const char *console;
	/* Only of users' routes (handlers/manifest.h). */
	const struct manifest *manifest;
	uint32_t index;                  /* in the app's own table */
	const struct template *fallback; /* NULL: as for other routes */
};

/* The first route for that path and method in a table that ends with {0}; exact paths
 * come before patterns. NULL when there is none: then *other is a route with that path
 * for other methods, or NULL. */
const struct route *route_find(const struct route *routes, struct span path,
    struct span method, const struct route **other);
const char *route_methods(const struct route *route);
bool route_allows(const struct route *route, struct span method);
/* Whether its path has a parameter or a "*". */
bool route_is_pattern(const struct route *route);
/* The values of the route's parameters in a path that it matches, decoded, in the
 * arena; NULL without parameters. */
const struct pair *route_params(
    const struct route *route, struct span path, struct arena *arena, uint32_t *count);
/* -1 with err when a route cannot have that path. */
int route_check(struct span path, struct error *err);

#endif
