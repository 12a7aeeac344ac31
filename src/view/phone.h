/* phone -- a reply as the person at the other end would see or hear it. It shows what it
 * can, and says what Twilio would refuse. */
#ifndef OFFHOOK_VIEW_PHONE_H
#define OFFHOOK_VIEW_PHONE_H

#include <stdbool.h>
#include <stdio.h>

#include "util/span.h"

struct phone_reply {
	int status;
	struct span type; /* Content-Type; may be absent */
	struct span body;
	bool call;        /* heard in a call, not read as a message */
	bool callback;    /* a status callback: nobody sees its reply */
	struct span from; /* who seems to write: our number; may be absent */
};

/* Prints it. False when Twilio could not read it. */
bool phone_show(FILE *out, const struct phone_reply *reply);

#endif
