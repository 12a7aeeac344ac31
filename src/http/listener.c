#include "http/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "http/loop_internal.h"
#include "util/clock.h"
#include "util/container.h"
#include "util/log.h"
#include "util/text.h"

enum {
	BACKLOG = 65535,     /* cut by the kernel to net.core.somaxconn */
	ACCEPT_AT_ONCE = 64, /* then other sockets are read first */
	PAUSE_US = 100 * 1000,
	LOG_EVERY_US = 1000 * 1000,
};

static bool address_set_host(struct address *address, struct span host)
{
	char text[INET6_ADDRSTRLEN];
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address->at;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address->at;
	bool bracketed =
	    host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
	if (bracketed)
		host = (struct span){host.ptr + 1, host.len - 2};
	if (host.len >= sizeof(text))
		return false;
	memcpy(text, host.ptr, host.len);
	text[host.len] = '\0';
	if (bracketed || host.len == 0) {
		address->every = host.len == 0;
		address->len = sizeof(*v6);
		v6->sin6_family = AF_INET6;
		return address->every || inet_pton(AF_INET6, text, &v6->sin6_addr) == 1;
	}
	address->len = sizeof(*v4);
	v4->sin_family = AF_INET;
	return inet_pton(AF_INET, text, &v4->sin_addr) == 1;
}

/* From a socket that is there already. */
static int address_inherit(struct address *out, int fd, struct error *err)
{
	int type = 0, listens = 0, v6_only = 1;
	socklen_t size = sizeof(int), at_size = sizeof(out->at);
	*out = (struct address){.inherited = fd, .len = sizeof(out->at)};
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 ||
	    getsockname(fd, (struct sockaddr *)&out->at, &at_size) < 0)
		return error_set(err, "cannot listen on descriptor %d: %s", fd,
		    errno == EBADF ? "there is none" : strerror(errno));
	out->len = at_size;
	if (type != SOCK_STREAM || listens == 0 ||
	    (out->at.ss_family != AF_INET && out->at.ss_family != AF_INET6))
		return error_set(err,
		    "cannot listen on descriptor %d: it is no listening TCP socket (of "
		    "systemd: ListenStream=PORT and Accept=no)",
		    fd);
	if (out->at.ss_family == AF_INET6)
		(void)getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, &size);
	out->every =
	    v6_only == 0 && IN6_IS_ADDR_UNSPECIFIED(
				&((const struct sockaddr_in6 *)&out->at)->sin6_addr);
	return 0;
}

int address_parse(struct address *out, const char *text, struct error *err)
{
	const char *colon = strrchr(text, ':');
	int64_t port;
	if (strncmp(text, "fd:", 3) == 0 &&
	    text_int(span_of(text + 3), 3, INT_MAX, &port))
		return address_inherit(out, (int)port, err);
	*out = (struct address){0};
	if (colon == NULL || colon[1] == '-' ||
	    !text_int(span_of(colon + 1), 0, 65535, &port) ||
	    !address_set_host(out, (struct span){text, (size_t)(colon - text)}))
		return error_set(err,
		    "cannot listen on \"%s\": write 127.0.0.1:8080, [::1]:8080, or :8080 for "
		    "all addresses",
		    text);
	if (out->at.ss_family == AF_INET)
		((struct sockaddr_in *)&out->at)->sin_port = htons((uint16_t)port);
	else
		((struct sockaddr_in6 *)&out->at)->sin6_port = htons((uint16_t)port);
	return 0;
}

void address_text(const struct address *address, char out[LISTENER_TEXT_SIZE])
{
	struct request request = {.peer = address->at};
	if (!address->every) {
		request_peer_text(&request, out);
		return;
	}
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->at;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->at;
	in_port_t port =
	    address->at.ss_family == AF_INET6 ? v6->sin6_port : v4->sin_port;
	(void)snprintf(out, LISTENER_TEXT_SIZE, "0.0.0.0:%u", (unsigned)ntohs(port));
}

/* A reply must not wait for the ACK of the last one. Accepted sockets inherit it. */
static void listener_no_delay(int fd)
{
	int on = 1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static int address_bind(struct address *address, bool shared)
{
	int on = 1;
	int v6_only = address->every ? 0 : 1;
	const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = socket(address->at.ss_family, type, 0);
	/* On a machine without IPv6, all addresses are those of IPv4. */
	if (fd < 0 && errno == EAFNOSUPPORT && address->every) {
		in_port_t port = ((struct sockaddr_in6 *)&address->at)->sin6_port;
		struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = port};
		memset(&address->at, 0, sizeof(address->at));
		memcpy(&address->at, &v4, sizeof(v4));
		address->len = sizeof(v4);
		fd = socket(AF_INET, type, 0);
	}
	if (fd < 0)
		return -1;
	if (address->at.ss_family == AF_INET6)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof(v6_only));
	listener_no_delay(fd);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    (!shared ||
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0) &&
	    bind(fd, (struct sockaddr *)&address->at, address->len) == 0)
		return fd;
	int saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

