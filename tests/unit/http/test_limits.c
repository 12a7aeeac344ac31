/* What strangers can make the server hold, and for how long. Times here are short so
 * that tests wait little; none of them is measured. */
#include "http/server.h"

#include <stdatomic.h>

#include "client.h"

#define HOST "Host: h\r\n"

static struct server_stats stats_of(const struct server *server)
{
	struct server_stats stats;
	server_stats(server, &stats);
	return stats;
}

/* Sends a first part, then the rest byte by byte, as slowly as it takes to see the
 * server close; returns the status it gave. */
static int drip(const struct server *server, const char *first, const char *rest)
{
	struct buf in = {0};
	int fd = dial(server);
	put(fd, first);
	for (size_t i = 0;; i = (i + 1) % (strlen(rest) + 1)) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		if (poll(&wait, 1, 20) == 1)
			break;
		if (rest[0] != '\0')
			put_bytes(fd, (struct span){&rest[i], rest[i] != '\0' ? 1 : 0});
	}
	get_all(fd, &in);
	(void)close(fd);
	int status = status_of(&in);
	if (in.len > 0)
		assert_has(&in, "Connection: close\r\n");
	buf_free(&in);
	return status;
}

TEST(slow_clients_are_cut_off)
{
	static const struct {
		const char *name, *first, *rest;
		int want;
	} rows[] = {
	    {"silent", "", "", 0},
	    {"part of a head, then silent", "GET / HTTP/1.1\r\n", "", 408},
	    {"a dripping head", "GET / HTTP/1.1\r\n" HOST, "X: yyyyy\r\n", 408},
	    {"part of a body, then silent",
		"POST / HTTP/1.1\r\n" HOST "Content-Length: 9999\r\n\r\nabc", "", 408},
	    {"a dripping body",
		"POST / HTTP/1.1\r\n" HOST "Content-Length: 9999\r\n\r\n", "x", 408},
	    {"dripping chunks",
		"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n",
		"1\r\nx\r\n", 408},
	    {"an empty line, then silent", "\r\n", "", 408},
	};
	struct server_config config = echo_config();
	config.limits.request_ms = 400;
	config.limits.idle_ms = 300;
	struct server *server = start(&config);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int got = drip(server, rows[i].first, rows[i].rest);
		if (got != rows[i].want)
			fail_msg(
			    "%s: got %d, want %d", rows[i].name, got, rows[i].want);
	}
	assert_int_equal(stats_of(server).timed_out_total, 6);
	assert_int_equal(stats_of(server).memory_bytes, 0);
	server_close(server);
}

TEST(an_idle_connection_is_closed_after_its_replies)
{
	struct server_config config = echo_config();
	struct buf in = {0};
	config.limits.idle_ms = 200;
	struct server *server = start(&config);
	int fd = dial(server);
	put(fd, "GET /a HTTP/1.1\r\n" HOST "\r\n");
	get_all(fd, &in);
	assert_has(&in, "GET /a []");
	assert_has_not(&in, "408");
	buf_free(&in);
	(void)close(fd);
	server_close(server);
}

static atomic_int held;

static void hold(void *ctx, struct request *request)
{
	(void)ctx;
	(void)request;
	held++;
}

TEST(connections_beyond_the_limit_are_told_so_while_all_are_served)
{
	struct server_config config = echo_config();
	config.limits.connections = 2;
	config.serve = hold;
	held = 0;
	struct server *server = start(&config);
	int first = dial(server), second = dial(server);
	put(first, "GET / HTTP/1.1\r\n" HOST "\r\n");
	put(second, "GET / HTTP/1.1\r\n" HOST "\r\n");
	WAIT_FOR(held == 2);
	exchange_is(server, "GET / HTTP/1.1\r\n" HOST "\r\n", 503);
	assert_int_equal(stats_of(server).shed_total, 1);
	(void)close(first);
	(void)close(second);
	server_close(server);
}

/* faults 3.2: if a half request went before an idle connection, who keeps idle ones open
 * could have every request closed that comes in two parts. */
