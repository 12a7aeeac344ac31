/* stray -- requests that are answered before they are webhooks: a path without a route, a
 * method that is not taken, a body that is too large … A wrong URL in the Twilio Console is
 * one: so the log says what was probably meant. */
#ifndef OFFHOOK_WEBHOOK_STRAY_H
#define OFFHOOK_WEBHOOK_STRAY_H

#include "http/request.h"
#include "util/arena.h"
#include "webhook/route.h"

/* Logs one; strangers decide how many there are (util/log_flood.h). why is the answer's
 * text. What was not read of the request is absent. */
void stray_log(const struct route *routes, const struct request *request, int status,
    struct span why);
/* What was probably meant by a path that no route has; NULL: it is near to none. In the
 * arena. */
const char *stray_advice(
    const struct route *routes, struct span path, struct arena *arena);

#endif
