/* exchange -- one request while it is read and served, in an arena of its own, whose size
 * counts for all requests together. */
#ifndef OFFHOOK_HTTP_EXCHANGE_H
#define OFFHOOK_HTTP_EXCHANGE_H

#include <stdatomic.h>

#include "http/parser.h"
#include "http/server.h"

struct exchange {
	struct request request;
	struct connection *connection; /* the owner's */
	struct parser *parser;
	size_t charged; /* bytes of it that are counted */
};

/* number: of the loop's requests, from 1. */
struct exchange *exchange_new(struct loop *loop, const struct sockaddr_storage *peer,
    uint64_t number, const struct server_limits *limits);
/* Gives the arena back to the loop, unless somebody has taken it (request.arena is NULL).
 * NULL is fine. */
void exchange_free(struct exchange *exchange, atomic_size_t *memory);
/* Adds what the request has grown by; false when all requests together have more than
 * limit. */
bool exchange_charge(struct exchange *exchange, atomic_size_t *memory, size_t limit);

#endif
