/* origin -- the URL that Twilio called and signed, as far as this side can know it:
 * --public-url when it is set, else what the request says, believing X-Forwarded-*
 * only from --trusted-proxy addresses. */
#ifndef OFFHOOK_WEBHOOK_ORIGIN_H
#define OFFHOOK_WEBHOOK_ORIGIN_H

#include "config/config.h"
#include "http/request.h"
#include "util/span.h"

struct origin {
	struct span scheme;
	struct span host;   /* with its port, when there is one */
	struct span target; /* the public URL's prefix, then the raw request-target */
};

/* Spans point into the config, the request or its arena. */
void origin_read(struct origin *out, const struct config *config,
    const struct request *request, struct arena *arena);
/* What stands before a route's path in its public URL: "https://host/prefix". Absent when
 * the request names no host and --public-url is not set. */
struct span origin_base_url(
    const struct config *config, const struct request *request, struct arena *arena);

#endif
