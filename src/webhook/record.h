/* record -- what the store keeps of a webhook, and what the log says about it. */
#ifndef OFFHOOK_WEBHOOK_RECORD_H
#define OFFHOOK_WEBHOOK_RECORD_H

#include "webhook/webhook.h"

/* Fills webhook->txn: the event's row with its reply, the keys that become known, what
 * listeners of failures are told; the handler's writes and jobs only when the state is
 * EVENT_DONE. May be called again with another state. */
void record_fill(struct webhook *webhook, enum event_state state);
/* Fills webhook->claim: which earlier webhooks count as the same one. */
void record_claim(struct webhook *webhook);
/* Logs one line while the request is still there. */
void record_log(const struct webhook *webhook);

#endif
