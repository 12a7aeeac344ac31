/* jws -- requests to a CA are JSON Web Signatures (RFC 8555, section 6.2). */
#ifndef OFFHOOK_ACME_JWS_H
#define OFFHOOK_ACME_JWS_H

#include "acme/acme_key.h"

struct jws_head {
	const char *url;
	const char *nonce;
	const char *account; /* its URL; NULL: the public key stands in its place */
};

/* Appends the body of a request. payload absent or empty: a POST-as-GET. */
void jws_make(
    struct buf *out, EVP_PKEY *key, const struct jws_head *head, struct span payload);

/* What binds an account to one that its owner has at the CA already (section 7.3.4). */
struct jws_eab {
	const char *id, *key; /* the key as the CA gives it: base64url */
};

/* Appends the member externalAccountBinding for the new account's public key. -1 with err,
 * which does not show the key: it is not base64url. */
int jws_bind(struct buf *out, const struct jws_eab *eab, const char *url, EVP_PKEY *key,
    struct error *err);

#endif
