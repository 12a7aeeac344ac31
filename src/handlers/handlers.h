/* handlers -- what answers the routes of a user's app: it packs a webhook for a handler
 * process, and makes a reply, writes and jobs of the result. */
#ifndef OFFHOOK_HANDLERS_HANDLERS_H
#define OFFHOOK_HANDLERS_HANDLERS_H

#include "handlers/manifest.h"
#include "pool/pool.h"
#include "util/error.h"
#include "webhook/route.h"

struct handlers;
struct service;
struct webhook;

/* Starts handler processes of this program, and serves the routes of its manifest:
 * service->routes, from then on. service must outlive it. */
int handlers_open(struct handlers **out, struct service *service, struct error *err);
/* Replaces the routes and the processes with those of program, another build of the app.
 * -1 with err, and all stays as it was, when it does not start or its routes are wrong.
 * Not from a loop. */
int handlers_swap(struct handlers *handlers, const char *program, struct error *err);
/* The present program's. For the thread that opened or swapped; lives until
 * handlers_free. */
const struct manifest *handlers_manifest(const struct handlers *handlers);
/* Packs a webhook, as its handler is given it: all but the index of its route and the rows
 * that it may use, which stay as they are. The spans point into the webhook's arena, which
 * outlives its request. */
void handlers_pack(struct frame_event *event, const struct webhook *webhook);
/* Runs a packed event through that route. */
void handlers_submit(
    struct handlers *handlers, struct pool_run *run, const struct route *route);
/* Wakes the pool for what was submitted; once for many. */
void handlers_flush(struct handlers *handlers);
/* Writes the process ids of the processes that are ready, for metrics and tests; gives
 * how many. */
int handlers_pids(struct handlers *handlers, int *out, int max);
/* Ends the processes; what runs too long then has failed. Before the loops end. NULL is
 * fine. */
void handlers_close(struct handlers *handlers);
/* After that, when no webhook is left. NULL is fine. */
void handlers_free(struct handlers *handlers);

#endif
