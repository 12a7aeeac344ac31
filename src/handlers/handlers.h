/* handlers -- the route handler of users' routes: it packs a webhook for a handler
 * process, and makes of what comes back a reply and writes. */
#ifndef OFFHOOK_HANDLERS_HANDLERS_H
#define OFFHOOK_HANDLERS_HANDLERS_H

#include "config/config.h"
#include "handlers/manifest.h"
#include "pool/pool.h"
#include "util/error.h"
#include "webhook/route.h"

struct handlers;
struct service;

#define PROGRAM_SELF "/proc/self/exe"

/* What the processes of all pools have in common; it points to program and words. */
struct pool_config handlers_config(
    const struct config *config, const char *program, char *const *words);
/* Starts handler processes of this program, and serves the routes that they tell:
 * service->routes, from then on. service must outlive it. */
int handlers_open(struct handlers **out, struct service *service, struct error *err);
/* Swaps in another build of the app: its routes and its processes. -1 with err, and all
 * stays as it was, when it does not start or its routes are wrong. Not from a loop. */
int handlers_swap(struct handlers *handlers, const char *program, struct error *err);
/* What the present program told of itself. For the thread that opened or swapped it;
 * lives until handlers_free. */
const struct manifest *handlers_manifest(const struct handlers *handlers);
/* Runs one that is no webhook's, through that route: its event is packed, but for the
 * route's index. */
void handlers_submit(
    struct handlers *handlers, struct pool_run *run, const struct route *route);
/* Wakes the pool for what was submitted; once for many. NULL is fine. */
void handlers_flush(struct handlers *handlers);
/* Process ids of those that are ready, for metrics and tests; gives how many. */
int handlers_pids(struct handlers *handlers, int *out, int max);
/* Ends the processes; what still runs then has failed. Before the loops end. NULL is
 * fine. */
void handlers_close(struct handlers *handlers);
/* After that, when no webhook is left. NULL is fine. */
void handlers_free(struct handlers *handlers);

#endif
