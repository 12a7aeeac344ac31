/* app -- the whole server: opens what it needs in order, runs until told to stop,
 * closes in reverse. */
#ifndef OFFHOOK_APP_APP_H
#define OFFHOOK_APP_APP_H

#include "app/config.h"
#include "app/route.h"
#include "util/error.h"

struct app;

/* Opens the store, the templates, the control socket, the listeners; from then on it
 * serves. routes (ending with {0}) and config must outlive it. */
int app_open(struct app **out, const struct config *config, const struct route *routes,
    struct error *err);
/* "127.0.0.1:8080" */
const char *app_address(const struct app *app);
/* The admin listener's; NULL without one. */
const char *app_admin_address(const struct app *app);
/* Drains: requests in flight finish, none fails. Then closes all. NULL is fine. */
void app_close(struct app *app);

/* `serve`: opens with the built-in app, prints "listening on http://ADDR:PORT" on
 * stderr, and serves until SIGTERM or SIGINT (a second SIGINT ends it at once). -1 with
 * err when it could not start. Blocks those signals in the whole process. */
int app_run(const struct config *config, struct error *err);

#endif
