/* diagnose_url -- which other URL the signature would match. Part of diagnose. */
#ifndef OFFHOOK_TWILIO_DIAGNOSE_URL_H
#define OFFHOOK_TWILIO_DIAGNOSE_URL_H

#include "twilio/diagnose.h"

/* verifier_check with memory of its own, because dozens of calls would fill an arena. */
bool diagnose_matches(struct verifier *verifier, const struct signed_request *request);

/* Tries other schemes, hosts, ports, slashes, queries and prefixes, and combinations
 * of them. False when none matches. */
bool diagnose_url(struct diagnosis *out, struct verifier *verifier,
    const struct signed_request *request, const struct diagnose_hints *hints,
    struct arena *arena);

#endif
