/* failing -- which of the webhooks that were sent have failed, and why: an answer that is not
 * 2xx, a handler that failed or was late, or a reply that Twilio cannot read. */
#ifndef OFFHOOK_SIMULATOR_FAILING_H
#define OFFHOOK_SIMULATOR_FAILING_H

#include <stdbool.h>
#include <stdint.h>

#include "simulator/client.h"
#include "util/error.h"

/* Begins as {0}. */
struct failing {
	int64_t sent, refused, handlers;
	int status;     /* of the first one that was refused */
	bool late;      /* the first handler that failed */
	char first[64]; /* the SID of its event, or "" */
	bool misread;   /* a reply that Twilio cannot read */
};

/* Notes a reply; one without an answer has the status 0. */
void failing_add(struct failing *failing, const struct client_request *request,
    const struct client_reply *reply);
/* 0 when nothing failed; else -1 with err, which has the handler's error when the store in
 * data (NULL: not known) has the event. since_ms: when sending began. */
int failing_explain(const struct failing *failing, const char *data, int64_t since_ms,
    struct error *err);

#endif
