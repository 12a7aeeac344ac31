#include "http/stream.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "http/loop_internal.h"

static void stream_on_bytes(struct bufferevent *bev, void *ctx)
{
	struct stream *stream = ctx;
	(void)bev;
	stream->wake(stream);
}

static void stream_on_event(struct bufferevent *bev, short what, void *ctx)
{
	struct stream *stream = ctx;
	(void)bev;
	stream->eof = true;
	/* A client that closed only its sending side still gets its answer. */
	if ((what & BEV_EVENT_EOF) == 0 || (what & BEV_EVENT_WRITING) != 0)
		stream->broken = true;
	stream->wake(stream);
}

void stream_open(struct stream *stream, struct loop *loop, int fd,
    void (*wake)(struct stream *stream))
{
	int on = 1;
	/* A reply must not wait for the ACK of the previous one. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	*stream = (struct stream){.wake = wake};
	stream->bev =
	    bufferevent_socket_new(loop_base(loop), fd, BEV_OPT_CLOSE_ON_FREE);
	assert(stream->bev != NULL);
	bufferevent_setcb(
	    stream->bev, stream_on_bytes, stream_on_bytes, stream_on_event, stream);
	(void)bufferevent_enable(stream->bev, EV_READ);
}

void stream_close(struct stream *stream)
{
	if (stream->bev != NULL)
		bufferevent_free(stream->bev);
	stream->bev = NULL;
	stream->eof = stream->broken = true;
}

struct span stream_peek(const struct stream *stream)
{
	struct evbuffer_iovec piece;
	if (stream->bev == NULL)
		return (struct span){0};
	struct evbuffer *input = bufferevent_get_input(stream->bev);
	if (evbuffer_peek(input, -1, NULL, &piece, 1) < 1)
		return (struct span){0};
	return (struct span){piece.iov_base, piece.iov_len};
}

void stream_eat(struct stream *stream, size_t len)
{
	(void)evbuffer_drain(bufferevent_get_input(stream->bev), len);
}

void stream_hold(struct stream *stream)
{
	if (stream->held || stream->eof)
		return;
	(void)bufferevent_disable(stream->bev, EV_READ);
	stream->held = true;
}

void stream_go(struct stream *stream)
{
	if (!stream->held)
		return;
	stream->held = false;
	if (!stream->eof)
		(void)bufferevent_enable(stream->bev, EV_READ);
}

bool stream_waiting(const struct stream *stream)
{
	char byte;
	return stream->bev != NULL && recv(bufferevent_getfd(stream->bev), &byte, 1,
					  MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* Returns how much the socket takes at once; 0 also when it is broken, which the
 * bufferevent will then notice. libevent's own writing would cost two changes of the
 * epoll set. */
static size_t stream_send_now(struct stream *stream, struct span head, struct span body)
{
	union {
		const char *in;
		void *out;
	} bytes[2] = {{head.ptr}, {body.ptr}};
	struct iovec pieces[2] = {{bytes[0].out, head.len}, {bytes[1].out, body.len}};
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = body.len > 0 ? 2 : 1};
	ssize_t sent = sendmsg(
	    bufferevent_getfd(stream->bev), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	return sent < 0 ? 0 : (size_t)sent;
}

void stream_send(struct stream *stream, struct span head, struct span body)
{
	if (stream->broken)
		return;
	size_t sent = stream_sent(stream) ? stream_send_now(stream, head, body) : 0;
	if (sent < head.len)
		(void)bufferevent_write(stream->bev, head.ptr + sent, head.len - sent);
	sent = sent < head.len ? 0 : sent - head.len;
	if (sent < body.len)
		(void)bufferevent_write(stream->bev, body.ptr + sent, body.len - sent);
}

bool stream_sent(const struct stream *stream)
{
	return stream->bev == NULL ||
	       evbuffer_get_length(bufferevent_get_output(stream->bev)) == 0;
}

void stream_finish(struct stream *stream)
{
	if (stream->bev != NULL)
		(void)shutdown(bufferevent_getfd(stream->bev), SHUT_WR);
}
