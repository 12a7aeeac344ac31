/* channel -- a non-blocking TCP socket, with or without TLS on it. Never waits. */
#ifndef OFFHOOK_HTTP_CHANNEL_H
#define OFFHOOK_HTTP_CHANNEL_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/span.h"

struct tls;

struct channel {
	int fd;          /* -1 once closed */
	struct tls *tls; /* NULL: without */
	SSL *ssl;        /* since the client's first byte */
	bool greeted;    /* the handshake is done; true without TLS */
	bool writes;     /* it goes on when the socket can be written to */
	bool failed;     /* of TLS: nothing more may be done */
};

enum { CHANNEL_LATER = -1, CHANNEL_BROKEN = -2, CHANNEL_PLAIN = -3 };

/* Takes over the socket. */
void channel_open(struct channel *channel, int fd, struct tls *tls);
/* Harmless when closed already. */
void channel_close(struct channel *channel);

/* Goes on with the handshake: 1 when it is done, or CHANNEL_*. PLAIN: the client speaks plain
 * HTTP and was told that this is wrong; what it still sends is to be read, or a reset would
 * take that from it. */
int channel_greet(struct channel *channel);
/* Whether the client has left, whatever it said before. */
bool channel_left(const struct channel *channel);
/* How many bytes came; 0 at the end, or CHANNEL_LATER or _BROKEN. */
ssize_t channel_receive(struct channel *channel, void *bytes, size_t room);
/* Whether more bytes are here, which the socket no longer shows. */
bool channel_pending(const struct channel *channel);
/* Whether the client has begun what is not whole: a record, or a message of TLS's own. */
bool channel_partial(const struct channel *channel);
/* How many bytes were taken, or CHANNEL_LATER or _BROKEN. What was not taken must be sent next. */
ssize_t channel_transmit(struct channel *channel, struct span head, struct span body);
/* Tells the peer that no more will be sent. It may still send. */
void channel_finish(struct channel *channel);

/* The memory that TLS holds for a handshake, or for a record that is not whole; `unsent`:
 * the last channel_transmit did not take all. */
size_t channel_memory(const struct channel *channel, bool unsent);

#endif
