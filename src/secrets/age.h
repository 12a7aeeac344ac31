/* age -- files in the age v1 format (https://age-encryption.org/v1): sealed to one or more
 * X25519 recipients, opened with the identity of any of them. Made with libcrypto alone;
 * `age` and its relatives read what this writes, and the other way round. Recipients that
 * are a passphrase or a plug-in are not for us: their stanzas are passed over. Any thread. */
#ifndef OFFHOOK_SECRETS_AGE_H
#define OFFHOOK_SECRETS_AGE_H

#include <stdbool.h>
#include <stddef.h>

#include "secrets/bech32.h"
#include "util/buf.h"
#include "util/error.h"
#include "util/span.h"

enum { AGE_KEYS_MAX = 20 }; /* recipients of a file, identities that are tried */

/* The public half, which seals: "age1…". */
struct age_recipient {
	unsigned char key[BECH32_KEY];
};

/* The secret half, which opens: "AGE-SECRET-KEY-1…". Wipe it after use. */
struct age_identity {
	unsigned char key[BECH32_KEY];
};

void age_identity_new(struct age_identity *out);
void age_identity_recipient(
    struct age_recipient *out, const struct age_identity *identity);
void age_recipient_text(
    char out[BECH32_TEXT_SIZE], const struct age_recipient *recipient);
void age_identity_text(char out[BECH32_TEXT_SIZE], const struct age_identity *identity);

/* Reads a list, one a line; empty lines and those that begin with # do not count. -1 with
 * err, which names the line and never shows it; also when there is none, or more than
 * AGE_KEYS_MAX. */
int age_recipients_read(struct age_recipient out[AGE_KEYS_MAX], size_t *count,
    struct span text, struct error *err);
int age_identities_read(struct age_identity out[AGE_KEYS_MAX], size_t *count,
    struct span text, struct error *err);

/* Appends the sealed file. count: 1 to AGE_KEYS_MAX. */
void age_seal(struct buf *out, struct span plain,
    const struct age_recipient *recipients, size_t count);
/* Appends what is in it. -1 with err: it is no such file, was damaged or cut, or is sealed
 * to others; then nothing is appended. Wipe *out, which never moves while it is filled. */
int age_open(struct buf *out, struct span file, const struct age_identity *identities,
    size_t count, struct error *err);

#endif
