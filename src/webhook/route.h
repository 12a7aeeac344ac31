/* route -- path to handler: the table that says what answers what, and the seam
 * behind which a handler runs: in this process when it is ours, in a handler process
 * when it is the user's. */
#ifndef OFFHOOK_WEBHOOK_ROUTE_H
#define OFFHOOK_WEBHOOK_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "twilio/event.h"
#include "util/arena.h"
#include "util/error.h"
#include "util/span.h"

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

struct route {
	/* A segment may be a parameter ("/orders/:id"), the last one "*" for the rest. */
	const char *path;
	enum event_kind kind; /* what it is for; the event's own kind may differ */
	/* Answers the webhook: fills webhook->reply and webhook->writes, and calls
	 * webhook_handled, at once or later, on the webhook's loop. Must not block. */
	void (*handle)(struct webhook *webhook);
	/* Writes the route's own FALLBACK_MESSAGE or FALLBACK_CALL into webhook->out, which
	 * is empty. -1 with err: the usual text is taken. NULL: always the usual one. */
	int (*fall_back)(
	    struct webhook *webhook, enum fallback fallback, struct error *err);
	const char *methods; /* "GET POST", which is also what NULL means */
	const char *allow;   /* "Allow: GET, POST"; NULL: that */
	int64_t deadline_ms; /* until the fallback; 0: as the setting says */
	bool is_unsigned;    /* anybody may call it: no signature, no repeats */
	bool ordered;        /* one event of a conversation at a time */
	/* Of users' routes (handlers/manifest.h). */
	const struct manifest *manifest;
	uint32_t index;                  /* in the app's own table */
	const struct template *fallback; /* NULL: the usual one of its kind */
};

/* The first route for that path and method in a table that ends with {0}, exact paths
 * before patterns; NULL when there is none. Then *other has the path, for other methods,
 * or is NULL. */
const struct route *route_find(const struct route *routes, struct span path,
    struct span method, const struct route **other);
const char *route_methods(const struct route *route);
/* Whether its path has parameters or a "*". */
bool route_is_pattern(const struct route *route);
/* The parameters of a path that the route matches, decoded, in the arena. */
const struct pair *route_params(
    const struct route *route, struct span path, struct arena *arena, uint32_t *count);
/* -1 with err when path is not one, or not a pattern. */
int route_check(struct span path, struct error *err);

#endif
