/* diagnose_body -- which other bytes of the body the signature would match: what editors,
 * shells and version control do to the ends of files and lines. Part of diagnose. */
#ifndef OFFHOOK_TWILIO_DIAGNOSE_BODY_H
#define OFFHOOK_TWILIO_DIAGNOSE_BODY_H

#include "twilio/diagnose.h"

/* False when none matches, or when the signature does not cover the body. */
bool diagnose_body(struct diagnosis *out, struct verifier *verifier,
    const struct signed_request *request, struct arena *arena);

#endif
