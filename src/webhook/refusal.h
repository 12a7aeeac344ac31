/* refusal -- logs why a webhook was refused, and what its owner has to change. */
#ifndef OFFHOOK_WEBHOOK_REFUSAL_H
#define OFFHOOK_WEBHOOK_REFUSAL_H

#include "twilio/signature.h"
#include "webhook/webhook.h"

/* For a signature that does not match: logs a diagnosis. Strangers decide how many of
 * these there are, a diagnosis costs dozens of HMACs and a line costs disk. So at most
 * 10 lines a second are logged, and bodies over 64 kB are not diagnosed. */
void refusal_log(struct webhook *webhook, const struct signed_request *request);
/* For a request that was refused before its signature was checked; the same limit. */
void refusal_note(struct webhook *webhook, const char *why);

#endif
