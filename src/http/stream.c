#include "http/stream.h"

#include <assert.h>
#include <event2/event.h>
#include <sys/socket.h>

#include "http/loop_internal.h"

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
	if (event_assign(&stream->event, loop_base(stream->loop), stream->channel.fd,
		(short)(what | EV_PERSIST), stream_on_event, stream) != 0 ||
	    event_add(&stream->event, NULL) != 0)
		stream_break(stream);
}

/* What TLS holds counts as what is kept. */
static void stream_charge(struct stream *stream)
{
	size_t now = channel_memory(&stream->channel, stream->out.len > 0);
	if (now == stream->charged)
		return;
	if (now > stream->charged)
		atomic_fetch_add_explicit(
		    stream->memory, now - stream->charged, memory_order_relaxed);
	else
		atomic_fetch_sub_explicit(
		    stream->memory, stream->charged - now, memory_order_relaxed);
	stream->charged = now;
}

/* Nothing else may call it while the bytes of another stream stand there. */
static void stream_fill(struct stream *stream)
{
	char *scratch = loop_scratch(stream->loop);
	ssize_t got = channel_receive(&stream->channel, scratch, LOOP_SCRATCH_BYTES);
	stream->ready = got > 0 && channel_pending(&stream->channel);
	stream_charge(stream);
	if (got > 0)
		stream->in = (struct span){scratch, (size_t)got};
	else if (got == 0)
		stream->eof = true;
	else if (got == CHANNEL_BROKEN)
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
	ssize_t sent = channel_transmit(&stream->channel, rest, (struct span){0});
	if (sent == CHANNEL_BROKEN)
		stream_break(stream);
	if (sent > 0)
		stream->sent += (size_t)sent;
	if (stream->sent < stream->out.len)
		return;
	stream_drop(stream, &stream->out);
	stream_watch(stream, stream->watch & ~EV_WRITE);
	stream_charge(stream);
}

static void stream_on_event(evutil_socket_t fd, short what, void *ctx)
{
	struct stream *stream = ctx;
	(void)fd;
	/* TLS may have had to write before it could read. */
	stream->ready |= stream->channel.writes;
	if ((what & EV_WRITE) != 0 && stream->out.len > 0)
		stream_flush(stream);
	else if ((what & EV_WRITE) != 0)
		stream_watch(stream, stream->watch & ~EV_WRITE);
	if ((what & EV_READ) != 0) {
		stream->ready = true;
		if (stream->held)
			stream_watch(stream, stream->watch & ~EV_READ);
	}
	stream->wake(stream);
}

/* ---- what its owner calls ---- */

void stream_open(struct stream *stream, struct loop *loop, int fd, struct tls *tls,
    atomic_size_t *memory, void (*wake)(struct stream *stream))
{
	/* Who connects sends at once: it is often there already. */
	*stream = (struct stream){
	    .loop = loop, .ready = tls == NULL, .memory = memory, .wake = wake};
	channel_open(&stream->channel, fd, tls);
}

void stream_close(struct stream *stream)
{
	stream_break(stream);
	if (stream->channel.fd < 0)
		return;
	stream_watch(stream, 0);
	stream_drop(stream, &stream->kept);
	stream_drop(stream, &stream->out);
	stream->in = (struct span){0};
	channel_close(&stream->channel);
	stream_charge(stream);
}

bool stream_left(const struct stream *stream)
{
	return channel_left(&stream->channel);
}

bool stream_begun(const struct stream *stream)
{
	return stream->channel.ssl != NULL;
}

int stream_greet(struct stream *stream)
{
	if (!stream->ready)
		return 0;
	int rc = channel_greet(&stream->channel);
	stream_charge(stream);
	/* The first request may have come with the last of the handshake. */
	stream->ready = rc != CHANNEL_LATER;
	if (rc == CHANNEL_BROKEN)
		stream_break(stream);
	return rc == 1 ? 1 : rc == CHANNEL_LATER ? 0 : -1;
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
	int what = stream->watch | EV_READ | (stream->channel.writes ? EV_WRITE : 0);
	if (!stream->held)
		stream_watch(stream, stream->eof ? stream->watch & ~EV_READ : what);
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
	int fd = stream->channel.fd;
	return stream->in.len > 0 || channel_pending(&stream->channel) ||
	       (fd >= 0 && recv(fd, &byte, 1, MSG_PEEK) > 0);
}

bool stream_partial(const struct stream *stream)
{
	return channel_partial(&stream->channel);
}

void stream_send(struct stream *stream, struct span head, struct span body)
{
	if (stream->broken)
		return;
	ssize_t taken = stream_sent(stream)
			    ? channel_transmit(&stream->channel, head, body)
			    : CHANNEL_LATER;
	if (taken == CHANNEL_BROKEN) {
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
	stream_charge(stream);
}

bool stream_sent(const struct stream *stream)
{
	return stream->out.len == 0;
}

void stream_finish(struct stream *stream)
{
	channel_finish(&stream->channel);
}
