/* forge -- the webhook that `send` sends: a sample, signed, as an HTTP request. */
#ifndef OFFHOOK_SIMULATOR_FORGE_H
#define OFFHOOK_SIMULATOR_FORGE_H

#include <stdbool.h>

#include "simulator/client.h"
#include "simulator/url.h"
#include "twilio/sample.h"
#include "util/arena.h"
#include "util/error.h"

/* What is changed after signing, to see it refused. */
enum tamper { TAMPER_NONE, TAMPER_SIGNATURE, TAMPER_BODY, TAMPER_PARAM, TAMPER_URL };

struct forge {
	enum sample_kind kind;
	struct sample sample;     /* what is absent is chosen, for each anew */
	const struct pair *extra; /* --param */
	size_t extra_count;
	struct url url;    /* that is signed */
	const char *dial;  /* "http://A:P" of --connect; NULL: the URL's own */
	const char *token; /* signs; NULL: no signature header at all */
	const char *uuid;  /* I-Twilio-Idempotency-Token; NULL: a new one for each */
	bool get;
	enum tamper tamper;
};

/* Makes the request, in the arena; its label is the SID it is about. Any thread. */
void forge_make(
    const struct forge *forge, struct client_request *out, struct arena *arena);

#endif
