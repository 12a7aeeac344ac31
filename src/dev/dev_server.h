/* dev_server -- the server that `dev` runs: a process that keeps its sockets and its store
 * while the app's code changes. */
#ifndef OFFHOOK_DEV_DEV_SERVER_H
#define OFFHOOK_DEV_DEV_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "cli/options.h"
#include "util/error.h"

struct dev_server;

/* How to start it; must outlive it. It gets this process's environment. */
struct dev_server_config {
	const struct options *options; /* settings given as options are passed on */
	const char *listen, *data, *token;
};

/* Starts `PROGRAM serve` and shows its log on stderr. The first thread only. */
int dev_server_start(struct dev_server **out, const struct dev_server_config *config,
    const char *program, struct error *err);
/* Makes it run the handlers of another program. -1 with err: it still runs the old ones. */
int dev_server_swap(struct dev_server *server, const char *program, struct error *err);
/* Ends it (requests in flight finish) and starts `PROGRAM serve` in its place, with the new
 * config; on the same port, unless config->listen has changed. Returns when the new server
 * listens or has ended. -1 with err: *server is NULL. */
int dev_server_restart(struct dev_server **server,
    const struct dev_server_config *config, const char *program, struct error *err);
/* Sends it a signal. NULL is fine. */
void dev_server_signal(struct dev_server *server, int signal);
/* Whether it has ended by itself. */
bool dev_server_ended(struct dev_server *server);
/* Sends SIGTERM and waits: requests in flight finish. NULL is fine. */
void dev_server_stop(struct dev_server *server);

#endif
