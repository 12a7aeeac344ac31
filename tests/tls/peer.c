#include "tls/peer.h"

#include <openssl/err.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

void peer_open(struct peer *peer, int fd, const struct peer_wish *wish)
{
	*peer = (struct peer){.fd = fd, .ctx = SSL_CTX_new(TLS_client_method())};
	SSL_CTX *ctx = peer->ctx;
	SSL_CTX_set_security_level(
	    ctx, 0); /* what is too old is the server's to refuse */
	if (wish->min != 0)
		(void)SSL_CTX_set_min_proto_version(ctx, wish->min);
	if (wish->max != 0)
		(void)SSL_CTX_set_max_proto_version(ctx, wish->max);
	if (wish->trusted != NULL) {
		(void)X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), wish->trusted);
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	}
	peer->ssl = SSL_new(ctx);
	SSL_set_bio(peer->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(peer->ssl);
	if (wish->name != NULL)
		(void)SSL_set_tlsext_host_name(peer->ssl, (uintptr_t)wish->name);
	if (wish->name != NULL && wish->trusted != NULL)
		(void)SSL_set1_host(peer->ssl, wish->name);
	if (wish->alpn != NULL)
		(void)SSL_set_alpn_protos(peer->ssl, (const unsigned char *)wish->alpn,
		    (unsigned)strlen(wish->alpn));
	if (wish->session != NULL)
		(void)SSL_set_session(peer->ssl, wish->session);
}

void peer_close(struct peer *peer)
{
	SSL_free(peer->ssl);
	SSL_CTX_free(peer->ctx);
	if (peer->fd >= 0)
		(void)close(peer->fd);
	*peer = (struct peer){.fd = -1};
}

void peer_take(struct peer *peer, struct buf *out)
{
	char bytes[4096];
	int got;
	if (!SSL_is_init_finished(peer->ssl))
		(void)SSL_do_handshake(peer->ssl);
	while ((got = BIO_read(SSL_get_wbio(peer->ssl), bytes, sizeof(bytes))) > 0)
		buf_add(out, bytes, (size_t)got);
}

bool peer_send(const struct peer *peer, const void *bytes, size_t len)
{
	const char *at = bytes;
	while (len > 0) {
		ssize_t sent = send(peer->fd, at, len, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		at += sent;
		len -= (size_t)sent;
	}
	return true;
}

static bool peer_flush(struct peer *peer)
{
	struct buf out = {0};
	char bytes[4096];
	int got;
	while ((got = BIO_read(SSL_get_wbio(peer->ssl), bytes, sizeof(bytes))) > 0)
		buf_add(&out, bytes, (size_t)got);
	bool sent = peer_send(peer, out.ptr, out.len);
	buf_free(&out);
	return sent;
}

/* Reads some bytes of records; false at the end. */
static bool peer_feed(struct peer *peer)
{
	char bytes[16384];
	struct pollfd wait = {.fd = peer->fd, .events = POLLIN};
	if (poll(&wait, 1, PATIENCE_MS) != 1)
		return false;
	ssize_t got = recv(peer->fd, bytes, sizeof(bytes), 0);
	return got > 0 && BIO_write(SSL_get_rbio(peer->ssl), bytes, (int)got) == got;
}

bool peer_greet(struct peer *peer)
{
	for (;;) {
		ERR_clear_error();
		int rc = SSL_do_handshake(peer->ssl);
		int why = SSL_get_error(peer->ssl, rc);
		if (!peer_flush(peer) || (rc != 1 && why != SSL_ERROR_WANT_READ))
			return false;
		if (rc == 1)
			return true;
		if (!peer_feed(peer))
			return false;
	}
}

bool peer_write(struct peer *peer, const void *bytes, size_t len)
{
	size_t written;
	ERR_clear_error();
	return SSL_write_ex(peer->ssl, bytes, len, &written) == 1 && written == len;
}

bool peer_put(struct peer *peer, const void *bytes, size_t len)
{
	return peer_write(peer, bytes, len) && peer_flush(peer);
}

bool peer_puts(struct peer *peer, const char *text)
{
	return peer_put(peer, text, strlen(text));
}

bool peer_get(struct peer *peer, struct buf *in)
{
	char bytes[16384];
	size_t got;
	for (;;) {
		ERR_clear_error();
		int rc = SSL_read_ex(peer->ssl, bytes, sizeof(bytes), &got);
		(void)peer_flush(peer);
		if (rc == 1) {
			buf_add(in, bytes, got);
			return true;
		}
		peer->notified |=
		    (SSL_get_shutdown(peer->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
		if (SSL_get_error(peer->ssl, rc) != SSL_ERROR_WANT_READ ||
		    !peer_feed(peer))
			return false;
	}
}

bool peer_get_until(struct peer *peer, struct buf *in, const char *text)
{
	while (strstr(buf_text(in), text) == NULL)
		if (!peer_get(peer, in))
			return false;
	return true;
}

void peer_finish(struct peer *peer)
{
	ERR_clear_error();
	(void)SSL_shutdown(peer->ssl);
	(void)peer_flush(peer);
}

bool peer_sees(const struct peer *peer, const X509 *certificate)
{
	const X509 *seen = SSL_get0_peer_certificate(peer->ssl);
	return seen != NULL && X509_cmp(seen, certificate) == 0;
}
