/* intake -- from bytes to a genuine webhook: the checks that come before anything is
 * believed, in the order of DESIGN.md section 3: signature there (400), content type
 * and form (400), signature right (403). */
#ifndef OFFHOOK_WEBHOOK_INTAKE_H
#define OFFHOOK_WEBHOOK_INTAKE_H

#include "webhook/webhook.h"

/* Decodes the form (of the body, or of the query for GET). */
enum webhook_step intake_decode(struct webhook *webhook);
/* Verifies the signature. */
enum webhook_step intake_verify(struct webhook *webhook);
/* Names the event. */
enum webhook_step intake_name(struct webhook *webhook);

#endif
