/* app -- the whole server: opens what it needs in order, runs until told to stop,
 * closes in reverse. */
#ifndef OFFHOOK_APP_APP_H
#define OFFHOOK_APP_APP_H

#include "config/config.h"
#include "offhook.h"
#include "util/error.h"
#include "webhook/route.h"

struct app;

/* Opens the store, the templates, the control socket, the handler processes, the queues
 * and their workers' processes, the listeners; from then on it serves. user is the app whose handlers are run, in
 * processes of this same program; NULL, or one without routes: the built-in app.
 * config must outlive it. */
int app_open(struct app **out, const struct config *config, const oh_app *user,
    struct error *err);
/* For tests: as app_open, with routes (ending with {0}) that are handled in this
 * process. */
int app_open_routes(struct app **out, const struct config *config,
    const struct route *routes, struct error *err);
/* Swaps in another build of the user's app, a program that calls oh_main: no request
 * fails and none runs in both. -1 with err, and all stays as it was, when it does not
 * start or its routes are wrong. Any thread but the app's own. */
int app_swap(struct app *app, const char *program, struct error *err);
/* Process ids of the handler processes that are ready; gives how many. */
int app_handlers(struct app *app, int *out, int max);
/* Likewise of those that work on jobs. */
int app_workers(struct app *app, int *out, int max);
/* "127.0.0.1:8080" */
const char *app_address(const struct app *app);
/* The admin listener's; NULL without one. */
const char *app_admin_address(const struct app *app);
/* Drains: requests in flight finish, none fails. Then closes all. NULL is fine. */
void app_close(struct app *app);

/* `serve`: opens with the user's app (see app_open), prints "listening on http://ADDR:PORT" on
 * stderr, and serves until SIGTERM or SIGINT (a second SIGINT ends it at once). -1 with
 * err when it could not start. Blocks those signals in the whole process. */
int app_run(const struct config *config, const oh_app *user, struct error *err);

#endif
