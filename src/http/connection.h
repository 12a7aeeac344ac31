/* connection -- one client's connection: reads a request, has it served, sends the
 * reply, and so on until client or server closes it. The next request is not read
 * before the last one is answered. */
#ifndef OFFHOOK_HTTP_CONNECTION_H
#define OFFHOOK_HTTP_CONNECTION_H

#include <stdatomic.h>

#include "http/reply.h"
#include "http/server.h"

/* What all connections of a server share. */
struct server_shared {
	struct server_config config;
	atomic_size_t open;   /* connections, now */
	atomic_size_t memory; /* bytes of their requests, now */
	/* counts since the start */
	atomic_uint_fast64_t connections, requests, malformed, timed_out, shed;
	atomic_uint_fast64_t handshakes, handshakes_failed;
	atomic_uint_fast64_t refused[SERVER_REFUSALS];
};

struct connection;

/* The connections of one loop; touched on its thread only. */
struct connections {
	struct loop *loop;
	struct server_shared *shared;
	/* Each connection is in one of them; who has been there longest comes first. What is
	 * held for clients of `slow`, half a request or a reply that is not taken, is memory
	 * that can be had back. */
	TAILQ_HEAD(connection_list, connection) slow, serving, resting;
	/* Those of `slow` whose handshake of TLS can go on, which it does at the end of a
	 * round. */
	struct connection_list greeting;
	struct loop_task greet;
	bool greet_armed;
	uint64_t requests; /* so far */
	uint64_t moves;    /* from one to another; so their order is known */
	bool draining;
	/* Called when draining and none is left. */
	void (*drained)(struct connections *set);
	struct reply_date date;
	struct buf out; /* where the head of a reply is written */
};

void connections_init(
    struct connections *set, struct loop *loop, struct server_shared *shared);
/* Takes a socket that was accepted. Beyond the limit of connections the one that has
 * waited longest is closed, whatever it waits for: its client to send a request, or to
 * take a reply. When all are being served, the new one gets 503 and is closed. */
void connections_add(
    struct connections *set, int fd, const struct sockaddr_storage *peer);
/* From now on every reply closes its connection; idle connections are closed after a
 * moment. Calls drained when no connection is left, perhaps at once. */
void connections_drain(struct connections *set);
/* Closes and frees all connections at once; their requests are dropped. */
void connections_clear(struct connections *set);

#endif
