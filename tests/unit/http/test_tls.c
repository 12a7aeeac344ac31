/* Handshakes: which certificate, which protocol, resumed sessions, challenges of a CA. */
#include "http/tls.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "tls_fixture.h"

static struct secure secure;
static struct issued first, exact, wild, multi;

static void load_all(void)
{
	const struct issued *const all[] = {&first, &wild, &exact, &multi};
	secure_load(&secure, all, 4);
}

static int setup(void **state)
{
	struct server_config config = echo_config();
	(void)state;
	secure_open(&secure);
	issue_server(&first, "DNS:first.example", NULL);
	issue_server(&wild, "DNS:*.b.example", NULL);
	issue_server(&exact, "DNS:a.b.example", NULL);
	issue_server(&multi, "DNS:c.example,DNS:d.example,IP:192.0.2.1", NULL);
	load_all();
	secure_serve(&secure, &config);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	secure_close(&secure);
	issue_free(&first);
	issue_free(&wild);
	issue_free(&exact);
	issue_free(&multi);
	return 0;
}

static bool answered(struct peer *peer)
{
	struct buf in = {0};
	bool came = peer_puts(peer, "GET /x HTTP/1.1\r\n" HOST "\r\n") &&
		    peer_get_until(peer, &in, "GET /x []");
	buf_free(&in);
	return came;
}

TEST(the_name_that_is_asked_for_chooses)
{
	static const struct {
		const char *name;
		const struct issued *want;
	} rows[] = {
	    {NULL, &first},
	    {"first.example", &first},
	    {"FIRST.example", &first},
	    {"unknown.example", &first},
	    {"a.b.example", &exact},
	    {"A.B.EXAMPLE", &exact},
	    {"x.b.example", &wild},
	    {"b.example", &first},
	    {"x.y.b.example", &first},
	    {"c.example", &multi},
	    {"d.example", &multi},
	    {".example", &first},
	    {"192.0.2.1", &first},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION;
		     version++) {
			struct peer_wish wish = {
			    .name = rows[i].name, .min = version, .max = version};
			struct peer peer;
			if (!secure_dial(&peer, &secure, &wish) || !answered(&peer))
				fail_msg("%s: no handshake", rows[i].name);
			if (!peer_sees(&peer, rows[i].want->certificate))
				fail_msg("%s: another certificate", rows[i].name);
			peer_close(&peer);
		}
	}
}

