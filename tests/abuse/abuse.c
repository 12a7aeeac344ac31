#include "abuse.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tls/peer.h"
#include "util/clock.h"
#include "util/thread.h"

enum {
	TWILIO_S = 15,   /* then Twilio gives up */
	PAUSE_US = 2000, /* between two parts of a request, and between two webhooks */
	ENOUGH = 30      /* webhooks that are answered beside an attack */
};

/* ---- the stream of genuine webhooks ---- */

static void stream_fail(struct abuse *abuse, const char *why, const char *answer)
{
	if (atomic_load(&abuse->failed))
		return;
	(void)snprintf(abuse->failure, sizeof(abuse->failure),
	    "a genuine webhook, the one after %d, %s: %.120s",
	    atomic_load(&abuse->answered), why, answer);
	atomic_store(&abuse->failed, true);
}

/* -1 with errno */
static int dial(const char *address)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	to.sin_port = htons((uint16_t)atoi(strchr(address, ':') + 1));
	struct timeval patience = {.tv_sec = TWILIO_S};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	int why = errno;
	(void)close(fd);
	errno = why;
	return -1;
}

static bool send_part(int fd, const char *bytes, size_t len)
{
	return send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* In two parts, and its answer. False: it did not come. */
static bool stream_ask(int fd, const struct buf *request, struct buf *answer)
{
	struct buf rest = {0};
	size_t half = request->len / 2;
	bool came = send_part(fd, request->ptr, half);
	if (came)
		(void)usleep(PAUSE_US);
	buf_add(&rest, request->ptr + half, request->len - half);
	came = came && talk_try(fd, &rest, answer);
	buf_free(&rest);
	return came;
}

/* The same over TLS: in two records. Closes fd. */
static bool stream_ask_secure(
    const struct abuse *abuse, int fd, const struct buf *request, struct buf *answer)
{
	const struct peer_wish wish = {
	    .name = "example.com", .trusted = abuse->issued.certificate};
	struct peer peer;
	size_t half = request->len / 2;
	peer_open(&peer, fd, &wish);
	bool came = peer_greet(&peer) && peer_put(&peer, request->ptr, half);
	if (came)
		(void)usleep(PAUSE_US);
	came = came && peer_put(&peer, request->ptr + half, request->len - half) &&
	       peer_get_until(&peer, answer, "</Response>");
	peer_close(&peer);
	return came;
}

static void stream_one(struct abuse *abuse, int number)
{
	char form[160], signature[64], headers[128];
	struct buf request = {0}, answer = {0};
	bool came = false;
	(void)snprintf(form, sizeof(form),
	    "MessageSid=SM%032d&From=%%2B15551230001&To=%%2B15559990000&Body=hi",
	    number);
	talk_signature(signature, TALK_TOKEN, TALK_URL "/twilio/sms", form);
	(void)snprintf(
	    headers, sizeof(headers), "X-Forwarded-Proto: https\r\n%s", signature);
	talk_request(&request, "/twilio/sms", headers, form);
	int64_t until_us = clock_mono_us() + (int64_t)TWILIO_S * 1000000;
	int fd = dial(abuse->talk.address);
	if (fd >= 0 && abuse->secure)
		came = stream_ask_secure(abuse, fd, &request, &answer);
	else if (fd >= 0)
		came = stream_ask(fd, &request, &answer);
	if (fd < 0)
		stream_fail(abuse, "found no connection", strerror(errno));
	else if (!came || clock_mono_us() > until_us)
		stream_fail(abuse, "got no answer in time", buf_text(&answer));
	else if (strncmp(answer.ptr, "HTTP/1.1 200 ", 13) != 0 ||
		 strstr(answer.ptr, abuse->text) == NULL)
		stream_fail(abuse, "was answered", answer.ptr);
	else
		atomic_fetch_add(&abuse->answered, 1);
	if (fd >= 0 && !abuse->secure)
		(void)close(fd);
	buf_free(&request);
	buf_free(&answer);
}

static void *stream_main(void *ctx)
{
	struct abuse *abuse = ctx;
	for (int number = 0; !atomic_load(&abuse->ending); number++) {
		stream_one(abuse, number);
		(void)usleep(PAUSE_US);
	}
	return NULL;
}

static void abuse_begin(struct abuse *abuse)
{
	struct error err;
	if (thread_start(&abuse->stream, "genuine", stream_main, abuse, &err) < 0)
		fail_msg("%s", err.text);
	abuse->streaming = true;
	while (atomic_load(&abuse->answered) == 0 && !atomic_load(&abuse->failed))
		(void)usleep(PAUSE_US);
	abuse->before = atomic_load(&abuse->answered);
}

void abuse_open(struct abuse *abuse, const char *const *extra)
{
	*abuse = (struct abuse){.text = "<Response"};
	talk_start(&abuse->talk, extra);
	abuse_begin(abuse);
}

void abuse_open_secure(struct abuse *abuse, const char *const *extra)
{
	*abuse = (struct abuse){.text = "<Response",
	    .secure = true,
	    .pem = "/tmp/offhook-abuse-XXXXXX",
	    .words = {"--tls-cert", abuse->pem}};
	int fd = mkstemp(abuse->pem);
	assert_true(fd >= 0);
	(void)close(fd);
	issue_server(&abuse->issued, "DNS:example.com", NULL);
	issue_write_both(abuse->pem, &abuse->issued);
	for (size_t i = 0; extra != NULL && extra[i] != NULL; i++)
		abuse->words[i + 2] = extra[i];
	talk_start(&abuse->talk, abuse->words);
	abuse_begin(abuse);
}

void abuse_open_program(
    struct abuse *abuse, const char *program, const char *const *extra)
{
	*abuse = (struct abuse){.text = "<Message>Fine: SM"};
	talk_start_program(&abuse->talk, program, extra);
	abuse_begin(abuse);
}

void abuse_open_wrapped(struct abuse *abuse, const char *const *wrapper)
{
	*abuse = (struct abuse){.text = "<Response"};
	talk_start_wrapped(&abuse->talk, wrapper);
	abuse_begin(abuse);
}

/* ---- memory ---- */

/* 0: the process has gone. */
static long pss_kb(int pid)
{
	char path[64], line[128];
	long kb = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	FILE *file = fopen(path, "r");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		(void)sscanf(line, "Pss: %ld", &kb);
	if (file != NULL)
		(void)fclose(file);
	return kb;
}

static int parent_of(int pid)
{
	char path[64], line[512] = "";
	int parent = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return 0;
	if (fgets(line, sizeof(line), file) != NULL && strrchr(line, ')') != NULL)
		(void)sscanf(strrchr(line, ')'), ") %*c %d", &parent);
	(void)fclose(file);
	return parent;
}

long abuse_memory_kb(const struct abuse *abuse)
{
	long kb = pss_kb(abuse->talk.pid);
	const struct dirent *entry;
	DIR *dir = opendir("/proc");
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		if (parent_of(atoi(entry->d_name)) == abuse->talk.pid)
			kb += pss_kb(atoi(entry->d_name));
	(void)closedir(dir);
	return kb;
}

static void stream_end(struct abuse *abuse)
{
	atomic_store(&abuse->ending, true);
	if (abuse->streaming)
		thread_join(abuse->stream);
	abuse->streaming = false;
}

static void abuse_check(struct abuse *abuse)
{
	long kb = abuse_memory_kb(abuse);
	bool fits = kb > 0 && kb <= ABUSE_KB;
	if (fits && !atomic_load(&abuse->failed))
		return;
	stream_end(abuse);
	if (!fits)
		fail_msg("the server and its processes have %ld kB", kb);
	fail_msg("%s; see %s", abuse->failure, abuse->talk.log);
}

bool abuse_goes_on(struct abuse *abuse, int *round, int rounds)
{
	abuse_check(abuse);
	return (*round)++ < rounds ||
	       atomic_load(&abuse->answered) < abuse->before + ENOUGH;
}

void abuse_await_genuine(struct abuse *abuse)
{
	int answered = atomic_load(&abuse->answered);
	while (
	    atomic_load(&abuse->answered) == answered && !atomic_load(&abuse->failed))
		(void)usleep(PAUSE_US);
}

void abuse_close(struct abuse *abuse)
{
	abuse_check(abuse);
	stream_end(abuse);
	abuse_check(abuse);
	talk_end(&abuse->talk);
	if (!abuse->secure)
		return;
	issue_free(&abuse->issued);
	(void)unlink(abuse->pem);
}

/* ---- attackers ---- */

int abuse_connect(const struct abuse *abuse)
{
	/* Closing resets it: else each would keep a port of this machine for a minute. */
	static const struct linger reset = {.l_onoff = 1};
	int fd = dial(abuse->talk.address);
	if (fd < 0)
		return fd;
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

bool abuse_send(int fd, const void *bytes, size_t len)
{
	ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
	return n >= 0 || errno == EAGAIN;
}

bool abuse_puts(int fd, const char *text)
{
	return abuse_send(fd, text, strlen(text));
}

bool abuse_drain(int fd)
{
	char bytes[16384];
	ssize_t n;
	while ((n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		continue;
	return n < 0 && errno == EAGAIN;
}

void abuse_close_all(int *fds, int count)
{
	for (int i = 0; i < count; i++) {
		if (fds[i] >= 0)
			(void)close(fds[i]);
		fds[i] = -1;
	}
}

void abuse_ask(
    const struct abuse *abuse, const struct buf *request, int *statuses, int count)
{
	static const struct buf sent_already = {0};
	int fds[ABUSE_ASKS];
	assert_true(count <= ABUSE_ASKS);
	for (int i = 0; i < count; i++) {
		fds[i] = dial(abuse->talk.address);
		for (size_t n = 0, len = request->len; fds[i] >= 0 && n < len;) {
			ssize_t some =
			    send(fds[i], request->ptr + n, len - n, MSG_NOSIGNAL);
			n = some > 0 ? n + (size_t)some : len;
		}
	}
	for (int i = 0; i < count; i++) {
		struct buf answer = {0};
		statuses[i] = 0;
		if (fds[i] >= 0 && talk_try(fds[i], &sent_already, &answer))
			(void)sscanf(answer.ptr, "HTTP/1.1 %d", &statuses[i]);
		buf_free(&answer);
	}
	abuse_close_all(fds, count);
}

void abuse_connect_again(const struct abuse *abuse, int *fds, int count)
{
	for (int i = 0; i < count; i++) {
		if (fds[i] >= 0 && abuse_drain(fds[i]))
			continue;
		if (fds[i] >= 0)
			(void)close(fds[i]);
		fds[i] = abuse_connect(abuse);
	}
}
