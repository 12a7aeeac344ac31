#include "util/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { MESSAGE_SIZE = 1024 };

/* A reader that hangs must not hang the program, too. */
static const struct timeval patience = {.tv_sec = 5};

int notify_open(struct notify *out, const char *socket_name, struct error *err)
{
	*out = (struct notify){.fd = -1, .to = {.sun_family = AF_UNIX}};
	size_t len = socket_name == NULL ? 0 : strlen(socket_name);
	if (len == 0)
		return 0;
	if ((socket_name[0] != '/' && socket_name[0] != '@') ||
	    len >= sizeof(out->to.sun_path))
		return error_set(err,
		    "NOTIFY_SOCKET is neither the path of a socket nor @NAME: %s",
		    socket_name);
	memcpy(out->to.sun_path, socket_name, len);
	out->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (socket_name[0] == '@')
		out->to.sun_path[0] = '\0';
	else
		out->len++; /* and its NUL */
	out->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (out->fd < 0)
		return error_set(
		    err, "cannot make a socket for NOTIFY_SOCKET: %s", strerror(errno));
	(void)setsockopt(out->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return 0;
}

void notify_send(const struct notify *notify, const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list args;
	if (notify->fd < 0)
		return;
	va_start(args, format);
	int len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (len < 0)
		return;
	(void)sendto(notify->fd, text,
	    (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1, MSG_NOSIGNAL,
	    (const struct sockaddr *)&notify->to, notify->len);
}

void notify_close(struct notify *notify)
{
	if (notify->fd >= 0)
		(void)close(notify->fd);
	notify->fd = -1;
}