TEST(old_versions_are_refused)
{
	static const struct {
		int min, max;
		bool want;
	} rows[] = {
	    {TLS1_VERSION, TLS1_VERSION, false},
	    {TLS1_1_VERSION, TLS1_1_VERSION, false},
	    {TLS1_VERSION, TLS1_1_VERSION, false},
	    {TLS1_VERSION, TLS1_2_VERSION, true},
	    {TLS1_2_VERSION, TLS1_2_VERSION, true},
	    {TLS1_3_VERSION, TLS1_3_VERSION, true},
	    {TLS1_VERSION, TLS1_3_VERSION, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct server_stats before = secure_stats(&secure);
		struct peer_wish wish = {.min = rows[i].min, .max = rows[i].max};
		struct peer peer;
		bool done = secure_dial(&peer, &secure, &wish);
		if (done != rows[i].want)
			fail_msg(
			    "versions %x to %x: %d", rows[i].min, rows[i].max, done);
		if (done)
			assert_true(answered(&peer));
		peer_close(&peer);
		WAIT_FOR(secure_stats(&secure).handshakes_total +
			     secure_stats(&secure).handshake_failures_total ==
			 before.handshakes_total + before.handshake_failures_total + 1);
		assert_int_equal(secure_stats(&secure).handshakes_total,
		    before.handshakes_total + (rows[i].want ? 1 : 0));
	}
}

/* Of the context that has the certificate counts the list, not of the first one. */
TEST(ciphers_without_an_aead_are_refused)
{
	static const struct {
		const char *offered;
		bool want;
	} rows[] = {
	    {"ECDHE-ECDSA-AES128-SHA", false},
	    {"ECDHE-ECDSA-AES256-SHA384", false},
	    {"ECDHE-ECDSA-AES128-SHA256:AES128-SHA:AES128-GCM-SHA256", false},
	    {"ECDHE-ECDSA-AES128-GCM-SHA256", true},
	    {"ECDHE-ECDSA-AES256-GCM-SHA384", true},
	    {"ECDHE-ECDSA-CHACHA20-POLY1305", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct peer_wish wish = {
		    .name = "a.b.example", .max = TLS1_2_VERSION};
		struct peer peer;
		peer_open(&peer, dial(secure.server), &wish);
		assert_int_equal(SSL_set_cipher_list(peer.ssl, rows[i].offered), 1);
		if (peer_greet(&peer) != rows[i].want)
			fail_msg("%s", rows[i].offered);
		peer_close(&peer);
	}
}

TEST(the_protocol_is_http_1_1)
{
	static const struct {
		const char *offered;
		bool want;
	} rows[] = {
	    {NULL, true}, {"\x08http/1.1", true}, {"\x02h2\x08http/1.1", true},
	    {"\x08http/1.1\x0a"
	     "acme-tls/1",
		true},
	    {"\x02h2", false}, {"\x08http/1.0", false},
	    {"\x0a"
	     "acme-tls/1",
		false}, /* nothing is to be validated */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct peer_wish wish = {.alpn = rows[i].offered};
		struct peer peer;
		const unsigned char *chosen;
		unsigned len;
		assert_int_equal(secure_dial(&peer, &secure, &wish), rows[i].want);
		SSL_get0_alpn_selected(peer.ssl, &chosen, &len);
		if (rows[i].want && rows[i].offered != NULL)
			assert_memory_equal(chosen, "http/1.1", len);
		assert_int_equal(len, rows[i].want && rows[i].offered != NULL ? 8 : 0);
		peer_close(&peer);
	}
}

TEST(who_renegotiates_is_refused)
{
	struct peer_wish wish = {.max = TLS1_2_VERSION};
	struct buf in = {0};
	struct peer peer;
	assert_true(secure_dial(&peer, &secure, &wish));
	assert_true(answered(&peer));
	assert_int_equal(SSL_renegotiate(peer.ssl), 1);
	assert_false(peer_greet(&peer) && peer_get(&peer, &in));
	peer_close(&peer);
	buf_free(&in);
}

/* ---- resumed sessions ---- */

/* The session that a client may resume, once it has come. */
static SSL_SESSION *session_of(const char *name, int version)
{
	struct peer_wish wish = {.name = name, .min = version, .max = version};
	struct peer peer;
	assert_true(secure_dial(&peer, &secure, &wish));
	assert_true(answered(&peer));
	SSL_SESSION *session = SSL_get1_session(peer.ssl);
	assert_true(SSL_SESSION_is_resumable(session));
	peer_finish(&peer);
	peer_close(&peer);
	return session;
}

static bool resumes(SSL_SESSION *session, const char *name, const struct issued *sees)
{
	struct peer_wish wish = {.name = name,
	    .session = session,
	    .min = SSL_SESSION_get_protocol_version(session),
	    .max = SSL_SESSION_get_protocol_version(session)};
	struct peer peer;
	assert_true(secure_dial(&peer, &secure, &wish));
	assert_true(answered(&peer));
	bool resumed = SSL_session_reused(peer.ssl) == 1;
	if (!peer_sees(&peer, sees->certificate))
		fail_msg("%s sees another certificate", name);
	peer_close(&peer);
	return resumed;
}

TEST(sessions_are_resumed_also_after_a_reload)
{
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		SSL_SESSION *session = session_of("a.b.example", version);
		assert_true(resumes(session, "a.b.example", &exact));
		SSL_SESSION_free(session);
		session = session_of("a.b.example", version);
		load_all();
		assert_true(resumes(session, "a.b.example", &exact));
		SSL_SESSION_free(session);
	}
}

/* A client of TLS 1.3 uses a ticket once: it gets another with each connection. */
TEST(who_resumes_a_session_may_do_so_again)
{
	SSL_SESSION *session = session_of("a.b.example", TLS1_3_VERSION);
	for (int i = 0; i < 3; i++) {
		struct peer_wish wish = {.name = "a.b.example",
		    .session = session,
		    .min = TLS1_3_VERSION,
		    .max = TLS1_3_VERSION};
		struct peer peer;
		assert_true(secure_dial(&peer, &secure, &wish));
		assert_true(answered(&peer));
		assert_int_equal(SSL_session_reused(peer.ssl), 1);
		SSL_SESSION *next = SSL_get1_session(peer.ssl);
		assert_ptr_not_equal(next, session);
		SSL_SESSION_free(session);
		session = next;
		peer_finish(&peer);
		peer_close(&peer);
	}
	SSL_SESSION_free(session);
}

/* RFC 6066, 3: a session of another name is not resumed. Its client has checked another
 * certificate. */
TEST(a_session_is_of_one_name)
{
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		SSL_SESSION *session = session_of("a.b.example", version);
		assert_false(resumes(session, "c.example", &multi));
		SSL_SESSION_free(session);
		session = session_of(NULL, version);
		assert_false(resumes(session, "c.example", &multi));
		SSL_SESSION_free(session);
		session = session_of("c.example", version);
		assert_false(resumes(session, NULL, &first));
		SSL_SESSION_free(session);
	}
}

