/* forge -- makes the signed HTTP request that `send` sends. */
#ifndef OFFHOOK_SIMULATOR_FORGE_H
#define OFFHOOK_SIMULATOR_FORGE_H

#include <stdbool.h>

#include "simulator/client.h"
#include "simulator/url.h"
#include "twilio/sample.h"
#include "util/arena.h"
#include "util/error.h"

/* What is changed after signing, so that the server must refuse it. */
enum tamper { TAMPER_NONE, TAMPER_SIGNATURE, TAMPER_BODY, TAMPER_PARAM, TAMPER_URL };

struct forge {
	enum sample_kind kind;
	struct sample sample;     /* absent values are made up, anew for each request */
	const struct pair *extra; /* --param */
	size_t extra_count;
	struct url url; /* the URL that is signed */
	/* What of its path a proxy takes off before our server gets the request. */
	size_t prefix_len;
	const char *dial;  /* "http://A:P" of --connect; NULL: the URL's own */
	const char *pin;   /* of client_request; NULL: none */
	const char *token; /* signs; NULL: the request has no signature */
	const char
	    *uuid; /* I-Twilio-Idempotency-Token; NULL: a new one for each request */
	bool get;
	enum tamper tamper;
};

/* Makes the request, in the arena; its label is its SID. Any thread. */
void forge_make(
    const struct forge *forge, struct client_request *out, struct arena *arena);

#endif
