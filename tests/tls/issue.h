/* issue -- certificates for tests, made where they are needed. */
#ifndef OFFHOOK_TESTS_ISSUE_H
#define OFFHOOK_TESTS_ISSUE_H

#include "test.h"

#include <openssl/types.h>

struct issued {
	X509 *certificate;
	EVP_PKEY *key;
};

struct issue {
	const char *name;            /* the subject's */
	const char *names;           /* "DNS:a.example,DNS:*.b.example"; NULL: none */
	const struct issued *issuer; /* NULL: itself */
	long from_s, until_s;        /* from now; both 0: the day around now */
	bool ca;
	bool rsa; /* its key; else of P-256 */
};

void issue_make(struct issued *out, const struct issue *how);
/* A server's certificate with these names. */
void issue_server(struct issued *out, const char *names, const struct issued *issuer);
void issue_free(struct issued *issued);

/* Writes a file anew (beside it, then renamed): certificates, until NULL. */
void issue_write_chain(const char *path, const struct issued *first, ...)
    __attribute__((sentinel));
/* The certificate and its key, in one file. */
void issue_write_both(const char *path, const struct issued *issued);
/* passphrase NULL: not encrypted */
void issue_write_key(
    const char *path, const struct issued *issued, const char *passphrase);

#endif
