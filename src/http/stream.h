/* stream -- the bytes of one connection. Only this file knows that it is a libevent
 * bufferevent on a TCP socket. */
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
	bool held;               /* stream_hold: not reading */
	void (*wake)(struct stream *stream);
};

/* Takes over the non-blocking socket. wake is called on the loop's thread when bytes
 * were received or sent, or eof or broken was set. */
void stream_open(struct stream *stream, struct loop *loop, int fd,
    void (*wake)(struct stream *stream));
/* Harmless when closed already. */
void stream_close(struct stream *stream);

/* A first piece of the bytes that were received and not yet eaten; valid until the next
 * call. */
struct span stream_peek(const struct stream *stream);
void stream_eat(struct stream *stream, size_t len);
/* Stops reading and goes on. While a request is being answered, nothing is read, so
 * that memory stays bounded. */
void stream_hold(struct stream *stream);
void stream_go(struct stream *stream);
/* Whether unread bytes wait in the socket. */
bool stream_waiting(const struct stream *stream);

/* Sends both in one write, and copies what the socket does not take. */
void stream_send(struct stream *stream, struct span head, struct span body);
/* Whether the socket has taken all bytes. */
bool stream_sent(const struct stream *stream);
/* Tells the peer that no more will be sent. It may still send. */
void stream_finish(struct stream *stream);

#endif
