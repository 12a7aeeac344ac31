/* intake -- from bytes to a genuine webhook. Nothing is believed before these checks,
 * and they answer in this order: a signature is there (400), content type and form
 * (400), the signature matches (403). docs/design.md, "Order of checks". */
#ifndef OFFHOOK_WEBHOOK_INTAKE_H
#define OFFHOOK_WEBHOOK_INTAKE_H

#include "webhook/webhook.h"

/* Each returns the next step: WEBHOOK_SEND after a refusal. The form comes before the
 * signature because the signature covers the decoded parameters. */
enum webhook_step intake_decode(struct webhook *webhook);
/* What takes too long for the loop goes to the examiner (WEBHOOK_WAIT), and on at
 * intake_verified; 503 when too many wait there. */
enum webhook_step intake_verify(struct webhook *webhook);
enum webhook_step intake_verified(struct webhook *webhook);
/* Afterwards webhook->event may be read. A route for anybody skips the claim. */
enum webhook_step intake_name(struct webhook *webhook);

#endif
