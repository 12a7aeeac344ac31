#include "http/stream.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "http/loop_internal.h"

/* ---- the socket ---- */

enum { STREAM_LATER = -1, STREAM_BROKEN = -2 };

static ssize_t stream_failed(void)
{
	return errno == EAGAIN || errno == EINTR ? STREAM_LATER : STREAM_BROKEN;
}

/* How many bytes came; 0 at the end, or one of the above. */
static ssize_t stream_receive(const struct stream *stream, void *bytes, size_t room)
{
	ssize_t got = recv(stream->fd, bytes, room, 0);
	return got < 0 ? stream_failed() : got;
}

/* How many bytes were taken, or one of the above. */
static ssize_t stream_transmit(
    const struct stream *stream, struct span head, struct span body)
{
	union {
		const char *in;
		void *out;
	} bytes[2] = {{head.ptr}, {body.ptr}};
	struct iovec pieces[2] = {{bytes[0].out, head.len}, {bytes[1].out, body.len}};
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = body.len > 0 ? 2 : 1};
	ssize_t sent = sendmsg(stream->fd, &message, MSG_NOSIGNAL);
	return sent < 0 ? stream_failed() : sent;
}

/* ---- what is watched ---- */

static void stream_break(struct stream *stream)
{
	stream->eof = stream->broken = true;
}

static void stream_on_event(evutil_socket_t fd, short what, void *ctx);

static void stream_watch(struct stream *stream, int what)
{
	if (what == stream->watch)
		return;
	if (stream->watch != 0)
		(void)event_del(&stream->event);
	stream->watch = what;
	if (what == 0)
		return;
	if (event_assign(&stream->event, loop_base(stream->loop), stream->fd,
		(short)(what | EV_PERSIST), stream_on_event, stream) != 0 ||
	    event_add(&stream->event, NULL) != 0)
		stream_break(stream);
}

/* Nothing else may call it while the bytes of another stream stand there. */
static void stream_fill(struct stream *stream)
{
	char *scratch = loop_scratch(stream->loop);
	ssize_t got = stream_receive(stream, scratch, LOOP_SCRATCH_BYTES);
	stream->ready = false;
	if (got > 0)
		stream->in = (struct span){scratch, (size_t)got};
	else if (got == 0)
		stream->eof = true;
	else if (got == STREAM_BROKEN)
		stream_break(stream);
}

/* ---- what is kept ---- */

static void stream_keep(struct stream *stream, struct buf *buf, struct span bytes)
{
	size_t before = buf->cap;
	buf_put(buf, bytes);
	atomic_fetch_add_explicit(
	    stream->memory, buf->cap - before, memory_order_relaxed);
}

static void stream_drop(struct stream *stream, struct buf *buf)
{
	if (buf->cap == 0)
		return;
	atomic_fetch_sub_explicit(stream->memory, buf->cap, memory_order_relaxed);
	buf_free(buf);
}

static void stream_flush(struct stream *stream)
{
	struct span rest = span_from(buf_span(&stream->out), stream->sent);
	ssize_t sent = stream_transmit(stream, rest, (struct span){0});
	if (sent == STREAM_BROKEN)
		stream_break(stream);
	if (sent > 0)
		stream->sent += (size_t)sent;
	if (stream->sent < stream->out.len)
		return;
	stream_drop(stream, &stream->out);
	stream_watch(stream, stream->watch & ~EV_WRITE);
}

static void stream_on_event(evutil_socket_t fd, short what, void *ctx)
{
	struct stream *stream = ctx;
	(void)fd;
	if ((what & EV_WRITE) != 0)
		stream_flush(stream);
	if ((what & EV_READ) != 0) {
		stream->ready = true;
		if (stream->held)
			stream_watch(stream, stream->watch & ~EV_READ);
	}
	stream->wake(stream);
}

/* ---- what its owner calls ---- */

void stream_open(struct stream *stream, struct loop *loop, int fd,
    atomic_size_t *memory, void (*wake)(struct stream *stream))
{
	/* Who connects sends at once: it is often there already. */
	*stream = (struct stream){
	    .loop = loop, .fd = fd, .ready = true, .memory = memory, .wake = wake};
}

void stream_close(struct stream *stream)
{
	stream_break(stream);
	if (stream->fd < 0)
		return;
	stream_watch(stream, 0);
	stream_drop(stream, &stream->kept);
	stream_drop(stream, &stream->out);
	stream->in = (struct span){0};
	(void)close(stream->fd);
	stream->fd = -1;
}

struct span stream_peek(struct stream *stream)
{
	if (stream->in.len > 0 || stream->eof || stream->held)
		return stream->in;
	if (stream->ready)
		stream_fill(stream);
	return stream->in;
}

void stream_await(struct stream *stream)
{
	if (!stream->held)
		stream_watch(stream,
		    stream->eof ? stream->watch & ~EV_READ : stream->watch | EV_READ);
}

void stream_eat(struct stream *stream, size_t len)
{
	if (len < stream->in.len) {
		stream->in = span_from(stream->in, len);
		return;
	}
	stream->in = (struct span){0};
	stream_drop(stream, &stream->kept);
}

void stream_hold(struct stream *stream)
{
	stream->held = true;
	if (stream->in.len == 0 || stream->kept.len > 0)
		return;
	stream_keep(stream, &stream->kept, stream->in);
	stream->in = buf_span(&stream->kept);
}

void stream_go(struct stream *stream)
{
	stream->held = false;
}

bool stream_waiting(const struct stream *stream)
{
	char byte;
	return stream->in.len > 0 ||
	       (stream->fd >= 0 && recv(stream->fd, &byte, 1, MSG_PEEK) > 0);
}

void stream_send(struct stream *stream, struct span head, struct span body)
{
	if (stream->broken)
		return;
	ssize_t taken =
	    stream_sent(stream) ? stream_transmit(stream, head, body) : STREAM_LATER;
	if (taken == STREAM_BROKEN) {
		stream_break(stream);
		return;
	}
	size_t sent = taken > 0 ? (size_t)taken : 0;
	if (sent == head.len + body.len)
		return;
	if (stream_sent(stream))
		stream->sent = 0;
	if (sent < head.len)
		stream_keep(stream, &stream->out, span_from(head, sent));
	sent = sent < head.len ? 0 : sent - head.len;
	if (sent < body.len)
		stream_keep(stream, &stream->out, span_from(body, sent));
	stream_watch(stream, stream->watch | EV_WRITE);
}

bool stream_sent(const struct stream *stream)
{
	return stream->out.len == 0;
}

void stream_finish(struct stream *stream)
{
	if (stream->fd >= 0)
		(void)shutdown(stream->fd, SHUT_WR);
}
