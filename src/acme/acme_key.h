/* acme_key -- keys on the curve P-256: of an account at a CA, of a certificate. Where
 * libcrypto fails in these without a stranger's doing, the program stops. */
#ifndef OFFHOOK_ACME_ACME_KEY_H
#define OFFHOOK_ACME_ACME_KEY_H

#include <openssl/evp.h>

#include "util/buf.h"
#include "util/error.h"
#include "util/span.h"

enum { ACME_SIGNATURE = 64 };

/* A new one. Free with EVP_PKEY_free. */
EVP_PKEY *acme_key_new(void);
/* Reads a private key in PEM. NULL with err: it is no key on P-256. */
EVP_PKEY *acme_key_read(struct span pem, struct error *err);
/* Appends the private key in PEM (PKCS#8). Wipe it. */
void acme_key_write(struct buf *out, EVP_PKEY *key);
/* Appends the public key as a JWK, as RFC 7638 orders its members. */
void acme_key_jwk(struct buf *out, EVP_PKEY *key);
/* Appends the thumbprint of a JWK in the order of RFC 7638. */
void acme_key_thumbprint(struct buf *out, struct span jwk);
/* ES256: r and s, 32 bytes each. */
void acme_key_sign(unsigned char out[ACME_SIGNATURE], EVP_PKEY *key, struct span text);

#endif
