/* exchange -- one keep-alive connection of a load generator: a request there, its reply
 * back. */
#ifndef OFFHOOK_BENCH_EXCHANGE_H
#define OFFHOOK_BENCH_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message.h"
#include "util/buf.h"

enum { EXCHANGE_REPLY_MAX = 8192, EXCHANGE_STATUS_END = 600 };

struct exchange {
	int fd;           /* -1: gone */
	bool waiting;     /* for a reply */
	int64_t since_us; /* what its reply's time counts from */
	struct buf request;
	size_t got;
	char reply[EXCHANGE_REPLY_MAX];
};

enum exchange_result {
	EXCHANGE_WAITS,     /* the reply is not there, or not whole */
	EXCHANGE_OK,        /* 204, or 200 with TwiML */
	EXCHANGE_REFUSED,   /* another status */
	EXCHANGE_MALFORMED, /* a reply that cannot be read, or whose body is not TwiML */
	EXCHANGE_CLOSED     /* by the server */
};

/* Connects, and has the epoll tell of it, with exchange as data. False, with a line on
 * stderr, when the server ("127.0.0.1:8080") is not there. */
bool exchange_open(struct exchange *exchange, const char *address, int epoll);
void exchange_close(struct exchange *exchange); /* also of one that is gone */
/* Sends the maker's next message. False when the connection does not take it. */
bool exchange_send(
    struct exchange *exchange, struct message_maker *maker, int64_t since_us);
/* Takes what has come; *status is that of a whole reply. Only after EXCHANGE_OK and
 * EXCHANGE_REFUSED may the connection be used again. */
enum exchange_result exchange_receive(struct exchange *exchange, int *status);

#endif
