#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alert/alert_send.h"
#include "client/standard_webhook.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/text.h"

static const struct alert_message message = {
    "msg_1", {"{\"what\":\"job.dead\"}", 19}, "Offhook: \"it\" broke $HOME"};

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

/* ---- a server that takes one request and gives a made-up answer ---- */

struct server {
	int fd;
	char url[64];
	const char *answer;
	struct buf request;
	pthread_t thread;
};

static bool whole(const struct buf *request)
{
	const char *head_end = strstr(buf_text(request), "\r\n\r\n");
	const char *length = strcasestr(buf_text(request), "content-length:");
	if (head_end == NULL || length == NULL)
		return false;
	size_t head = (size_t)(head_end + 4 - request->ptr);
	return request->len - head >= strtoul(length + 15, NULL, 10);
}

static void *serve(void *ctx)
{
	struct server *server = ctx;
	char bytes[4096];
	int fd = accept(server->fd, NULL, NULL);
	while (fd >= 0 && !whole(&server->request)) {
		ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
		if (n <= 0)
			break;
		buf_add(&server->request, bytes, (size_t)n);
	}
	if (fd >= 0) {
		(void)send(fd, server->answer, strlen(server->answer), MSG_NOSIGNAL);
		(void)close(fd);
	}
	return NULL;
}

static void start(struct server *server, const char *answer)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	*server =
	    (struct server){.fd = socket(AF_INET, SOCK_STREAM, 0), .answer = answer};
	assert_int_equal(bind(server->fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(server->fd, 1), 0);
	assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &len), 0);
	(void)snprintf(server->url, sizeof(server->url),
	    "http://127.0.0.1:%d/hook?k=s3", ntohs(address.sin_port));
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void stop(struct server *server)
{
	assert_int_equal(pthread_join(server->thread, NULL), 0);
	(void)close(server->fd);
	buf_free(&server->request);
}

/* The value of a header, for a moment. */
static const char *header(const struct server *server, const char *name)
{
	static char value[256];
	char start_of[64];
	(void)snprintf(start_of, sizeof(start_of), "\r\n%s: ", name);
	const char *at = strstr(buf_text(&server->request), start_of);
	if (at == NULL)
		return NULL;
	at += strlen(start_of);
	(void)snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\r"), at);
	return value;
}

TEST(a_post_brings_json_and_a_signature)
{
	struct server server;
	struct error err = {0};
	char want[STANDARD_WEBHOOK_SIGNATURE];
	int64_t time_s = 0;
	start(&server, "HTTP/1.1 204 No Content\r\n\r\n");
	if (alert_post(server.url, SECRET, &message, &err) != 0)
		fail_msg("%s", err.text);
	assert_true(span_starts(
	    buf_span(&server.request), SPAN("POST /hook?k=s3 HTTP/1.1\r\n")));
	assert_string_equal(header(&server, "Content-Type"), "application/json");
	assert_string_equal(header(&server, "webhook-id"), "msg_1");
	assert_true(text_int(
	    span_of(header(&server, "webhook-timestamp")), 0, INT64_MAX, &time_s));
	assert_in_range(time_s, clock_wall_ms() / 1000 - 60, clock_wall_ms() / 1000);
	standard_webhook_sign(
	    want, SECRET, &(struct standard_webhook){"msg_1", time_s, message.json});
	assert_string_equal(header(&server, "webhook-signature"), want);
	assert_non_null(
	    strstr(buf_text(&server.request), "\r\n\r\n{\"what\":\"job.dead\"}"));
	stop(&server);
}

