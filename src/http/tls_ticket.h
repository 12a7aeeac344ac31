/* tls_ticket -- the keys of session tickets, with which a client that comes back spares
 * itself and the server a handshake's signature. They change each day; a ticket of the day
 * before is still good, and replaced. They are nowhere but in memory, so that who steals the
 * machine's disk reads nothing that was sent before. */
#ifndef OFFHOOK_HTTP_TLS_TICKET_H
#define OFFHOOK_HTTP_TLS_TICKET_H

#include <openssl/types.h>
#include <stdint.h>

#include "util/error.h"

struct tls_tickets;

/* -1 with err when there are no random numbers. */
int tls_tickets_new(struct tls_tickets **out, struct error *err);
void tls_tickets_free(struct tls_tickets *tickets);
/* For the context that sessions begin with. Each of them is then given its tickets. */
void tls_tickets_use(SSL_CTX *ctx);
void tls_tickets_attach(struct tls_tickets *tickets, SSL *ssl);

#endif