/* With SO_REUSEPORT a second server would silently get half of the connections. A
 * socket without it cannot be bound when somebody else listens there. */
static bool address_free(struct address *address)
{
	int fd = address_bind(address, false);
	if (fd < 0)
		return false;
	(void)close(fd);
	return true;
}

static int address_failed(const struct address *address, struct error *err)
{
	char text[LISTENER_TEXT_SIZE];
	int saved = errno;
	address_text(address, text);
	return error_set(err, "cannot listen on %s: %s%s", text, strerror(saved),
	    saved == EADDRINUSE ? " (is another server running there?)" : "");
}

int address_check(struct address *address, struct error *err)
{
	return address->inherited > 0 || address_free(address)
		   ? 0
		   : address_failed(address, err);
}

static in_port_t address_port(const struct address *address)
{
	return address->at.ss_family == AF_INET6
		   ? ((const struct sockaddr_in6 *)&address->at)->sin6_port
		   : ((const struct sockaddr_in *)&address->at)->sin_port;
}

/* All addresses of its family. */
static bool address_is_any(const struct address *address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->at;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->at;
	return address->at.ss_family == AF_INET6
		   ? IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr)
		   : v4->sin_addr.s_addr == INADDR_ANY;
}

bool address_overlaps(const struct address *a, const struct address *b)
{
	if (address_port(a) == 0 || address_port(a) != address_port(b))
		return false;
	if (a->every || b->every)
		return true;
	return a->at.ss_family == b->at.ss_family &&
	       (address_is_any(a) || address_is_any(b) ||
		   memcmp(&a->at, &b->at, a->len) == 0);
}

/* A descriptor of its own for each loop, of the same socket: when a connection comes, all
 * loops that sleep wake, and one gets it. */
static int listener_inherit(int inherited)
{
	int fd = fcntl(inherited, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return -1;
	listener_no_delay(fd);
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

int listener_open(
    struct listener *listener, struct address *address, bool first, struct error *err)
{
	*listener = (struct listener){.fd = -1, .inherited = address->inherited > 0};
	if (listener->inherited)
		listener->fd = listener_inherit(address->inherited);
	else if (!first || address_free(address))
		listener->fd = address_bind(address, true);
	socklen_t len = sizeof(address->at);
	if (listener->fd < 0 || listen(listener->fd, BACKLOG) != 0 ||
	    getsockname(listener->fd, (struct sockaddr *)&address->at, &len) != 0) {
		(void)address_failed(address, err);
		listener_close(listener);
		return -1;
	}
	return 0;
}

static void listener_pause(struct listener *listener)
{
	int64_t now = clock_mono_us();
	const char *why = strerror(errno);
	if (listener->logged_us == 0 || now - listener->logged_us > LOG_EVERY_US) {
		listener->logged_us = now;
		log_write(LOG_ERROR,
		    "cannot accept connections; raise the limit of open files", "error",
		    why, NULL);
	}
	(void)event_del(listener->event);
	loop_timer_start(listener->set->loop, &listener->pause, now + PAUSE_US);
}

/* False when no more connections wait, or no more can be accepted. */
static bool listener_accept(struct listener *listener, int most)
{
	for (int i = 0; i < most; i++) {
		struct sockaddr_storage peer = {0};
		socklen_t len = sizeof(peer);
		int fd = accept4(listener->fd, (struct sockaddr *)&peer, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			connections_add(listener->set, fd, &peer);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			   errno == ENOMEM) {
			listener_pause(listener);
			return false;
		} else if (errno == EAGAIN) {
			return false;
		}
		/* Any other error is about that one connection, which is gone. */
	}
	return true;
}

static void listener_on_ready(evutil_socket_t fd, short what, void *ctx)
{
	struct listener *listener = ctx;
	(void)fd;
	(void)what;
	(void)listener_accept(listener, ACCEPT_AT_ONCE);
}

static void listener_on_pause_end(struct loop_timer *timer)
{
	struct listener *listener = container_of(timer, struct listener, pause);
	(void)event_add(listener->event, NULL);
}

int listener_start(
    struct listener *listener, struct connections *set, struct error *err)
{
	listener->set = set;
	listener->pause.fire = listener_on_pause_end;
	listener->event = event_new(loop_base(set->loop), listener->fd,
	    EV_READ | EV_PERSIST, listener_on_ready, listener);
	if (listener->event == NULL || event_add(listener->event, NULL) != 0)
		return error_set(err, "cannot watch a listening socket");
	return 0;
}

void listener_drain(struct listener *listener)
{
	if (listener->fd < 0)
		return;
	while (!listener->inherited && listener_accept(listener, ACCEPT_AT_ONCE))
		continue;
	listener_close(listener);
}

void listener_close(struct listener *listener)
{
	if (listener->fd < 0)
		return;
	if (listener->event != NULL)
		event_free(listener->event);
	if (listener->set != NULL)
		loop_timer_stop(listener->set->loop, &listener->pause);
	(void)close(listener->fd);
	listener->event = NULL;
	listener->fd = -1;
}
