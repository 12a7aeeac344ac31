/* dev_server -- the server that `dev` runs: a process that stays, with its sockets and
 * its store, while the app's code changes. */
#ifndef OFFHOOK_DEV_DEV_SERVER_H
#define OFFHOOK_DEV_DEV_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "cli/options.h"
#include "util/error.h"

struct dev_server;

/* What it is started with; must outlive it. The environment is the process's. */
struct dev_server_config {
	const struct options *options; /* settings given as options are passed on */
	const char *listen, *data, *token;
};

/* Starts `PROGRAM serve` and shows its log on stderr. */
int dev_server_start(struct dev_server **out, const struct dev_server_config *config,
    const char *program, struct error *err);
/* Has it run another program's handlers from now on. -1 with err: it runs the old
 * ones. */
int dev_server_swap(struct dev_server *server, const char *program, struct error *err);
/* Ends it (requests in flight finish) and starts `PROGRAM serve` in its place, with the
 * config as it is now, on the port it had when that is asked for as before. Returns
 * when it listens, or has ended again. -1 with err: *server is NULL. */
int dev_server_restart(struct dev_server **server,
    const struct dev_server_config *config, const char *program, struct error *err);
/* Whether it has ended by itself. */
bool dev_server_ended(struct dev_server *server);
/* SIGTERM: requests in flight finish. Waits. NULL is fine. */
void dev_server_stop(struct dev_server *server);

#endif
