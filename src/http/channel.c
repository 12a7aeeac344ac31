#include "http/channel.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "http/tls.h"

enum {
	/* A record of TLS holds no more. */
	RECORD_BYTES = 16 * 1024,
	/* So many records that are not the client's data are read at once; a client needs
	 * one. */
	OTHER_RECORDS = 4,
	/* What libssl allocates (3.0), measured. */
	RECORD_MEMORY = 17 * 1024,
	HANDSHAKE_MEMORY = 40 * 1024,
};

void channel_open(struct channel *channel, int fd, struct tls *tls)
{
	*channel = (struct channel){.fd = fd, .tls = tls, .greeted = tls == NULL};
}

/* TLS's own message that no more will be sent, where it can be said. */
static void channel_say_end(struct channel *channel)
{
	if (channel->ssl == NULL || !channel->greeted || channel->failed)
		return;
	(void)SSL_shutdown(channel->ssl);
	ERR_clear_error();
}

void channel_close(struct channel *channel)
{
	if (channel->fd < 0)
		return;
	channel_say_end(channel);
	SSL_free(channel->ssl);
	(void)close(channel->fd);
	*channel = (struct channel){.fd = -1};
}

void channel_finish(struct channel *channel)
{
	if (channel->fd < 0)
		return;
	channel_say_end(channel);
	(void)shutdown(channel->fd, SHUT_WR);
}

/* What a call of libssl that returned rc means. */
static int channel_outcome(struct channel *channel, int rc)
{
	switch (SSL_get_error(channel->ssl, rc)) {
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_WANT_WRITE:
		channel->writes = true;
		return CHANNEL_LATER;
	case SSL_ERROR_WANT_READ:
		return CHANNEL_LATER;
	default:
		channel->failed = true;
		return CHANNEL_BROKEN;
	}
}

/* From here on it is a channel without TLS. */
static void channel_tell_plain(struct channel *channel)
{
	static const char text[] =
	    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n"
	    "Content-Length: 34\r\nConnection: close\r\n\r\n"
	    "this port speaks https, not http.\n";
	(void)send(channel->fd, text, sizeof(text) - 1, MSG_NOSIGNAL);
	SSL_free(channel->ssl);
	channel_open(channel, channel->fd, NULL);
	channel_finish(channel);
}

int channel_greet(struct channel *channel)
{
	if (channel->greeted)
		return 1;
	if (channel->ssl == NULL)
		channel->ssl = tls_session(channel->tls, channel->fd);
	if (channel->ssl == NULL)
		return CHANNEL_BROKEN;
	ERR_clear_error();
	channel->writes = false;
	int rc = SSL_do_handshake(channel->ssl);
	if (rc == 1) {
		channel->greeted = true;
		return 1;
	}
	if (channel_outcome(channel, rc) == CHANNEL_LATER)
		return CHANNEL_LATER;
	if (ERR_GET_REASON(ERR_peek_error()) != SSL_R_HTTP_REQUEST)
		return CHANNEL_BROKEN;
	channel_tell_plain(channel);
	return CHANNEL_PLAIN;
}

bool channel_left(const struct channel *channel)
{
	unsigned char state; /* the first field of struct tcp_info */
	socklen_t len = sizeof(state);
	return getsockopt(channel->fd, IPPROTO_TCP, TCP_INFO, &state, &len) == 0 &&
	       state != TCP_ESTABLISHED;
}

bool channel_pending(const struct channel *channel)
{
	return channel->ssl != NULL && SSL_has_pending(channel->ssl) == 1;
}

static ssize_t channel_failed(void)
{
	return errno == EAGAIN || errno == EINTR ? CHANNEL_LATER : CHANNEL_BROKEN;
}

ssize_t channel_receive(struct channel *channel, void *bytes, size_t room)
{
	size_t got;
	if (channel->tls == NULL) {
		ssize_t count = recv(channel->fd, bytes, room, 0);
		return count < 0 ? channel_failed() : count;
	}
	if (channel->failed)
		return CHANNEL_BROKEN;
	ERR_clear_error();
	channel->writes = false;
	int outcome = CHANNEL_LATER;
	for (int i = 0; i <= OTHER_RECORDS && outcome == CHANNEL_LATER; i++) {
		int rc = SSL_read_ex(channel->ssl, bytes, room, &got);
		if (rc == 1)
			return (ssize_t)got;
		outcome = channel_outcome(channel, rc);
		if (channel->writes || !channel_pending(channel))
			break;
	}
	return outcome;
}

bool channel_partial(const struct channel *channel)
{
	/* A header whose record has not begun is not pending: libssl waits for the body. */
	return channel_pending(channel) ||
	       (channel->ssl != NULL &&
		   (strcmp(SSL_rstate_string(channel->ssl), "RB") == 0 ||
		       SSL_in_init(channel->ssl)));
}

static ssize_t channel_encrypt(struct channel *channel, struct span bytes)
{
	size_t sent;
	if (channel->failed)
		return CHANNEL_BROKEN;
	ERR_clear_error();
	int rc = SSL_write_ex(channel->ssl, bytes.ptr, bytes.len, &sent);
	if (rc == 1)
		return (ssize_t)sent;
	int outcome = channel_outcome(channel, rc);
	channel->writes = false; /* who sends watches for that himself */
	/* An end that the peer has announced is no end of ours. */
	return outcome == 0 ? CHANNEL_BROKEN : outcome;
}

/* Both in one record, where they fit into one. */
static ssize_t channel_encrypt_both(
    struct channel *channel, struct span head, struct span body)
{
	char record[RECORD_BYTES];
	if (body.len == 0 || head.len + body.len > sizeof(record))
		return channel_encrypt(channel, head);
	memcpy(record, head.ptr, head.len);
	memcpy(record + head.len, body.ptr, body.len);
	return channel_encrypt(channel, (struct span){record, head.len + body.len});
}

ssize_t channel_transmit(struct channel *channel, struct span head, struct span body)
{
	union {
		const char *in;
		void *out;
	} bytes[2] = {{head.ptr}, {body.ptr}};
	struct iovec pieces[2] = {{bytes[0].out, head.len}, {bytes[1].out, body.len}};
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = body.len > 0 ? 2 : 1};
	if (channel->tls != NULL)
		return channel_encrypt_both(channel, head, body);
	ssize_t sent = sendmsg(channel->fd, &message, MSG_NOSIGNAL);
	return sent < 0 ? channel_failed() : sent;
}

size_t channel_memory(const struct channel *channel, bool unsent)
{
	if (channel->ssl == NULL)
		return 0;
	if (!channel->greeted)
		return HANDSHAKE_MEMORY;
	int records = (channel_partial(channel) ? 1 : 0) + (unsent ? 1 : 0);
	return (size_t)records * RECORD_MEMORY;
}