TEST(at_the_limit_the_one_that_waits_longest_goes)
{
	struct server_config config = echo_config();
	struct buf in = {0};
	config.limits.connections = 3;
	struct server *server = start(&config);
	int kept = dial(server); /* the first of all, but its request is the last */
	WAIT_FOR(stats_of(server).connections_open == 1);
	int idle = dial(server);
	WAIT_FOR(stats_of(server).connections_open == 2);
	int half = dial(server);
	put(half, "GET /half HTTP/1.1\r\n");
	WAIT_FOR(stats_of(server).memory_bytes > 0);
	size_t one = stats_of(server).memory_bytes;
	put(kept, "GET /kept HTTP/1.1\r\n");
	WAIT_FOR(stats_of(server).memory_bytes > one);
	exchange_is(server, "GET / HTTP/1.0\r\n\r\n", 200);
	get_all(idle, &in);
	assert_int_equal(in.len, 0);
	put(half, HOST "\r\n");
	get_until(half, &in, "GET /half []", 1);
	WAIT_FOR(stats_of(server).connections_open == 2);
	int other = dial(server);
	WAIT_FOR(stats_of(server).connections_open == 3);
	exchange_is(server, "GET / HTTP/1.0\r\n\r\n", 200);
	buf_clear(&in);
	get_all(kept, &in); /* it has begun before half was answered */
	assert_int_equal(in.len, 0);
	WAIT_FOR(stats_of(server).connections_open == 2);
	put(other, "GET /other HTTP/1.1\r\n" HOST "\r\n");
	get_until(other, &in, "GET /other []", 1);
	buf_free(&in);
	(void)close(kept);
	(void)close(idle);
	(void)close(half);
	(void)close(other);
	server_close(server);
}

TEST(all_requests_together_have_one_budget)
{
	struct server_config config = echo_config();
	struct buf out = {0}, in = {0};
	config.limits.memory_bytes = 150000;
	struct server *server = start(&config);
	/* One holds most of it without ever finishing: it goes when another needs it. What a
	 * body of 80,000 bytes takes depends on how it arrives: up to 135,000. */
	int holder = dial(server);
	put(holder, "POST / HTTP/1.1\r\n" HOST "Content-Length: 400000\r\n\r\n");
	for (int i = 0; i < 80000; i++)
		buf_putc(&out, 'x');
	put_bytes(holder, buf_span(&out));
	WAIT_FOR(stats_of(server).memory_bytes > 80000);
	int other = dial(server);
	put(other, "POST /other HTTP/1.1\r\n" HOST "Content-Length: 80000\r\n\r\n");
	put_bytes(other, buf_span(&out));
	get_until(other, &in, "POST /other [xxx", 1);
	assert_int_equal(stats_of(server).shed_total, 1);
	buf_clear(&in);
	get_all(holder, &in);
	assert_int_equal(in.len, 0);
	(void)close(holder);
	(void)close(other);
	WAIT_FOR(stats_of(server).memory_bytes == 0);
	/* One that needs more than all of it is refused. */
	for (int i = 0; i < 240000; i++)
		buf_putc(&out, 'x');
	struct buf large = {0};
	buf_puts(&large, "POST / HTTP/1.1\r\n" HOST "Content-Length: 320000\r\n\r\n");
	buf_put(&large, buf_span(&out));
	exchange_is(server, buf_text(&large), 503);
	exchange_is(server, "GET / HTTP/1.0\r\n\r\n", 200);
	buf_free(&large);
	buf_free(&in);
	buf_free(&out);
	server_close(server);
}

TEST(what_comes_behind_a_request_that_waits_counts)
{
	struct server_config config = echo_config();
	struct buf out = {0};
	config.serve = hold;
	held = 0;
	struct server *server = start(&config);
	int fd = dial(server);
	buf_puts(&out, "GET / HTTP/1.1\r\n" HOST "\r\n");
	for (int i = 0; i < 20000; i++)
		buf_putc(&out, 'x');
	put_bytes(fd, buf_span(&out));
	WAIT_FOR(held == 1);
	WAIT_FOR(stats_of(server).memory_bytes > 20000);
	buf_free(&out);
	(void)close(fd);
	server_close(server);
}

