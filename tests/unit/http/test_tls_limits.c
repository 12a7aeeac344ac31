/* What clients of TLS can make the server hold, and for how long. Times here are short so
 * that tests wait little; none of them is measured. */
#include <openssl/kdf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

#include "tls_fixture.h"

#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"

static struct secure secure;
static struct issued issued;

static void begin(int64_t request_ms, int64_t idle_ms)
{
	const struct issued *const all[] = {&issued};
	struct server_config config = echo_config();
	config.limits.request_ms = request_ms;
	config.limits.idle_ms = idle_ms;
	secure_open(&secure);
	issue_server(&issued, "DNS:a.example", NULL);
	secure_load(&secure, all, 1);
	secure_serve(&secure, &config);
}

static void end(void)
{
	secure_close(&secure);
	issue_free(&issued);
}

static void greet(struct peer *peer)
{
	const struct peer_wish wish = {.name = "a.example"};
	assert_true(secure_dial(peer, &secure, &wish));
}

/* The bytes of a record with these. */
static void record_of(struct peer *peer, struct buf *out, const char *text)
{
	assert_true(peer_write(peer, text, strlen(text)));
	peer_take(peer, out);
}

enum { LONG_MS = 3600 * 1000, SHORT_MS = 300 };

/* However much of the hello came. */
TEST(a_handshake_without_an_end_ends)
{
	static const size_t parts[] = {0, 1, 5, 6, 100};
	const struct peer_wish wish = {.name = "a.example"};
	struct buf hello = {0};
	struct peer peer;
	begin(SHORT_MS, LONG_MS);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct buf in = {0};
		peer_open(&peer, dial(secure.server), &wish);
		buf_clear(&hello);
		peer_take(&peer, &hello);
		assert_true(peer_send(&peer, hello.ptr, parts[i]));
		assert_false(get_some(peer.fd, &in));
		peer_close(&peer);
		buf_free(&in);
	}
	/* The whole hello, and nothing more. */
	peer_open(&peer, dial(secure.server), &wish);
	buf_clear(&hello);
	peer_take(&peer, &hello);
	assert_true(peer_send(&peer, hello.ptr, hello.len));
	buf_clear(&hello);
	get_all(peer.fd, &hello);
	assert_true(hello.len > 0);
	peer_close(&peer);
	assert_int_equal(secure_stats(&secure).handshake_failures_total, 6);
	assert_int_equal(secure_stats(&secure).timed_out_total, 0);
	buf_free(&hello);
	end();
}

/* A part of a record is a part of a request, whatever is cut: it costs memory. */
TEST(half_a_record_has_the_deadline_of_a_request)
{
	struct buf record = {0};
	struct peer peer;
	begin(SHORT_MS, LONG_MS);
	static const size_t parts[] = {1, 4, 5, 6, 20, 28};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct buf in = {0};
		greet(&peer);
		WAIT_FOR(secure_stats(&secure).memory_bytes == 0);
		buf_clear(&record);
		record_of(&peer, &record, GET("/x"));
		assert_true(peer_send(&peer, record.ptr, parts[i]));
		WAIT_FOR(secure_stats(&secure).memory_bytes > 16384);
		while (peer_get(&peer, &in))
			continue;
		assert_true(peer.notified);
		assert_int_equal(status_of(&in), 408);
		peer_close(&peer);
		WAIT_FOR(secure_stats(&secure).memory_bytes == 0);
		buf_free(&in);
	}
	buf_free(&record);
	end();
}

/* Between requests, too, and after the first bytes of one. */
TEST(memory_of_half_records_is_given_back)
{
	struct buf record = {0}, in = {0};
	struct peer peer;
	begin(LONG_MS, LONG_MS);
	greet(&peer);
	for (int i = 0; i < 3; i++) {
		buf_clear(&record);
		buf_clear(&in);
		record_of(&peer, &record, GET("/x"));
		assert_true(peer_send(&peer, record.ptr, 20));
		WAIT_FOR(secure_stats(&secure).memory_bytes > 16384);
		assert_true(peer_send(&peer, record.ptr + 20, record.len - 20));
		assert_true(peer_get_until(&peer, &in, "GET /x []"));
		WAIT_FOR(secure_stats(&secure).memory_bytes == 0);
	}
	peer_close(&peer);
	buf_free(&record);
	buf_free(&in);
	end();
}

/* Sends and never reads. */
TEST(who_does_not_read_is_let_go)
{
	struct peer peer;
	begin(SHORT_MS, LONG_MS);
	greet(&peer);
	struct buf text = {0};
	for (int i = 0; i < 40; i++) {
		buf_printf(&text,
		    "POST /x HTTP/1.1\r\n" HOST "Content-Length: 1000000\r\n\r\n");
		for (int k = 0; k < 100000; k++)
			buf_puts(&text, "xxxxxxxxxx");
	}
	(void)peer_put(&peer, text.ptr, text.len);
	WAIT_FOR(secure_stats(&secure).connections_open == 0);
	peer_close(&peer);
	buf_free(&text);
	end();
}

static void *drain(void *ctx)
{
	server_drain(secure.server, 30 * 1000);
	atomic_store((atomic_bool *)ctx, true);
	return NULL;
}

/* One that says nothing, one that makes its handshake meanwhile, and an idle one. */
TEST(a_drain_does_not_wait_for_who_says_nothing)
{
	const struct peer_wish wish = {.name = "a.example"};
	struct peer silent, late, idle;
	struct buf in = {0};
	atomic_bool drained = false;
	pthread_t thread;
	begin(LONG_MS, LONG_MS);
	peer_open(&silent, dial(secure.server), &wish);
	peer_open(&late, dial(secure.server), &wish);
	greet(&idle);
	WAIT_FOR(secure_stats(&secure).connections_open == 3);
	assert_int_equal(pthread_create(&thread, NULL, drain, &drained), 0);
	if (peer_greet(&late))
		assert_false(peer_get(&late, &in));
	assert_false(peer_get(&idle, &in));
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(secure_stats(&secure).connections_open, 0);
	peer_close(&silent);
	peer_close(&late);
	peer_close(&idle);
	buf_free(&in);
	end();
}

TEST_GROUP(NULL, NULL)
