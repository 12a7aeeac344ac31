/* refusal -- why a webhook was turned away, for the log: in terms of what to change. */
#ifndef OFFHOOK_WEBHOOK_REFUSAL_H
#define OFFHOOK_WEBHOOK_REFUSAL_H

#include "twilio/signature.h"
#include "webhook/webhook.h"

/* Logs a webhook whose signature did not match, with its diagnosis. A diagnosis costs
 * dozens of HMACs and a log line costs disk, and strangers decide how many there are:
 * 10 of each a second, and bodies up to 64 kB. */
void refusal_log(struct webhook *webhook, const struct signed_request *request);
/* Logs one that was not worth a signature check, within the same limit. */
void refusal_note(struct webhook *webhook, const char *why);

#endif
