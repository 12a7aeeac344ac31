/* client -- a raw socket to a server under test, and that server: it echoes. Waits are
 * for events; WAIT_MS only keeps a broken test from hanging. */
#ifndef OFFHOOK_TESTS_CLIENT_H
#define OFFHOOK_TESTS_CLIENT_H

#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/server.h"
#include "util/buf.h"

enum { WAIT_MS = 20 * 1000 };

/* A literal, NULs and all, as the initializer of a struct span in a static table. */
#define BYTES(literal)                                                                 \
	{                                                                              \
		"" literal, sizeof(literal) - 1                                        \
	}

/* Answers 200 with "METHOD target [body]". */
static inline void echo(void *ctx, struct request *request)
{
	struct reply reply = {.status = 200, .content_type = "text/plain"};
	(void)ctx;
	reply.body = span_of(arena_printf(request->arena, "%.*s %.*s [%.*s]",
	    SPAN_ARG(request->method_name), SPAN_ARG(request->target),
	    SPAN_ARG(request->body)));
	request_reply(request, &reply);
}

static inline struct server_config echo_config(void)
{
	return (struct server_config){.listen = "127.0.0.1:0",
	    .threads = 1,
	    .name = "oh-echo",
	    .limits = server_default_limits,
	    .serve = echo};
}

static inline struct server *start(const struct server_config *config)
{
	struct server *server = NULL;
	struct error err = {{0}};
	if (server_open(&server, config, &err) != 0)
		fail_msg("%s", err.text);
	return server;
}

static inline int dial(const struct server *server)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	int port = atoi(strrchr(server_address(server), ':') + 1);
	at.sin_port = htons((uint16_t)port);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* The server may have closed already: a refusal need not wait for all. */
static inline void put_bytes(int fd, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t sent = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
		if (sent <= 0)
			return;
		bytes = span_from(bytes, (size_t)sent);
	}
}

static inline void put(int fd, const char *text)
{
	put_bytes(fd, span_of(text));
}

/* Some bytes more; false at the end (or a reset). Fails the test when none come. */
static inline bool get_some(int fd, struct buf *in)
{
	char bytes[4096];
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
	ssize_t got = recv(fd, bytes, sizeof(bytes), 0);
	if (got <= 0)
		return false;
	buf_add(in, bytes, (size_t)got);
	return true;
}

/* Everything until the server closes. */
static inline void get_all(int fd, struct buf *in)
{
	while (get_some(fd, in))
		continue;
}

/* Until `text` has come, `times` times in all. */
static inline void get_until(int fd, struct buf *in, const char *text, int times)
{
	for (;;) {
		int found = 0;
		const char *at = buf_text(in);
		while ((at = strstr(at, text)) != NULL) {
			found++;
			at += strlen(text);
		}
		if (found >= times)
			return;
		if (!get_some(fd, in))
			fail_msg("closed before \"%s\" came %d times: %s", text, times,
			    buf_text(in));
	}
}

/* The status of the first reply; 0 when there is none. */
static inline int status_of(const struct buf *in)
{
	if (in->len < 12 || strncmp(in->ptr, "HTTP/1.1 ", 9) != 0)
		return 0;
	return atoi(in->ptr + 9);
}

static inline void assert_has(const struct buf *in, const char *text)
{
	if (strstr(buf_text(in), text) == NULL)
		fail_msg("\"%s\" is not in: %s", text, buf_text(in));
}

static inline void assert_has_not(const struct buf *in, const char *text)
{
	if (strstr(buf_text(in), text) != NULL)
		fail_msg("\"%s\" is in: %s", text, buf_text(in));
}

/* Sends, reads until the server closes, and compares the first status. */
static inline void exchange_is(
    const struct server *server, const char *text, int status)
{
	struct buf in = {0};
	int fd = dial(server);
	put(fd, text);
	get_all(fd, &in);
	(void)close(fd);
	if (status_of(&in) != status)
		fail_msg("got %d, want %d: %s", status_of(&in), status, buf_text(&in));
	buf_free(&in);
}

/* Waits until a count of the server's has reached `want`. */
#define WAIT_FOR(condition)                                                            \
	do {                                                                           \
		for (int waited = 0; !(condition); waited++) {                         \
			assert_true(waited < WAIT_MS);                                 \
			usleep(1000);                                                  \
		}                                                                      \
	} while (0)

#endif
