/* Conversations of one client with a real server. */
#include "http/connection.h"

#include <netinet/tcp.h>
#include <pthread.h>

#include "client.h"

#define HOST "Host: h\r\n"

/* For every test: an echo server of one thread. */
static int begin(void **state)
{
	struct server_config config = echo_config();
	*state = start(&config);
	return 0;
}

static int end(void **state)
{
	server_close(*state);
	return 0;
}

#define CONNECTION_TEST(name) TEST_WITH(name, begin, end)

CONNECTION_TEST(one_connection_carries_many_requests)
{
	struct buf in = {0};
	int fd = dial(*state);
	for (int i = 1; i <= 3; i++) {
		put(fd, "POST /a?b HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nok");
		get_until(fd, &in, "POST /a?b [ok]", i);
	}
	assert_has(&in, "HTTP/1.1 200 OK\r\nDate: ");
	assert_has(
	    &in, " GMT\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\n");
	assert_has_not(&in, "Connection:");
	assert_has_not(&in, "Server:");
	buf_free(&in);
	(void)close(fd);
}

CONNECTION_TEST(pipelined_requests_are_answered_in_order)
{
	struct buf in = {0};
	struct buf want = {0};
	struct buf out = {0};
	int fd = dial(*state);
	for (int i = 0; i < 500; i++)
		buf_printf(&out,
		    "POST /%d HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\n%03d", i, i);
	buf_puts(&out, "GET /last HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
	put_bytes(fd, buf_span(&out));
	get_all(fd, &in);
	const char *at = buf_text(&in);
	for (int i = 0; i < 500; i++) {
		buf_clear(&want);
		buf_printf(&want, "POST /%d [%03d]", i, i);
		at = strstr(at, buf_text(&want));
		assert_non_null(at);
	}
	assert_non_null(strstr(at, "GET /last []"));
	assert_has(&in, "Connection: close\r\n");
	buf_free(&in);
	buf_free(&out);
	buf_free(&want);
	(void)close(fd);
}

/* Whether the server's end of fd's connection sends small pieces at once. */
static bool server_side_nodelay(int fd)
{
	struct sockaddr_in own, peer;
	socklen_t len = sizeof(own);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &len), 0);
	for (int other = 0; other < 1024; other++) {
		int on = 0;
		socklen_t on_len = sizeof(on);
		len = sizeof(peer);
		if (getpeername(other, (struct sockaddr *)&peer, &len) == 0 &&
		    len == sizeof(peer) && peer.sin_port == own.sin_port &&
		    getsockopt(other, IPPROTO_TCP, TCP_NODELAY, &on, &on_len) == 0)
			return on != 0;
	}
	return false;
}

CONNECTION_TEST(a_reply_does_not_wait_for_the_ack_of_the_last)
{
	struct buf in = {0};
	int fd = dial(*state);
	put(fd, "GET /first HTTP/1.1\r\n" HOST "\r\n");
	get_until(fd, &in, "GET /first []", 1);
	assert_true(server_side_nodelay(fd));
	buf_free(&in);
	(void)close(fd);
}

CONNECTION_TEST(replies_close_when_the_client_wants_it)
{
	exchange_is(*state, "GET / HTTP/1.0\r\n\r\n", 200);
	exchange_is(*state, "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", 200);
}

