/* connection -- one client's connection: reads a request, has it served, sends the
 * reply, and so on until one of the two has enough. One request at a time; the next
 * is not read before the last is answered. */
#ifndef OFFHOOK_HTTP_CONNECTION_H
#define OFFHOOK_HTTP_CONNECTION_H

#include <stdatomic.h>

#include "http/reply.h"
#include "http/server.h"

/* What all connections of a server share. */
struct service {
	struct server_config config;
	atomic_size_t open;   /* connections */
	atomic_size_t memory; /* bytes of requests */
	atomic_uint_fast64_t connections, requests, malformed, timed_out, shed;
};

struct connection;

/* The connections of one loop; touched on its thread only. */
struct connections {
	struct loop *loop;
	struct service *service;
	TAILQ_HEAD(connection_list, connection) all;
	bool draining;
	/* Called when draining and none is left. */
	void (*drained)(struct connections *set);
	struct reply_date date;
	struct buf out; /* where the heads of replies are made */
};

void connections_init(
    struct connections *set, struct loop *loop, struct service *service);
/* Takes a socket that was accepted. Over the limit of connections it is told so and
 * closed. */
void connections_add(
    struct connections *set, int fd, const struct sockaddr_storage *peer);
/* Every further reply closes its connection; those on which nothing happens soon are
 * closed. Calls drained when none is left, perhaps at once. */
void connections_drain(struct connections *set);
/* Closes all at once and frees them, and drops the requests they had. */
void connections_clear(struct connections *set);

#endif
