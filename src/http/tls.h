/* tls -- how a server proves who it is: its certificates, each chosen by the name that the
 * client asks for (SNI), and what all its TLS connections have in common. TLS 1.2 and 1.3,
 * http/1.1. Certificates are exchanged while connections are open. */
#ifndef OFFHOOK_HTTP_TLS_H
#define OFFHOOK_HTTP_TLS_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

struct tls;

/* Files in PEM. */
struct tls_pair {
	/* The certificate, then those of its issuers, as the client gets them. */
	const char *chain;
	const char *key; /* not encrypted; NULL: it is in the first file */
};

enum { TLS_CERTIFICATES_MAX = 32 };

/* Without certificates nobody can connect. -1 with err when the machine has no random
 * numbers. */
int tls_open(struct tls **out, struct error *err);
/* After the servers that use it. NULL is fine. */
void tls_close(struct tls *tls);

/* Reads and checks all of them. Each takes the place of the one
 * that this call had at the same index before, for connections that are made from now on; the
 * first one serves clients that ask for no name, or for one that none of them has. Warns in
 * the log of a CA that this machine does not know. -1 with err, which names the file and says
 * what is wrong with it; in its place the one before stays, if there was one. One thread at a
 * time. */
int tls_load(
    struct tls *tls, const struct tls_pair *pairs, size_t count, struct error *err);
/* Whether tls_load would take them; -1 with err. Logs nothing. */
int tls_check(const struct tls_pair *pairs, size_t count, struct error *err);
/* Until when the certificate that ends first is valid, since 1970; 0: there is none. */
int64_t tls_not_after_ms(struct tls *tls);

/* Whether one of them has less than a fifth of its life left; then *out is its end. */
bool tls_ends_soon(struct tls *tls, int64_t now_ms, int64_t *out);

enum { TLS_PIN_SIZE = 45 };

/* SHA-256 of the public key that a client sees who asks for no name, in Base64; "" without
 * certificates. Any thread. */
void tls_pin(struct tls *tls, char out[TLS_PIN_SIZE]);

/* While it is set, a client that asks for this name with the protocol "acme-tls/1" gets this
 * certificate: https://www.rfc-editor.org/rfc/rfc8737. Setting a name again replaces it.
 * Both are copied by reference. Any thread. */
void tls_challenge_set(
    struct tls *tls, const char *name, X509 *certificate, EVP_PKEY *key);
void tls_challenge_clear(struct tls *tls, const char *name); /* harmless when not set */

/* ---- for one connection (http/stream.c) ---- */

/* For the non-blocking socket, which stays the caller's. NULL: out of memory. */
SSL *tls_session(struct tls *tls, int fd);

#endif
