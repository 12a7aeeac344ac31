/* sqlite_key -- the 16 bytes under which keys.h has events and documents. They are on
 * disk: what makes them can never change. */
#ifndef OFFHOOK_SQLITE_SQLITE_KEY_H
#define OFFHOOK_SQLITE_SQLITE_KEY_H

#include <jansson.h>
#include <stdbool.h>

#include "keys/keys.h"
#include "store/store.h"
#include "util/span.h"

enum { SQLITE_KEY_DIGITS = 24 };

/* An event's. With a SID the first half is the SID's, so that the index has all events
 * of one SID together and finds them by that half; the second half is the hash's. Kept in
 * the key, because each is asked for before its event is stored. */
const unsigned char *sqlite_key_event(struct store_key *key);
/* The half that all keys of one SID begin with: the first 8 bytes of its SHA-256. */
void sqlite_key_sid(unsigned char out[KEYS_SIZE / 2], struct span sid);

/* A document's: the first 16 bytes of SHA-256 of "collection\0key". */
void sqlite_key_hash(
    unsigned char out[KEYS_SIZE], const char *collection, struct span key);
/* A value as a key: text as it is, a whole number in decimal (written to digits).
 * False when it cannot be one. */
bool sqlite_key_text(
    struct span *out, const json_t *value, char digits[SQLITE_KEY_DIGITS]);
/* Whether doc's field at key_field is the key. */
bool sqlite_key_is(const json_t *doc, const char *key_field, struct span key);

#endif