static char flood_body[32 << 20]; /* more than sockets take */

static void flood(void *ctx, struct request *request)
{
	if (span_is(request->path, "/flood"))
		request_reply(request, &(struct reply){.status = 200,
					   .content_type = "text/plain",
					   .body = {flood_body, sizeof(flood_body)}});
	else
		echo(ctx, request);
}

/* Who does not take his reply goes when another needs the memory. */
TEST(replies_that_nobody_takes_count_and_make_room)
{
	struct server_config config = echo_config();
	config.serve = flood;
	config.limits.memory_bytes = 1 << 20;
	struct server *server = start(&config);
	int slow = dial(server);
	put(slow, "GET /flood HTTP/1.1\r\n" HOST "\r\n");
	WAIT_FOR(stats_of(server).memory_bytes > 1 << 20);
	exchange_is(server, "GET / HTTP/1.0\r\n\r\n", 200);
	assert_int_equal(stats_of(server).shed_total, 1);
	WAIT_FOR(stats_of(server).memory_bytes == 0);
	(void)close(slow);
	server_close(server);
}

TEST(what_is_too_large_is_refused)
{
	static const struct {
		const char *text;
		int want;
	} rows[] = {
	    {"POST / HTTP/1.0\r\nContent-Length: 8\r\n\r\n01234567", 200},
	    {"POST / HTTP/1.0\r\nContent-Length: 9\r\n\r\n012345678", 413},
	    {"POST / HTTP/1.1\r\n" HOST
	     "Transfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n",
		413},
	    {"GET / HTTP/1.0\r\na: b\r\na: b\r\na: b\r\na: b\r\n\r\n", 200},
	    {"GET / HTTP/1.0\r\na: b\r\na: b\r\na: b\r\na: b\r\na: b\r\n\r\n", 431},
	    {"GET / HTTP/1.0\r\na: 0123456789012345678901234567890123456789012345678901234567890"
	     "123456789012345678901234567890123456789\r\n\r\n",
		431},
	};
	struct server_config config = echo_config();
	config.limits.body_bytes = 8;
	config.limits.header_count = 4;
	config.limits.header_bytes = 100;
	struct server *server = start(&config);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		exchange_is(server, rows[i].text, rows[i].want);
	server_close(server);
}

/* Only POST /ok may come in. */
static bool admit(void *ctx, struct request *request, struct reply *refusal)
{
	(void)ctx;
	assert_null(request->body.ptr);
	if (!span_is(request->path, "/ok"))
		*refusal = (struct reply){.status = 404, .content_type = "text/plain"};
	else if (request->method != METHOD_POST)
		*refusal = (struct reply){.status = 405,
		    .content_type = "text/plain",
		    .body = SPAN("no"),
		    .header = "Allow: POST"};
	else
		return true;
	return false;
}

TEST(admit_comes_before_the_body)
{
	struct server_config config = echo_config();
	struct buf in = {0};
	config.admit = admit;
	struct server *server = start(&config);
	/* 404 before 413, and no 100-continue. */
	exchange_is(server,
	    "POST /no HTTP/1.1\r\n" HOST
	    "Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n",
	    404);
	exchange_is(server,
	    "POST /ok HTTP/1.1\r\n" HOST "Content-Length: 99999999\r\n\r\n", 413);
	/* Without a body nothing is left to be read: the connection goes on. */
	int fd = dial(server);
	put(fd, "GET /ok HTTP/1.1\r\n" HOST "\r\n");
	get_until(fd, &in, "\r\n\r\nno", 1);
	assert_has(&in, "405 Method Not Allowed\r\n");
	assert_has(&in, "Allow: POST\r\n");
	put(fd, "POST /ok HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx");
	get_until(fd, &in, "POST /ok [x]", 1);
	buf_free(&in);
	(void)close(fd);
	server_close(server);
}
