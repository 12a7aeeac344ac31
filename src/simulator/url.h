/* url -- splits a URL into the parts that are signed, byte for byte. */
#ifndef OFFHOOK_SIMULATOR_URL_H
#define OFFHOOK_SIMULATOR_URL_H

#include "util/error.h"
#include "util/span.h"

struct url {
	struct span scheme; /* "http", "https", "ws" or "wss": lower-case */
	struct span host;   /* with its port, if it has one; without user:password@ */
	struct span target; /* path and query, without the fragment; may be empty */
};

/* The parts point into text. */
int url_split(struct url *out, struct span text, struct error *err);

#endif
