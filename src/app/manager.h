/* manager -- what the service manager (systemd) is told of the server: that it is ready,
 * reloads its settings, stops, is alive; and in words how it is. Without $NOTIFY_SOCKET
 * nothing is told. */
#ifndef OFFHOOK_APP_MANAGER_H
#define OFFHOOK_APP_MANAGER_H

#include <stdbool.h>
#include <stdint.h>

#include "http/server.h"
#include "store/store.h"
#include "util/notify.h"

struct manager {
	struct notify notify;
	int64_t each_us;  /* a sign of life is due so often; 0: none is wanted */
	int64_t sign_us;  /* the last one */
	uint64_t settled; /* commits that had ended at the last look */
	bool stuck;       /* and that was told */
	bool unhealthy;   /* and so was that */
	const char *scheme, *address;
};

/* From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. What is wrong with them is logged. The
 * server is at scheme://address; both live longer. */
void manager_open(struct manager *out, const char *scheme, const char *address);
/* The server answers, for the first time or after manager_reloading. Both: any thread. */
void manager_ready(const struct manager *manager);
void manager_reloading(const struct manager *manager);
/* The requests in flight finish now, which takes at most drain_ms. */
void manager_stopping(struct manager *manager, int64_t drain_ms);
/* About once a second. A sign of life is sent at half of the time in which the service
 * manager wants one, and only while the server gets on: each loop answers, and what waits
 * for the store's writer becomes less or was committed or refused. A full disk is no reason
 * to hold it back: a new start would not mend that. */
void manager_look(struct manager *manager, struct server *server, struct store *store,
    int64_t now_us);
void manager_close(struct manager *manager);

#endif
