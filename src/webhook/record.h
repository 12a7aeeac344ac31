/* record -- a webhook as the store keeps it and as the log tells it. */
#ifndef OFFHOOK_WEBHOOK_RECORD_H
#define OFFHOOK_WEBHOOK_RECORD_H

#include "webhook/webhook.h"

/* Fills webhook->txn: the event's row, its keys, its reply; when it is done, the
 * handler's writes and jobs; and who is told of what went wrong. */
void record_fill(struct webhook *webhook, enum event_state state);
/* Fills webhook->claim from the event. */
void record_claim(struct webhook *webhook);
/* One line for a webhook that is being answered: who, what, reply, microseconds. */
void record_log(const struct webhook *webhook);

#endif
