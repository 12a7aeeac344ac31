/* peer -- a client of TLS whose records the test sees before they are sent, so that it may
 * cut them. Nothing of it fails a test: any thread. */
#ifndef OFFHOOK_TESTS_PEER_H
#define OFFHOOK_TESTS_PEER_H

#include "test.h"

#include <openssl/ssl.h>

#include "util/buf.h"

struct peer {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	bool notified; /* the server has said that no more will come */
};

/* All of it may be absent. */
struct peer_wish {
	const char *name;     /* SNI */
	const char *alpn;     /* as on the wire: "\x08http/1.1" */
	int min, max;         /* versions: TLS1_2_VERSION */
	SSL_SESSION *session; /* to be resumed */
	X509 *trusted; /* else it believes anybody; then it checks the name, too */
};

/* Takes over the blocking socket. Sends nothing yet. */
void peer_open(struct peer *peer, int fd, const struct peer_wish *wish);
void peer_close(struct peer *peer);

/* The whole handshake; false: refused. */
bool peer_greet(struct peer *peer);
/* The bytes that it would send next, of the handshake or of what peer_write has written. */
void peer_take(struct peer *peer, struct buf *out);
/* Encrypts, and sends nothing. */
bool peer_write(struct peer *peer, const void *bytes, size_t len);
/* Sends the bytes that peer_take gave; false: the connection is gone. */
bool peer_send(const struct peer *peer, const void *bytes, size_t len);
/* Encrypts and sends. */
bool peer_put(struct peer *peer, const void *bytes, size_t len);
bool peer_puts(struct peer *peer, const char *text);
/* Some more of what the server says; false at its end. */
bool peer_get(struct peer *peer, struct buf *in);
/* Until that text has come; false: the end came before. */
bool peer_get_until(struct peer *peer, struct buf *in, const char *text);
/* Says that no more will be sent. */
void peer_finish(struct peer *peer);
/* Whether that is the server's certificate. */
bool peer_sees(const struct peer *peer, const X509 *certificate);

#endif
