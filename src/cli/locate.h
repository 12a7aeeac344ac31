/* locate -- the store and the server that a command is about, found without being named. An
 * option wins over the environment, that over ./.env, that over offhook.conf, that over a
 * server that runs here, that over the defaults. */
#ifndef OFFHOOK_CLI_LOCATE_H
#define OFFHOOK_CLI_LOCATE_H

#include "cli/options.h"
#include "util/error.h"

/* Loads the settings. When nothing says where the store is, config->data is that of
 * `offhook dev` in this directory if its server runs, or if there is no other store. -1
 * with err, also when a server runs in both. */
int locate_data(struct config *out, const struct options *options, struct error *err);
/* Adds to err who chose the directory, unless an option did. Returns -1. */
int locate_explain_data(struct config *config, struct error *err);

struct located {
	const char *address; /* to dial: "127.0.0.1:8080" */
	const char *where;   /* who says so: "offhook.conf:3" */
	/* Of its certificate, which need not be for that address: SHA-256 of its public key in
	 * Base64. NULL: it speaks plain HTTP. */
	const char *pin;
	const char *url; /* what Twilio would call, without a path at its end */
	/* What of that url's path a proxy takes off: its length. */
	size_t prefix_len;
	const char *url_where;
	/* Where a server of the data directory listens instead; NULL: none does. */
	const char *other;
};

/* The server that takes webhooks, from the settings that locate_data loaded. The texts live
 * in the arena and in config. */
int locate_server(
    struct located *out, struct config *config, struct arena *arena, struct error *err);

#endif
