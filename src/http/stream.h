/* stream -- the bytes of one connection. Only this file knows that they come from a TCP
 * socket which libevent watches. Reading and writing are one function each
 * (stream_receive, stream_transmit in stream.c): what else may stand between socket and
 * stream has its place there. */
#ifndef OFFHOOK_HTTP_STREAM_H
#define OFFHOOK_HTTP_STREAM_H

#include <event2/event_struct.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "http/loop.h"
#include "util/buf.h"

struct stream {
	struct loop *loop;
	int fd;                /* -1 once closed */
	int watch;             /* what libevent watches: EV_READ, EV_WRITE */
	bool ready;            /* the socket may have bytes */
	bool eof;              /* the peer will send no more */
	bool broken;           /* nothing more can be sent */
	bool held;             /* stream_hold: not reading */
	bool keeping;          /* `in` is in `kept` */
	struct span in;        /* received, not yet eaten */
	struct buf kept, out;  /* `in` while held; what the socket has not taken */
	size_t sent;           /* of `out` */
	atomic_size_t *memory; /* where kept and out are counted */
	struct event event;
	void (*wake)(struct stream *stream);
};

/* Takes over the non-blocking socket. wake is called on the loop's thread when bytes may
 * be there, all are sent, or broken was set. The bytes that it must keep are counted in
 * *memory. */
void stream_open(struct stream *stream, struct loop *loop, int fd,
    atomic_size_t *memory, void (*wake)(struct stream *stream));
/* Harmless when closed already. */
void stream_close(struct stream *stream);

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

/* Sends both in one write, and copies what the socket does not take. */
void stream_send(struct stream *stream, struct span head, struct span body);
/* Whether the socket has taken all bytes. */
bool stream_sent(const struct stream *stream);
/* Tells the peer that no more will be sent. It may still send. */
void stream_finish(struct stream *stream);

#endif
