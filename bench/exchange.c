#include "exchange.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/text.h"

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

bool exchange_open(struct exchange *exchange, const char *address, int epoll)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = exchange};
	exchange->fd = dial(address);
	return exchange->fd >= 0 &&
	       epoll_ctl(epoll, EPOLL_CTL_ADD, exchange->fd, &event) == 0;
}

void exchange_close(struct exchange *exchange)
{
	exchange->waiting = false;
	if (exchange->fd >= 0)
		close(exchange->fd);
	exchange->fd = -1;
	buf_free(&exchange->request);
}

/* A request is far smaller than a socket's buffer, and the one before it has been
 * answered: it is always taken whole. */
bool exchange_send(
    struct exchange *exchange, struct message_maker *maker, int64_t since_us)
{
	message_next(maker);
	buf_clear(&exchange->request);
	message_request(maker, &exchange->request);
	exchange->got = 0;
	exchange->waiting = true;
	exchange->since_us = since_us;
	return send(exchange->fd, exchange->request.ptr, exchange->request.len,
		   MSG_NOSIGNAL) == (ssize_t)exchange->request.len;
}

/* How long the reply is; 0 while its headers are incomplete; -1 when it says no
 * length. Sets *status and *head. */
static long reply_length(struct exchange *exchange, int *status, size_t *head)
{
	exchange->reply[exchange->got] = '\0';
	const char *end = strstr(exchange->reply, "\r\n\r\n");
	const char *length = strcasestr(exchange->reply, "\r\ncontent-length:");
	if (end == NULL)
		return 0;
	if (strncmp(exchange->reply, "HTTP/1.1 ", 9) != 0)
		return -1;
	*status = (int)strtol(exchange->reply + 9, NULL, 10);
	if (*status < 100 || *status >= EXCHANGE_STATUS_END)
		return -1;
	*head = (size_t)(end + 4 - exchange->reply);
	if (*status == 204)
		return (long)*head;
	if (length == NULL || length > end)
		return -1;
	return (long)*head + strtol(length + strlen("\r\ncontent-length:"), NULL, 10);
}

static enum exchange_result check(struct exchange *exchange, int *status)
{
	size_t head = 0;
	long length = reply_length(exchange, status, &head);
	if (length < 0 || length >= EXCHANGE_REPLY_MAX)
		return EXCHANGE_MALFORMED;
	if (length == 0 || exchange->got < (size_t)length)
		return EXCHANGE_WAITS;
	if (exchange->got > (size_t)length)
		return EXCHANGE_MALFORMED;
	if (*status != 200 && *status != 204)
		return EXCHANGE_REFUSED;
	return *status == 200 && exchange->reply[head] != '<' ? EXCHANGE_MALFORMED
							      : EXCHANGE_OK;
}

enum exchange_result exchange_receive(struct exchange *exchange, int *status)
{
	ssize_t got = recv(exchange->fd, exchange->reply + exchange->got,
	    EXCHANGE_REPLY_MAX - 1 - exchange->got, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return EXCHANGE_WAITS;
	if (got <= 0)
		return EXCHANGE_CLOSED;
	exchange->got += (size_t)got;
	enum exchange_result result = check(exchange, status);
	exchange->waiting = result == EXCHANGE_WAITS;
	return result;
}
