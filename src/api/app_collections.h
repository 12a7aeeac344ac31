/* app_collections -- which collections have a key: the app's own, the two of the built-in
 * app, and those that hold Offhook's own documents. */
#ifndef OFFHOOK_API_APP_COLLECTIONS_H
#define OFFHOOK_API_APP_COLLECTIONS_H

#include <jansson.h>

#include "frame/frame.h"
#include "offhook.h"
#include "util/arena.h"

/* The key field of a collection; NULL when it has none. app may be NULL. */
const char *collections_key(const oh_app *app, const char *collection);
/* All with a key, for the server to declare: in the arena, *count of them. */
const struct pair *collections_all(
    const oh_app *app, uint32_t *count, struct arena *arena);

enum { COLLECTIONS_KEY_DIGITS = 24 };

/* A value as keys are written: text as it is, a whole number in decimal (written to
 * digits). Any other value (or NULL) is no key: absent. Points into value or digits. */
struct span collections_key_text(
    const json_t *value, char digits[COLLECTIONS_KEY_DIGITS]);

#endif