/* ---- challenges ---- */

#define ACME                                                                           \
	"\x0a"                                                                         \
	"acme-tls/1"

static bool validates(const char *name, const char *alpn, const struct issued *sees)
{
	struct peer_wish wish = {.name = name, .alpn = alpn};
	struct peer peer;
	bool done = secure_dial(&peer, &secure, &wish);
	if (done && !peer_sees(&peer, sees->certificate))
		fail_msg("%s sees another certificate", name);
	peer_close(&peer);
	return done;
}

/* RFC 8737, 3: for who asks for nothing else. */
TEST(a_challenge_is_for_a_ca_alone)
{
	struct issued challenge, later;
	issue_server(&challenge, "DNS:c.example", NULL);
	issue_server(&later, "DNS:c.example", NULL);
	assert_false(validates("c.example", ACME, NULL));
	tls_challenge_set(
	    secure.tls, "c.example", challenge.certificate, challenge.key);
	assert_true(validates("c.example", ACME, &challenge));
	assert_true(validates("C.EXAMPLE", ACME, &challenge));
	assert_false(validates("d.example", ACME, NULL));
	assert_false(validates(NULL, ACME, NULL));
	assert_true(validates("c.example", NULL, &multi));
	assert_true(validates("c.example", "\x08http/1.1", &multi));
	assert_true(validates("c.example", "\x08http/1.1" ACME, &multi));
	load_all();
	assert_true(validates("c.example", ACME, &challenge));
	tls_challenge_set(secure.tls, "C.example", later.certificate, later.key);
	assert_true(validates("c.example", ACME, &later));
	tls_challenge_clear(secure.tls, "c.example");
	tls_challenge_clear(secure.tls, "c.example");
	assert_false(validates("c.example", ACME, NULL));
	issue_free(&challenge);
	issue_free(&later);
}

/* ---- exchanged while they are used ---- */

enum { CLIENTS = 8, ROUNDS = 20 };

static atomic_int broken;

static void *make_handshakes(void *ctx)
{
	static const char *const names[] = {"a.b.example", "c.example", NULL};
	(void)ctx;
	for (int i = 0; i < ROUNDS; i++) {
		struct peer_wish wish = {.name = names[i % 3],
		    .max = i % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION};
		struct peer peer;
		if (!secure_dial(&peer, &secure, &wish) || !answered(&peer))
			atomic_fetch_add(&broken, 1);
		peer_close(&peer);
	}
	return NULL;
}

TEST(certificates_are_exchanged_while_handshakes_are_made)
{
	pthread_t clients[CLIENTS];
	struct issued challenge;
	struct peer before;
	struct peer_wish wish = {.name = "a.b.example"};
	issue_server(&challenge, "DNS:c.example", NULL);
	assert_true(secure_dial(&before, &secure, &wish));
	for (int i = 0; i < CLIENTS; i++)
		assert_int_equal(
		    pthread_create(&clients[i], NULL, make_handshakes, NULL), 0);
	for (int i = 0; i < ROUNDS; i++) {
		load_all();
		tls_challenge_set(
		    secure.tls, "c.example", challenge.certificate, challenge.key);
		(void)tls_not_after_ms(secure.tls);
		tls_challenge_clear(secure.tls, "c.example");
	}
	for (int i = 0; i < CLIENTS; i++)
		assert_int_equal(pthread_join(clients[i], NULL), 0);
	assert_int_equal(atomic_load(&broken), 0);
	assert_true(answered(&before));
	peer_close(&before);
	issue_free(&challenge);
}

TEST_GROUP(setup, teardown)
