/* stream -- the bytes of one connection, which come from a channel (http/channel.h) that
 * libevent watches, when it is ready. */
#ifndef OFFHOOK_HTTP_STREAM_H
#define OFFHOOK_HTTP_STREAM_H

#include <event2/event_struct.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "http/channel.h"
#include "http/loop.h"
#include "util/buf.h"

struct stream {
	struct loop *loop;
	struct channel channel;
	int watch;             /* what libevent watches: EV_READ, EV_WRITE */
	bool ready;            /* the channel may have bytes */
	bool eof;              /* the peer will send no more */
	bool broken;           /* nothing more can be sent */
	bool held;             /* stream_hold: not reading */
	struct span in;        /* received, not yet eaten */
	struct buf kept, out;  /* `in` while held; what the socket has not taken */
	size_t sent;           /* of `out` */
	atomic_size_t *memory; /* where kept, out, and what TLS holds are counted */
	size_t charged;        /* of what TLS holds */
	struct event event;
	void (*wake)(struct stream *stream);
};

/* Takes over the non-blocking socket, with TLS on it unless tls is NULL. wake is called on
 * the loop's thread when bytes may be there, all are sent, or broken was set. The bytes that
 * it must keep are counted in *memory. */
void stream_open(struct stream *stream, struct loop *loop, int fd, struct tls *tls,
    atomic_size_t *memory, void (*wake)(struct stream *stream));
/* Harmless when closed already. */
void stream_close(struct stream *stream);

/* Takes the handshake a step further, which may cost a signature: 1 when it is done and
 * bytes can pass, 0 when it waits for the client (stream_await), -1 when it failed. Then broken
 * was set, unless the client was told why and what it still sends must be read. */
int stream_greet(struct stream *stream);
/* Whether the client has left, so that a handshake would be for nobody. */
bool stream_left(const struct stream *stream);
/* Whether the client has begun the handshake. */
bool stream_begun(const struct stream *stream);

/* The bytes that were received and not yet eaten. They stand in memory that all streams of
 * the loop share: before another stream may read, all are eaten or this one is held. */
struct span stream_peek(struct stream *stream);
void stream_eat(struct stream *stream, size_t len);
/* All were eaten: wake is called when more have come. Not while held. */
void stream_await(struct stream *stream);
/* Stops reading and goes on. While a request is being answered, nothing is read, so
 * that memory stays bounded. */
void stream_hold(struct stream *stream);
void stream_go(struct stream *stream);
/* Whether unread bytes wait, here or in the socket. */
bool stream_waiting(const struct stream *stream);
/* Whether the client has begun what is not whole, of TLS. */
bool stream_partial(const struct stream *stream);

/* Sends both in one write, and copies what the socket does not take. */
void stream_send(struct stream *stream, struct span head, struct span body);
/* Whether the socket has taken all bytes. */
bool stream_sent(const struct stream *stream);
/* Tells the peer that no more will be sent. It may still send. */
void stream_finish(struct stream *stream);

#endif
