/* app -- the whole server: opens its parts, runs until it is told to stop, closes them. */
#ifndef OFFHOOK_APP_APP_H
#define OFFHOOK_APP_APP_H

#include "config/config.h"
#include "offhook.h"
#include "util/error.h"
#include "webhook/route.h"

struct app;

/* Opens the templates, the store, the control socket, the handler processes, the queues
 * and their workers' processes, then the listeners; from then on it serves. user is the
 * app whose handlers run in processes of this same program; NULL, or without routes:
 * the built-in app. config must outlive it. */
int app_open(struct app **out, const struct config *config, const oh_app *user,
    struct error *err);
/* For tests: routes (ending with {0}) that are handled in this process. */
int app_open_routes(struct app **out, const struct config *config,
    const struct route *routes, struct error *err);
/* Swaps in another build of the user's app, a program that calls oh_main. No request
 * fails, and none runs in both. -1 with err when it does not start or its routes are
 * wrong: then nothing changes. Not from a thread of the app's. */
int app_swap(struct app *app, const char *program, struct error *err);
/* Process ids of the handler processes that are ready; returns how many. */
int app_handlers(struct app *app, int *out, int max);
/* The same of the workers' processes. */
int app_workers(struct app *app, int *out, int max);
/* "127.0.0.1:8080" */
const char *app_address(const struct app *app);
/* The admin listener's; NULL without one. */
const char *app_admin_address(const struct app *app);
/* Finishes the requests in flight, then closes all. NULL is fine. */
void app_close(struct app *app);

/* Where `serve` gets its settings from when they are to be loaded again. */
struct app_source {
	int (*load)(struct config *out, const void *ctx, struct error *err);
	const void *ctx;
};

/* Blocks the signals that app_run waits for. Early: until then they end the program. Before
 * there are threads. */
void app_block_signals(void);
/* `serve`: app_open, then prints "listening on http://ADDR:PORT" on stderr, and serves
 * until SIGTERM or SIGINT (a second SIGINT ends it at once). SIGHUP reloads the settings
 * (app/reload.h); when it comes because the terminal was closed, it stops the server.
 * SIGUSR1 is for logs that are files; there are none. -1 with err when it could not start. */
int app_run(const struct config *config, const struct app_source *source,
    const oh_app *user, struct error *err);

#endif
