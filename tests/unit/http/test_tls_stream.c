/* What passes through TLS: cut, glued, large, slow, half, and not TLS at all. */
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#include "tls_fixture.h"

#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"

static struct secure secure;
static struct issued issued;

/* Answers as many bytes as the target says. */
static void serve_many(void *ctx, struct request *request)
{
	size_t count = (size_t)atol(
	    arena_printf(request->arena, "%.*s", SPAN_ARG(request->target)) + 1);
	char *bytes = arena_alloc(request->arena, count + 1);
	struct reply reply = {.status = 200, .content_type = "text/plain"};
	if (count == 0) {
		echo(ctx, request);
		return;
	}
	memset(bytes, 'x', count);
	reply.body = (struct span){bytes, count};
	request_reply(request, &reply);
}

static struct server_config usual(void)
{
	struct server_config config = echo_config();
	config.serve = serve_many;
	return config;
}

static void begin(const struct server_config *config)
{
	const struct issued *const all[] = {&issued};
	secure_open(&secure);
	issue_server(&issued, "DNS:a.example", NULL);
	secure_load(&secure, all, 1);
	secure_serve(&secure, config);
}

static void end(void)
{
	secure_close(&secure);
	issue_free(&issued);
}

static int setup(void **state)
{
	struct server_config config = usual();
	(void)state;
	begin(&config);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	end();
	return 0;
}

static void greet(struct peer *peer)
{
	const struct peer_wish wish = {.name = "a.example"};
	assert_true(secure_dial(peer, &secure, &wish));
}

/* Reads the end that the server makes: its close_notify comes before its FIN. */
static void ends_cleanly(struct peer *peer, struct buf *in)
{
	while (peer_get(peer, in))
		continue;
	assert_true(peer->notified);
	peer_close(peer);
}

TEST_WITH(records_of_one_byte_are_a_request, setup, teardown)
{
	static const char text[] =
	    "POST /0 HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello";
	struct buf in = {0};
	struct peer peer;
	greet(&peer);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		assert_true(peer_put(&peer, &text[i], 1));
	assert_true(peer_get_until(&peer, &in, "POST /0 [hello]"));
	peer_close(&peer);
	buf_free(&in);
}

/* Each byte of the records by itself, those of the handshake, too. */
TEST_WITH(bytes_come_one_by_one, setup, teardown)
{
	const struct peer_wish wish = {.name = "a.example"};
	struct buf in = {0}, bytes = {0};
	struct peer peer;
	peer_open(&peer, dial(secure.server), &wish);
	peer_take(&peer, &bytes);
	for (size_t i = 0; i < bytes.len; i++)
		assert_true(peer_send(&peer, &bytes.ptr[i], 1));
	assert_true(peer_greet(&peer));
	buf_clear(&bytes);
	assert_true(peer_write(&peer, GET("/0"), sizeof(GET("/0")) - 1));
	peer_take(&peer, &bytes);
	for (size_t i = 0; i < bytes.len; i++) {
		assert_true(peer_send(&peer, &bytes.ptr[i], 1));
		(void)usleep(100);
	}
	assert_true(peer_get_until(&peer, &in, "GET /0 []"));
	peer_close(&peer);
	buf_free(&in);
	buf_free(&bytes);
}

static void post_large(struct peer *peer, size_t len)
{
	struct buf request = {0};
	buf_printf(
	    &request, "POST /0 HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", len);
	for (size_t i = 0; i < len; i++)
		buf_putc(&request, (char)('a' + i % 23));
	assert_true(peer_put(peer, request.ptr, request.len));
	buf_free(&request);
}

TEST_WITH(a_request_of_many_records_is_whole, setup, teardown)
{
	static const size_t sizes[] = {
	    16000, 16384, 16385, 40000, 65536, 300000, 1 << 20};
	struct peer peer;
	greet(&peer);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct buf in = {0};
		post_large(&peer, sizes[i]);
		assert_true(peer_get_until(&peer, &in, "]"));
		const char *body = strchr(in.ptr, '[') + 1;
		assert_int_equal(strcspn(body, "]"), sizes[i]);
		for (size_t k = 0; k < sizes[i]; k++)
			assert_int_equal(body[k], 'a' + k % 23);
		buf_free(&in);
	}
	peer_close(&peer);
}

TEST_WITH(requests_of_one_record_are_answered_in_order, setup, teardown)
{
	struct buf in = {0}, text = {0};
	struct peer peer;
	greet(&peer);
	for (int i = 0; i < 100; i++)
		buf_printf(&text, "GET /0?%d HTTP/1.1\r\n" HOST "\r\n", i);
	assert_true(peer_put(&peer, text.ptr, text.len));
	assert_true(peer_get_until(&peer, &in, "GET /0?99 []"));
	const char *at = in.ptr;
	for (int i = 0; i < 100; i++) {
		char want[32];
		(void)snprintf(want, sizeof(want), "GET /0?%d []", i);
		at = strstr(at, want);
		assert_non_null(at);
	}
	peer_close(&peer);
	buf_free(&in);
	buf_free(&text);
}

/* The request comes with the last bytes of the handshake. */
TEST_WITH(what_comes_with_the_handshake_is_not_lost, setup, teardown)
{
	struct peer_wish wish = {.name = "a.example", .min = TLS1_3_VERSION};
	struct buf in = {0}, bytes = {0};
	struct peer peer;
	char some[16384];
	peer_open(&peer, dial(secure.server), &wish);
	peer_take(&peer, &bytes);
	assert_true(peer_send(&peer, bytes.ptr, bytes.len));
	buf_clear(&bytes);
	while (!SSL_is_init_finished(peer.ssl)) {
		ssize_t got = recv(peer.fd, some, sizeof(some), 0);
		assert_true(got > 0);
		(void)BIO_write(SSL_get_rbio(peer.ssl), some, (int)got);
		peer_take(&peer, &bytes);
	}
	assert_true(peer_write(&peer, GET("/0"), sizeof(GET("/0")) - 1));
	peer_take(&peer, &bytes);
	assert_true(peer_send(&peer, bytes.ptr, bytes.len));
	assert_true(peer_get_until(&peer, &in, "GET /0 []"));
	peer_close(&peer);
	buf_free(&in);
	buf_free(&bytes);
}

