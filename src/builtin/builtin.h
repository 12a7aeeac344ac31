/* builtin -- the app that answers when the user gives none, so that `offhook serve`
 * alone is useful. Keeps the collections sms_messages and calls. */
#ifndef OFFHOOK_BUILTIN_BUILTIN_H
#define OFFHOOK_BUILTIN_BUILTIN_H

#include "store/store.h"
#include "webhook/route.h"

/* Ends with {0}. */
extern const struct route builtin_routes[];
/* Declares the keys of its collections, and of the server's own one for alerts. */
int builtin_declare(struct store *store, struct error *err);

#endif
