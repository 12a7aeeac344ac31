/* sqlite_key -- the keys of documents: collection and key field's value, hashed. */
#ifndef OFFHOOK_SQLITE_SQLITE_KEY_H
#define OFFHOOK_SQLITE_SQLITE_KEY_H

#include <jansson.h>
#include <stdbool.h>

#include "keys/keys.h"
#include "util/span.h"

enum { SQLITE_KEY_DIGITS = 24 };

/* The first 16 bytes of SHA-256 of "collection\0key". */
void sqlite_key_hash(
    unsigned char out[KEYS_SIZE], const char *collection, struct span key);
/* A value as a key: text as it is, a whole number in decimal (written to digits).
 * False when it cannot be one. */
bool sqlite_key_text(
    struct span *out, const json_t *value, char digits[SQLITE_KEY_DIGITS]);
/* Whether doc's field at key_field is the key. */
bool sqlite_key_is(const json_t *doc, const char *key_field, struct span key);

#endif
