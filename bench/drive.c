#include "drive.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/mem.h"
#include "util/text.h"

enum { REPLY_MAX = 8192, EVENTS_MAX = 256, STALLED_MS = 20000 };

struct connection {
	int fd;       /* -1: gone */
	bool waiting; /* for a reply */
	int64_t sent_us;
	struct buf request;
	size_t got;
	char reply[REPLY_MAX];
};

struct drive {
	const struct drive_config *config;
	struct message_maker *maker;
	struct connection *connections;
	int epoll;
	size_t open; /* connections that wait for a reply */
	size_t room; /* for latencies */
	bool counting, once;
};

static int dial(const char *address)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	char host[64];
	int64_t port;
	size_t colon = strcspn(address, ":");
	snprintf(host, sizeof(host), "%.*s", (int)colon, address);
	if (address[colon] != ':' || inet_pton(AF_INET, host, &to.sin_addr) != 1 ||
	    !text_int(span_of(address + colon + 1), 1, 65535, &port)) {
		fprintf(stderr, "load: --connect %s: not an ADDR:PORT\n", address);
		return -1;
	}
	to.sin_port = htons((uint16_t)port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
		fprintf(stderr, "load: %s: %s\n", address, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	return fd;
}

struct drive *drive_new(const struct drive_config *config)
{
	struct drive *drive = mem_new(1, sizeof(*drive));
	drive->config = config;
	drive->maker = message_maker_new(config->kind, config->url, config->token);
	drive->connections = mem_new(config->connections, sizeof(struct connection));
	drive->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (size_t i = 0; i < config->connections; i++)
		drive->connections[i].fd = -1;
	for (size_t i = 0; i < config->connections; i++) {
		struct connection *conn = &drive->connections[i];
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = conn};
		conn->fd = dial(config->connect);
		if (conn->fd < 0 ||
		    epoll_ctl(drive->epoll, EPOLL_CTL_ADD, conn->fd, &event) != 0) {
			drive_free(drive);
			return NULL;
		}
	}
	return drive;
}

static void hang_up(struct drive *drive, struct connection *conn)
{
	if (conn->waiting)
		drive->open--;
	conn->waiting = false;
	if (conn->fd >= 0)
		close(conn->fd);
	conn->fd = -1;
	buf_free(&conn->request);
}

void drive_free(struct drive *drive)
{
	if (drive == NULL)
		return;
	for (size_t i = 0; i < drive->config->connections; i++)
		hang_up(drive, &drive->connections[i]);
	close(drive->epoll);
	message_maker_free(drive->maker);
	free(drive->connections);
	free(drive);
}

/* A request is far smaller than a socket's buffer, and the one before it has been
 * answered: it is always taken whole. */
static bool send_next(struct drive *drive, struct connection *conn)
{
	message_next(drive->maker);
	buf_clear(&conn->request);
	message_request(drive->maker, &conn->request);
	conn->got = 0;
	conn->waiting = true;
	drive->open++;
	conn->sent_us = clock_mono_us();
	return send(conn->fd, conn->request.ptr, conn->request.len, MSG_NOSIGNAL) ==
	       (ssize_t)conn->request.len;
}

/* How long the reply is; 0 while its headers are incomplete; -1 when it says no
 * length. Sets *status and *head. */
static long reply_length(struct connection *conn, int *status, size_t *head)
{
	conn->reply[conn->got] = '\0';
	const char *end = strstr(conn->reply, "\r\n\r\n");
	const char *length = strcasestr(conn->reply, "\r\ncontent-length:");
	if (end == NULL)
		return 0;
	if (strncmp(conn->reply, "HTTP/1.1 ", 9) != 0)
		return -1;
	*status = (int)strtol(conn->reply + 9, NULL, 10);
	if (*status < 100 || *status >= DRIVE_STATUS_END)
		return -1;
	*head = (size_t)(end + 4 - conn->reply);
	if (*status == 204)
		return (long)*head;
	if (length == NULL || length > end)
		return -1;
	return (long)*head + strtol(length + strlen("\r\ncontent-length:"), NULL, 10);
}

static void note(struct drive *drive, struct drive_result *result, uint32_t took_us)
{
	result->answered++;
	if (!drive->counting)
		return;
	if (result->count == drive->room) {
		drive->room = drive->room > 0 ? drive->room * 2 : 65536;
		result->latencies_us =
		    mem_resize(result->latencies_us, drive->room, sizeof(uint32_t));
	}
	result->latencies_us[result->count++] = took_us;
}

/* False when the reply cannot be read. */
static bool check(
    struct drive *drive, struct connection *conn, struct drive_result *result)
{
	int status = 0;
	size_t head = 0;
	long length = reply_length(conn, &status, &head);
	int due = drive->config->kind == MESSAGE_STATUS ? 204 : 200;
	if (length < 0 || length >= REPLY_MAX)
		return false;
	if (length == 0 || conn->got < (size_t)length)
		return true;
	if (conn->got > (size_t)length)
		return false;
	conn->waiting = false;
	drive->open--;
	if (status != due)
		result->refused[status]++;
	else if (status == 200 && conn->reply[head] != '<')
		result->malformed++;
	else
		note(drive, result, (uint32_t)(clock_mono_us() - conn->sent_us));
	return true;
}

static void take_reply(
    struct drive *drive, struct connection *conn, struct drive_result *result)
{
	ssize_t got = recv(
	    conn->fd, conn->reply + conn->got, REPLY_MAX - 1 - conn->got, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		result->closed += conn->waiting ? 1 : 0;
		hang_up(drive, conn);
		return;
	}
	conn->got += (size_t)got;
	if (!check(drive, conn, result)) {
		result->malformed++;
		hang_up(drive, conn);
	} else if (!conn->waiting && !drive->once && !send_next(drive, conn)) {
		result->closed++;
		hang_up(drive, conn);
	}
}

/* False when nothing came for so long that nothing will. */
static bool turn(struct drive *drive, struct drive_result *result)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(drive->epoll, events, EVENTS_MAX, STALLED_MS);
	for (int i = 0; i < count; i++)
		take_reply(drive, events[i].data.ptr, result);
	return count > 0 || (count < 0 && errno == EINTR);
}

static void start_all(struct drive *drive, struct drive_result *result)
{
	for (size_t i = 0; i < drive->config->connections; i++)
		if (!send_next(drive, &drive->connections[i])) {
			result->closed++;
			hang_up(drive, &drive->connections[i]);
		}
}

void drive_run(struct drive *drive, struct drive_result *out)
{
	int64_t from = clock_mono_us() + drive->config->warmup_us;
	int64_t until = from + drive->config->measure_us;
	int64_t now = clock_mono_us();
	start_all(drive, out);
	while (now < until && drive->open > 0 && turn(drive, out)) {
		now = clock_mono_us();
		if (!drive->counting && now >= from) {
			drive->counting = true;
			from = now;
		}
	}
	out->elapsed_us = now - from;
}

void drive_once(struct drive *drive, struct drive_result *out)
{
	drive->counting = drive->once = true;
	start_all(drive, out);
	while (drive->open > 0 && turn(drive, out))
		continue;
}
