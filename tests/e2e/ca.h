/* ca -- what a client of a CA is tested with: Pebble (Let's Encrypt's test CA), a CA that
 * answers what the test wants, and a listener that answers challenges. */
#ifndef OFFHOOK_TESTS_CA_H
#define OFFHOOK_TESTS_CA_H

#include "test.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <sys/types.h>

#include "acme/order_child.h"
#include "util/buf.h"

/* A port on which nothing listens at present. */
int ca_free_port(void);
/* Listens on 127.0.0.1; the port in *port when that was 0. */
int ca_listen(int *port);
/* Writes a certificate for localhost, which is its own authority, and its key. */
void ca_write_certificate(const char *cert_file, const char *key_file);

/* ---- Pebble ---- */

struct pebble {
	char dir[64];       /* its own; removed at the end */
	char ca_file[80];   /* whom to trust */
	char directory[64]; /* its URL */
	int port, http_port, tls_port;
	const char *nonce_reject; /* of 100 nonces; NULL: 0 */
	bool account_required;    /* with the key "kid-1", PEBBLE_EAB_KEY */
	pid_t pid, dns;
};

#define PEBBLE_EAB_KEY                                                                 \
	"zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"

/* Fields that are not its own are set before. It looks all names up as 127.0.0.1. */
void pebble_start(struct pebble *pebble);
/* Ends it, and forgets all accounts. */
void pebble_stop(struct pebble *pebble);
void pebble_again(struct pebble *pebble);
void pebble_end(struct pebble *pebble);

/* ---- answers of challenges ---- */

struct responder {
	int http_port, tls_port;
	int http_fd, tls_fd;
	pthread_t http, tls;
	pthread_mutex_t lock;
	char type[32], name[256], token[256], key_authorization[512];
	size_t set, cleared;           /* how often */
	bool refuse_alpn, refuse_http; /* says that it cannot answer these */
	bool wrong;                    /* answers another challenge */
	struct order_child_calls calls;
};

void responder_start(struct responder *responder);
void responder_stop(struct responder *responder);

/* ---- a CA that answers what the test wants ---- */

struct fake_ca {
	char ca_file[80], key_file[80], directory[64];
	int port, fd;
	SSL_CTX *tls;
	pthread_t thread;
	pthread_mutex_t lock;
	/* what POST /order answers; status 0: 500 and an empty object */
	int status;
	const char *headers, *body;
	const char *window; /* what GET /renewal/… answers; NULL: 404 */
	struct buf orders;  /* payloads of all orders, one a line */
	char asked[256];    /* the last path under /renewal/ */
};

/* What it answers is set before. */
void fake_ca_start(struct fake_ca *ca, const char *dir);
void fake_ca_stop(struct fake_ca *ca);
/* Whether an order came that has that text; waits for it. */
bool fake_ca_was_asked(struct fake_ca *ca, const char *text);

#endif
