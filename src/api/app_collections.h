/* app_collections -- which collections have a key: the app's, two of the built-in app, and
 * two of Offhook's own. */
#ifndef OFFHOOK_API_APP_COLLECTIONS_H
#define OFFHOOK_API_APP_COLLECTIONS_H

#include <jansson.h>

#include "frame/frame.h"
#include "offhook.h"
#include "util/arena.h"

/* The key field of a collection; NULL when it has none. app may be NULL. */
const char *collections_key(const oh_app *app, const char *collection);
/* All with a key, for the server to declare: *count of them, in the arena. */
const struct pair *collections_all(
    const oh_app *app, uint32_t *count, struct arena *arena);

enum { COLLECTIONS_KEY_DIGITS = 24 };

/* A value as keys are written: text as it is, a whole number in decimal (written to
 * digits). Absent for any other value, and NULL. Points into value or digits. */
struct span collections_key_text(
    const json_t *value, char digits[COLLECTIONS_KEY_DIGITS]);

#endif
