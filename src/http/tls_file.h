/* tls_file -- a certificate as it stands in files, checked before it is served: a client
 * would say only "handshake failed". */
#ifndef OFFHOOK_HTTP_TLS_FILE_H
#define OFFHOOK_HTTP_TLS_FILE_H

#include <openssl/types.h>

#include "http/tls.h"

/* What is no fault, but may surprise. */
enum { TLS_ISSUER_SIZE = 128 };

struct tls_file {
	char unknown_ca
	    [TLS_ISSUER_SIZE]; /* this machine does not know it; "": it does */
};

/* Gives certificate, chain and key to the context. -1 with err: a file cannot be read, the
 * key is another certificate's, the certificate has expired or is not valid yet, or a
 * certificate between it and a CA that this machine trusts is missing or out of order. */
int tls_file_load(
    struct tls_file *out, SSL_CTX *ctx, const struct tls_pair *pair, struct error *err);

#endif
