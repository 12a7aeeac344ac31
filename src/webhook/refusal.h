/* refusal -- logs why a webhook was refused, and what its owner has to change. */
#ifndef OFFHOOK_WEBHOOK_REFUSAL_H
#define OFFHOOK_WEBHOOK_REFUSAL_H

#include "twilio/signature.h"
#include "webhook/webhook.h"

struct refusal;

/* For a signature that does not match. Strangers decide how many of these there are, a
 * diagnosis costs hundreds of HMACs and a line costs disk. So FLOOD_REFUSED
 * (util/log_flood.h) limits the lines, and no loop diagnoses: when the webhook ends, its reply sent, refusal_end
 * gives it to the examiner (webhook/examiner.h), which writes the line. What the examiner
 * has no room or no time for, and what has a body over 64 kB, gets its line without a
 * diagnosis, and is counted (refusals_undiagnosed). */
void refusal_log(struct webhook *webhook, const struct signed_request *request);
/* Takes the webhook's arena, in which the refusal is. */
void refusal_end(struct refusal *refusal);
/* For a request that was refused before its signature was checked; the same limit. */
void refusal_note(struct webhook *webhook, const char *why);

#endif
