/* tls_fixture -- an echo server with TLS, and certificates for it. */
#ifndef OFFHOOK_TESTS_TLS_FIXTURE_H
#define OFFHOOK_TESTS_TLS_FIXTURE_H

#include "client.h"

#include <fcntl.h>
#include <stdlib.h>

#include "http/tls.h"
#include "tls/issue.h"
#include "tls/peer.h"

#define HOST "Host: h\r\n"

struct secure {
	char dir[64];
	struct tls *tls;
	struct server *server; /* secure_serve */
};

static inline void secure_open(struct secure *secure)
{
	*secure = (struct secure){.dir = "/tmp/offhook-tls-XXXXXX"};
	assert_non_null(mkdtemp(secure->dir));
	assert_int_equal(tls_open(&secure->tls, NULL), 0);
}

/* Exchanges the certificates for these. */
static inline void secure_load(
    struct secure *secure, const struct issued *const *all, size_t count)
{
	char files[4][2][96];
	struct tls_pair pairs[4];
	struct error err = {{0}};
	assert_true(count <= 4);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(files[i][0], 96, "%s/%zu.pem", secure->dir, i);
		(void)snprintf(files[i][1], 96, "%s/%zu.key", secure->dir, i);
		issue_write_chain(files[i][0], all[i], NULL);
		issue_write_key(files[i][1], all[i], NULL);
		pairs[i] = (struct tls_pair){files[i][0], files[i][1]};
	}
	if (tls_load(secure->tls, pairs, count, &err) != 0)
		fail_msg("%s", err.text);
}

static inline void secure_serve(
    struct secure *secure, const struct server_config *config)
{
	struct server_config own = *config;
	own.tls = secure->tls;
	secure->server = start(&own);
}

static inline struct server_stats secure_stats(const struct secure *secure)
{
	struct server_stats stats;
	server_stats(secure->server, &stats);
	return stats;
}

/* All that was held must have been given back. */
static inline void secure_close(struct secure *secure)
{
	char command[100];
	if (secure->server != NULL) {
		WAIT_FOR(secure_stats(secure).connections_open == 0);
		assert_int_equal(secure_stats(secure).memory_bytes, 0);
	}
	server_close(secure->server);
	tls_close(secure->tls);
	(void)snprintf(command, sizeof(command), "rm -rf %s", secure->dir);
	assert_int_equal(system(command), 0);
}

/* Connects and makes the handshake; false: refused. */
static inline bool secure_dial(
    struct peer *peer, const struct secure *secure, const struct peer_wish *wish)
{
	peer_open(peer, dial(secure->server), wish);
	return peer_greet(peer);
}

#endif