TEST(without_a_secret_there_is_no_signature)
{
	struct server server;
	start(&server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	assert_int_equal(alert_post(server.url, NULL, &message, NULL), 0);
	assert_null(header(&server, "webhook-signature"));
	assert_string_equal(header(&server, "webhook-id"), "msg_1");
	stop(&server);
}

TEST(an_answer_other_than_2xx_is_an_error)
{

	static const struct {
		const char *answer, *want;
	} rows[] = {
	    {"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", "answered 500"},
	    {"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "answered 404"},
	    {"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\n"
	     "Content-Length: 0\r\n\r\n",
		"answered 302; redirects are not followed"},
	    {"", "alert-url: 127.0.0.1:"},
	    {"HELLO\r\n\r\n", "alert-url: 127.0.0.1:"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct server server;
		struct error err = {0};
		start(&server, rows[i].answer);
		assert_int_equal(alert_post(server.url, SECRET, &message, &err), -1);
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("got %s, want %s", err.text, rows[i].want);
		stop(&server);
	}
}

TEST(nobody_there_is_an_error_that_hides_the_path)
{
	struct error err = {0};
	assert_int_equal(
	    alert_post("http://me:pw@127.0.0.1:1/T0/secret?x", NULL, &message, &err),
	    -1);
	assert_non_null(strstr(err.text, "127.0.0.1:1: "));
	assert_null(strstr(err.text, "secret"));
	assert_null(strstr(err.text, "pw"));
}

/* ---- commands ---- */

TEST(a_command_is_judged_by_its_exit)
{

	static const struct {
		const char *command, *want; /* NULL: it went well */
	} rows[] = {
	    {"true", NULL},
	    {"exit 0", NULL},
	    {"test \"$(cat)\" = '{\"what\":\"job.dead\"}'", NULL},
	    {"test \"$OFFHOOK_ALERT_TEXT\" = 'Offhook: \"it\" broke $HOME'", NULL},
	    {"test -n \"$PATH\"", NULL},
	    {"false", "alert-command: exit code 1"},
	    {"exit 77", "alert-command: exit code 77"},
	    {"/nonexistent 2>/dev/null", "alert-command: exit code 127"},
	    {"kill -TERM $$", "alert-command: ended by signal 15"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct error err = {0};
		int got = alert_run(rows[i].command, 20000, &message, &err);
		if (rows[i].want == NULL && got != 0)
			fail_msg("%s: %s", rows[i].command, err.text);
		if (rows[i].want != NULL &&
		    (got != -1 || strstr(err.text, rows[i].want) == NULL))
			fail_msg("%s: got %s, want %s", rows[i].command, err.text,
			    rows[i].want);
	}
}

TEST(a_command_that_does_not_end_is_killed_with_its_children)
{
	struct error err = {0};
	char path[] = "/tmp/offhook-alert-XXXXXX";
	char command[128], text[32] = "";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	(void)snprintf(command, sizeof(command), "sleep 600 & echo $! >%s; wait", path);
	assert_int_equal(alert_run(command, 1000, &message, &err), -1);
	assert_non_null(strstr(err.text, "killed after 1 s"));
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	pid_t child = (pid_t)strtol(text, NULL, 10);
	assert_true(child > 1);
	/* It may be a moment until init has buried it. */
	for (int i = 0; i < 2000 && kill(child, 0) == 0; i++)
		(void)usleep(5000);
	assert_int_equal(kill(child, 0), -1);
	(void)close(fd);
	(void)unlink(path);
}

TEST(signals_that_are_blocked_here_are_not_blocked_there)
{
	sigset_t block, old;
	(void)sigemptyset(&block);
	(void)sigaddset(&block, SIGTERM);
	assert_int_equal(pthread_sigmask(SIG_BLOCK, &block, &old), 0);
	struct error err = {0};
	assert_int_equal(alert_run("kill -TERM $$; exit 0", 20000, &message, &err), -1);
	assert_non_null(strstr(err.text, "signal 15"));
	assert_int_equal(pthread_sigmask(SIG_SETMASK, &old, NULL), 0);
}

/* A bound so high that it hinders no sanitizer. */
TEST(a_command_is_not_bound_as_its_worker_is)
{
	struct rlimit old, bound, now;
	struct error err = {0};
	char command[100];
	assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
	bound = (struct rlimit){(rlim_t)1 << 47, old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_AS, &bound), 0);
	(void)snprintf(
	    command, sizeof(command), "test \"$(ulimit -Sv)\" != %llu", 1ULL << 37);
	if (alert_run(command, 20000, &message, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(getrlimit(RLIMIT_AS, &now), 0);
	assert_true(now.rlim_cur == bound.rlim_cur && now.rlim_max == bound.rlim_max);
	assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
}
