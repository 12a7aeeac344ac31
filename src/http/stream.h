/* stream -- the bytes of one connection: the only place that knows it is a libevent
 * bufferevent on a TCP socket (and, with TLS, would be one on OpenSSL). */
#ifndef OFFHOOK_HTTP_STREAM_H
#define OFFHOOK_HTTP_STREAM_H

#include <stdbool.h>

#include "http/loop.h"
#include "util/span.h"

struct bufferevent;

struct stream {
	struct bufferevent *bev; /* NULL once closed */
	bool eof;                /* the peer will send no more */
	bool broken;             /* nothing more can be sent */
	bool held;
	void (*wake)(struct stream *stream);
};

/* Takes the socket, which does not block. wake is called on the loop's thread when
 * bytes have come or gone, or eof or broken was set. */
void stream_open(struct stream *stream, struct loop *loop, int fd,
    void (*wake)(struct stream *stream));
/* Harmless when closed already. */
void stream_close(struct stream *stream);

/* Bytes read and not yet eaten: a first piece of them; valid until the next call. */
struct span stream_peek(const struct stream *stream);
void stream_eat(struct stream *stream, size_t len);
/* Stops reading, so that memory stays bounded while a request is being answered, and
 * goes on. */
void stream_hold(struct stream *stream);
void stream_go(struct stream *stream);
/* Whether bytes wait in the socket that were not read yet. */
bool stream_waiting(const struct stream *stream);

/* Sends both, in one write where the socket takes it, and copies what it does not. */
void stream_send(struct stream *stream, struct span head, struct span body);
/* Whether all has left. */
bool stream_sent(const struct stream *stream);
/* No more will be sent: tells the peer, who may still send. */
void stream_finish(struct stream *stream);

#endif
