/* notify -- tells who started the program how it is: the datagrams of sd_notify(3), without
 * its library. */
#ifndef OFFHOOK_UTIL_NOTIFY_H
#define OFFHOOK_UTIL_NOTIFY_H

#include <sys/socket.h>
#include <sys/un.h>

#include "util/error.h"

struct notify {
	int fd; /* -1: nobody wants to know */
	struct sockaddr_un to;
	socklen_t len;
};

/* socket is $NOTIFY_SOCKET: a path, or @NAME of an abstract socket. NULL or "": nobody wants
 * to know. -1 with err when it is neither; then nothing is sent either. */
int notify_open(struct notify *out, const char *socket, struct error *err);
/* Sends "VARIABLE=value" lines, separated by \n. When nobody reads them any more, they are
 * lost: the program goes on. Any thread. */
__attribute__((format(printf, 2, 3))) void notify_send(
    const struct notify *notify, const char *format, ...);
void notify_close(struct notify *notify);

#endif
