/* server -- HTTP/1.1 on llhttp and libevent's bufferevents: listeners, connections,
 * limits, deadlines, drain. Knows nothing of what the requests are about.
 *
 * One I/O thread each with its own listening socket (SO_REUSEPORT). */
#ifndef OFFHOOK_HTTP_SERVER_H
#define OFFHOOK_HTTP_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "http/request.h"
#include "util/error.h"

struct server;

struct server_limits {
	size_t body_bytes;   /* larger: 413 */
	size_t header_bytes; /* request line and headers together; larger: 431 */
	size_t header_count; /* more: 431 */
	size_t connections;  /* of the whole server; more: 503 and close */
	size_t memory_bytes; /* all requests being read or answered; more: 503 */
	int64_t request_ms;  /* from its first to its last byte, however it drips;
				    longer: 408 and close */
	int64_t idle_ms;     /* between requests, and before the first; then close */
};

/* 1 MiB body, 32 KiB and 100 headers, 20,000 connections, 64 MiB, 10 s, 75 s. */
extern const struct server_limits server_default_limits;

struct server_config {
	const char *listen; /* "ADDR:PORT", "[V6]:PORT" or ":PORT" (all addresses);
			       port 0: a free one */
	int threads;        /* I/O threads; 0: one for each core */
	struct server_limits limits;
	/* Called on a loop when the headers are there and the body is not: return true
	 * to go on, or false with *refusal set (its bytes must outlive the call) to
	 * answer that instead. Before it returned true no 100-continue is sent and
	 * Content-Length is not held against body_bytes (so that 404 comes before 413).
	 * The request's body is not yet set. May be NULL. */
	bool (*admit)(void *ctx, struct request *request, struct reply *refusal);
	/* Called on a loop for every whole request; must see to it that request_reply
	 * is called, then or later. */
	void (*serve)(void *ctx, struct request *request);
	void *ctx;
};

/* Binds, listens and starts the threads. On failure -1 and err says which address
 * and why ("address in use"…). */
int server_open(
    struct server **out, const struct server_config *config, struct error *err);
/* "127.0.0.1:8080": where it listens, with the port that was picked. */
const char *server_address(const struct server *server);
/* How many loops; loop_index is below it. */
int server_threads(const struct server *server);
/* Stops listening, closes idle connections, lets every request that has begun finish
 * (answered with Connection: close), and returns when all are gone or after
 * timeout_ms. Not from a loop. */
void server_drain(struct server *server, int64_t timeout_ms);
/* Ends the threads and frees all. Requests still open are dropped: drain first, and
 * make sure nobody still holds one. NULL is fine. */
void server_close(struct server *server);

/* Counts since the start, for metrics; any thread. */
struct server_stats {
	uint64_t connections_open;
	uint64_t connections_total;
	uint64_t requests_total;
	uint64_t malformed_total; /* 400 */
	uint64_t timed_out_total; /* 408 */
	uint64_t shed_total;      /* 503 for connections or memory */
	uint64_t memory_bytes;    /* of requests, now */
};

void server_stats(const struct server *server, struct server_stats *out);

#endif