CONNECTION_TEST(an_http_1_0_client_may_keep_its_connection)
{
	struct buf in = {0};
	int fd = dial(*state);
	for (int i = 1; i <= 2; i++) {
		put(fd, "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
		get_until(fd, &in, "GET /x []", i);
	}
	assert_has(&in, "\r\nConnection: keep-alive\r\n");
	buf_free(&in);
	(void)close(fd);
}

CONNECTION_TEST(head_gets_the_length_and_no_body)
{
	struct buf in = {0};
	int fd = dial(*state);
	put(fd, "HEAD /x HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
	get_all(fd, &in);
	assert_int_equal(status_of(&in), 200);
	assert_has(&in, "Content-Length: 10\r\n");
	assert_memory_equal(in.ptr + in.len - 4, "\r\n\r\n", 4);
	buf_free(&in);
	(void)close(fd);
}

CONNECTION_TEST(chunks_are_joined_and_trailers_are_passed_over)
{
	struct buf in = {0};
	int fd = dial(*state);
	put(fd,
	    "POST /c HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nab");
	put(fd,
	    "c\r\n4;x=y\r\ndefg\r\n0\r\nX: y\r\n\r\nGET /n HTTP/1.1\r\n" HOST "\r\n");
	get_until(fd, &in, "POST /c [abcdefg]", 1);
	get_until(fd, &in, "GET /n []", 1);
	buf_free(&in);
	(void)close(fd);
}

CONNECTION_TEST(a_half_closed_client_gets_its_answers)
{
	struct buf in = {0};
	int fd = dial(*state);
	put(fd, "GET /1 HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n" HOST "\r\n");
	(void)shutdown(fd, SHUT_WR);
	get_all(fd, &in);
	assert_has(&in, "GET /1 []");
	assert_has(&in, "GET /2 []");
	buf_free(&in);
	(void)close(fd);
}

CONNECTION_TEST(half_a_request_and_an_end_gets_nothing)
{
	struct buf in = {0};
	int fd = dial(*state);
	put(fd, "GET /1 HTTP/1.1\r\n");
	(void)shutdown(fd, SHUT_WR);
	get_all(fd, &in);
	assert_int_equal(in.len, 0);
	buf_free(&in);
	(void)close(fd);
}

CONNECTION_TEST(an_upgrade_is_an_ordinary_request)
{
	struct buf in = {0};
	int fd = dial(*state);
	put(fd, "GET /u HTTP/1.1\r\n" HOST
		"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n"
		"GET /next HTTP/1.1\r\n" HOST "\r\n");
	get_until(fd, &in, "GET /next []", 1);
	assert_has(&in, "GET /u []");
	buf_free(&in);
	(void)close(fd);
}

CONNECTION_TEST(the_continue_comes_before_the_body)
{
	struct buf in = {0};
	int fd = dial(*state);
	put(fd, "POST /e HTTP/1.1\r\n" HOST
		"Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
	get_until(fd, &in, "HTTP/1.1 100 Continue\r\n\r\n", 1);
	put(fd, "ok");
	get_until(fd, &in, "POST /e [ok]", 1);
	buf_free(&in);
	(void)close(fd);
}

CONNECTION_TEST(other_expectations_fail)
{
	exchange_is(*state,
	    "POST /e HTTP/1.1\r\n" HOST "Expect: tea\r\nContent-Length: 2\r\n\r\nok",
	    417);
}

CONNECTION_TEST(a_body_too_large_is_not_asked_for)
{
	struct buf in = {0};
	int fd = dial(*state);
	put(fd, "POST /e HTTP/1.1\r\n" HOST
		"Expect: 100-continue\r\nContent-Length: 9999999\r\n\r\n");
	get_all(fd, &in);
	assert_int_equal(status_of(&in), 413);
	buf_free(&in);
	(void)close(fd);
}

/* The client sends on regardless, more than sockets hold; it must see why. */
CONNECTION_TEST(a_refusal_arrives_though_the_client_sends_on)
{
	struct buf in = {0};
	struct buf out = {0};
	int fd = dial(*state);
	put(fd, "POST /big HTTP/1.1\r\n" HOST "Content-Length: 800000000\r\n\r\n");
	for (int i = 0; i < 9000; i++)
		buf_puts(&out,
		    "0123456789012345678901234567890123456789012345678901234567890123456789");
	put_bytes(fd, buf_span(&out));
	get_all(fd, &in);
	assert_int_equal(status_of(&in), 413);
	buf_free(&in);
	buf_free(&out);
	(void)close(fd);
}

TEST(the_peer_is_known)
{
	struct request request = {0};
	char text[64];
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(4711)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(4711)};
	(void)inet_pton(AF_INET, "192.0.2.1", &v4.sin_addr);
	memcpy(&request.peer, &v4, sizeof(v4));
	request_peer_text(&request, text);
	assert_string_equal(text, "192.0.2.1:4711");
	(void)inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr);
	memcpy(&request.peer, &v6, sizeof(v6));
	request_peer_text(&request, text);
	assert_string_equal(text, "[2001:db8::1]:4711");
	(void)inet_pton(AF_INET6, "::ffff:192.0.2.1", &v6.sin6_addr);
	memcpy(&request.peer, &v6, sizeof(v6));
	request_peer_text(&request, text);
	assert_string_equal(text, "192.0.2.1:4711");
}
