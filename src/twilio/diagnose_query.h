/* diagnose_query -- whether the query was signed in another order. Part of diagnose. */
#ifndef OFFHOOK_TWILIO_DIAGNOSE_QUERY_H
#define OFFHOOK_TWILIO_DIAGNOSE_QUERY_H

#include "twilio/diagnose.h"

/* Tries every order of up to QUERY_ORDERED parameters; of more, each order in which one
 * parameter stands elsewhere. False when none matches. */
enum { QUERY_ORDERED = 6 };

bool diagnose_query(struct diagnosis *out, struct verifier *verifier,
    const struct signed_request *request, struct arena *arena);

#endif
