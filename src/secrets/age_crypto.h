/* age_crypto -- the cryptography of age files (https://age-encryption.org/v1), as libcrypto
 * has it. Where these fail without a stranger's doing, the library is broken or the machine
 * has no random bytes: then they stop the program. Any thread. */
#ifndef OFFHOOK_SECRETS_AGE_CRYPTO_H
#define OFFHOOK_SECRETS_AGE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>

#include "util/span.h"

enum {
	AGE_KEY = 32,      /* of X25519, of a hash, of ChaCha20 */
	AGE_FILE_KEY = 16, /* what a file's keys are made from */
	AGE_TAG = 16,      /* how much longer sealed bytes are */
	AGE_NONCE = 12
};

void age_random(unsigned char *out, size_t len);
/* The public half of a secret. */
void age_public(unsigned char out[AGE_KEY], const unsigned char secret[AGE_KEY]);
/* The secret shared with a peer. False when the peer is not a usable point. */
bool age_shared(unsigned char out[AGE_KEY], const unsigned char secret[AGE_KEY],
    const unsigned char peer[AGE_KEY]);
/* HKDF-SHA256. */
void age_derive(
    unsigned char out[AGE_KEY], struct span from, struct span salt, const char *info);
/* HMAC-SHA256. */
void age_mac(
    unsigned char out[AGE_KEY], const unsigned char key[AGE_KEY], struct span of);
bool age_equal(const unsigned char a[AGE_KEY], const unsigned char b[AGE_KEY]);
/* ChaCha20-Poly1305. out has room for AGE_TAG bytes more. */
void age_lock(unsigned char *out, const unsigned char key[AGE_KEY],
    const unsigned char nonce[AGE_NONCE], struct span plain);
/* False when it was not sealed with that key and nonce; then out holds nothing that
 * counts. sealed has AGE_TAG bytes or more; out has room for the rest. */
bool age_unlock(unsigned char *out, const unsigned char key[AGE_KEY],
    const unsigned char nonce[AGE_NONCE], struct span sealed);

#endif
