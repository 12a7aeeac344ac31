/* certificate -- what is made for a CA and what comes from it, by libcrypto. Where these
 * fail without a stranger's doing, the program stops. */
#ifndef OFFHOOK_ACME_CERTIFICATE_H
#define OFFHOOK_ACME_CERTIFICATE_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include "acme/acme_names.h"
#include "util/buf.h"
#include "util/error.h"

enum {
	CERTIFICATE_CHAIN_MAX = 10,
	CERTIFICATE_ID_SIZE = 128,
	CERTIFICATE_BYTES = 256 * 1024 /* of a chain as text */
};

/* Appends the request for a certificate (DER): all names, and no common name, which is too
 * short for some. */
void certificate_request(
    struct buf *out, const struct acme_names *names, EVP_PKEY *key);

/* The certificate that answers a challenge tls-alpn-01 for the name (RFC 8737), for a key
 * of ours. Its protocol in ALPN is "acme-tls/1". Free with X509_free. */
X509 *certificate_of_challenge(
    const char *name, const char *key_authorization, EVP_PKEY *key);

struct certificate_facts {
	int64_t not_before_ms, not_after_ms;
	/* How renewal information is asked for (RFC 9773, section 4.1); "" where the
	 * certificate names no key of its issuer. */
	char id[CERTIFICATE_ID_SIZE];
};

/* Reads the first certificate of a chain in PEM, and looks at the others. -1 with err: it
 * is no chain, or, where these are not NULL, the first one is not for all of the names, or
 * not for the key. */
int certificate_read(struct certificate_facts *out, struct span pem,
    const struct acme_names *names, EVP_PKEY *key, struct error *err);

#endif