static size_t large(struct peer *peer, size_t count)
{
	struct buf in = {0};
	char text[80];
	(void)snprintf(text, sizeof(text),
	    "GET /%zu HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", count);
	assert_true(peer_puts(peer, text));
	/* As many as the sockets take lie there before the first is read. */
	(void)usleep(50000);
	while (peer_get(peer, &in))
		(void)usleep(100);
	assert_true(peer->notified);
	const char *body = strstr(buf_text(&in), "\r\n\r\n") + 4;
	size_t got = strspn(body, "x");
	assert_int_equal(body + got - in.ptr, in.len);
	buf_free(&in);
	return got;
}

TEST_WITH(a_slow_reader_gets_all, setup, teardown)
{
	static const size_t sizes[] = {
	    100, 16000, 16384, 20000, 40000, 1 << 20, 12 << 20};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct peer peer;
		greet(&peer);
		assert_int_equal(large(&peer, sizes[i]), sizes[i]);
		peer_close(&peer);
	}
}

TEST_WITH(a_close_is_told, setup, teardown)
{
	static const char *const texts[] = {"GET /0 HTTP/1.1\r\n" HOST
					    "Connection: close\r\n\r\n",
	    "GET /0 HTTP/1.0\r\n" HOST "\r\n", "nonsense\r\n\r\n"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct buf in = {0};
		struct peer peer;
		greet(&peer);
		assert_true(peer_puts(&peer, texts[i]));
		ends_cleanly(&peer, &in);
		assert_true(status_of(&in) == 200 || status_of(&in) == 400);
		buf_free(&in);
	}
}

/* An end that the client has announced is no end of the server's. */
TEST_WITH(who_says_no_more_gets_its_reply, setup, teardown)
{
	struct buf in = {0};
	struct peer peer;
	greet(&peer);
	assert_true(peer_puts(&peer, GET("/0")));
	peer_finish(&peer);
	ends_cleanly(&peer, &in);
	assert_has(&in, "GET /0 []");
	buf_clear(&in);
	greet(&peer);
	peer_finish(&peer);
	ends_cleanly(&peer, &in);
	assert_int_equal(in.len, 0);
	buf_free(&in);
}

/* A record whose bytes were changed on the way ends the connection, not the server. */
TEST_WITH(a_forged_record_is_no_request, setup, teardown)
{
	struct buf in = {0}, bytes = {0};
	struct peer peer;
	greet(&peer);
	assert_true(peer_write(&peer, GET("/0"), sizeof(GET("/0")) - 1));
	peer_take(&peer, &bytes);
	bytes.ptr[bytes.len - 1] ^= 1;
	assert_true(peer_send(&peer, bytes.ptr, bytes.len));
	assert_false(peer_get(&peer, &in));
	assert_int_equal(in.len, 0);
	assert_int_equal(secure_stats(&secure).requests_total, 0);
	peer_close(&peer);
	buf_free(&in);
	buf_free(&bytes);
}

/* The reply must not be lost to a reset. */
static void plain(const char *text, size_t more)
{
	struct buf in = {0}, out = {0};
	char bytes[4096];
	ssize_t got;
	int fd = dial(secure.server);
	buf_puts(&out, text);
	for (size_t i = 0; i < more; i++)
		buf_putc(&out, 'x');
	put_bytes(fd, buf_span(&out));
	while ((got = recv(fd, bytes, sizeof(bytes), 0)) > 0)
		buf_add(&in, bytes, (size_t)got);
	assert_int_equal(got, 0);
	assert_int_equal(status_of(&in), 400);
	assert_has(&in, "\r\n\r\nthis port speaks https, not http.\n");
	(void)close(fd);
	buf_free(&in);
	buf_free(&out);
}

TEST_WITH(who_speaks_plain_http_is_told, setup, teardown)
{
	plain(GET("/"), 0);
	plain("HEAD / HTTP/1.1\r\n" HOST "\r\n", 0);
	plain("POST /twilio/sms HTTP/1.1\r\n" HOST "Content-Length: 500\r\n\r\n", 500);
	plain("PUT / HTTP/1.1\r\n" HOST "Content-Length: 50000\r\n\r\n", 50000);
	assert_int_equal(secure_stats(&secure).handshakes_total, 0);
	/* The client may see the end before the server has counted. */
	for (int waited = 0;
	     waited < 2000 && secure_stats(&secure).handshake_failures_total < 4;
	     waited++)
		(void)usleep(5000);
	assert_int_equal(secure_stats(&secure).handshake_failures_total, 4);
}

TEST_WITH(nonsense_is_no_handshake, setup, teardown)
{
	static const char *const texts[] = {"nonsense\r\n\r\n", "\x16\x03\x01",
	    "\x16\x03\x01\x02\x01\x01\x01\x01\x01\x01", "SSH-2.0-x\r\n", "x", ""};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct buf in = {0};
		int fd = dial(secure.server);
		put(fd, texts[i]);
		(void)shutdown(fd, SHUT_WR);
		get_all(fd, &in);
		assert_has_not(&in, "HTTP");
		(void)close(fd);
		buf_free(&in);
	}
	WAIT_FOR(secure_stats(&secure).handshake_failures_total == 6);
}

TEST_GROUP(NULL, NULL)
