/* server -- HTTP/1.1 on llhttp and libevent's events: listeners, connections,
 * limits, deadlines, drain. Knows nothing of what the requests are about.
 *
 * Each I/O thread has a listening socket of its own (SO_REUSEPORT); they share one that was
 * inherited. */
#ifndef OFFHOOK_HTTP_SERVER_H
#define OFFHOOK_HTTP_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "http/request.h"
#include "util/error.h"

struct server;
struct tls;

/* The statuses of what is answered before serve, 400 to 503. */
enum { SERVER_REFUSALS = 8 };

extern const int server_refusals[SERVER_REFUSALS];
/* The index of a status there; that of 400 when it is none of them. */
int server_refusal(int status);

struct server_limits {
	size_t body_bytes;   /* larger: 413 */
	size_t header_bytes; /* request line and headers together; larger: 431 */
	size_t header_count; /* more: 431 */
	size_t connections;  /* of the whole server; more: 503 and close */
	size_t memory_bytes; /* of all requests together; more: 503 */
	/* From the first to the last byte of a request, and for its reply to be read;
	 * longer: 408 and close. For the handshake of TLS, too. */
	int64_t request_ms;
	int64_t idle_ms; /* between requests, and before the first; then close */
};

/* 1 MiB body, 32 KiB and 100 headers, 20,000 connections, 64 MiB, 10 s, 75 s. */
extern const struct server_limits server_default_limits;

struct server_config {
	/* "ADDR:PORT", "[V6]:PORT" or ":PORT" (all addresses); port 0: a free one. "fd:N":
	 * the listening socket with that number, which stays open. */
	const char *listen;
	int threads;      /* I/O threads, at least one */
	const char *name; /* "oh-admin": they are called oh-admin-0 … */
	struct server_limits limits;
	struct tls *tls; /* http/tls.h, outlives the server; NULL: plain HTTP */
	/* Called on a loop when the headers are there and the body is not. Return true
	 * to go on; or false to answer *refusal instead (its bytes must outlive the
	 * call). Only afterwards 100-continue is sent and Content-Length compared with
	 * body_bytes, so that 404 comes before 413. May be NULL. */
	bool (*admit)(void *ctx, struct request *request, struct reply *refusal);
	/* Called on a loop for every request that is answered with an error before serve:
	 * by admit's refusal, or because of a limit. The parts of the request that were
	 * not read are absent. May be NULL. */
	void (*refused)(
	    void *ctx, const struct request *request, int status, struct span why);
	/* Called on a loop for every whole request. Somebody must then call
	 * request_reply, at once or later. */
	void (*serve)(void *ctx, struct request *request);
	void *ctx;
};

/* Binds, listens and starts the threads. On failure -1 and err says which address
 * and why ("address in use"…). */
int server_open(
    struct server **out, const struct server_config *config, struct error *err);
/* Whether server_open could listen there now, and, when `other` is not NULL, there too at
 * the same time; -1 with err when not. Leaves nothing open. */
int server_check(const char *listen, const char *other, struct error *err);
/* Where it listens, "127.0.0.1:8080", with the port that was picked. */
const char *server_address(const struct server *server);
/* Whether each I/O thread has come round since the call before this one, which was long
 * ago: the first says true. One thread's. */
bool server_answers(struct server *server);
/* Stops listening and closes idle connections. Requests that have begun are finished,
 * and answered with Connection: close. Returns when no connection is left, or after
 * timeout_ms. Not from a loop. */
void server_drain(struct server *server, int64_t timeout_ms);
/* Ends the threads and frees all. Requests that are still open are dropped: drain
 * first, and nobody may hold one. NULL is fine. */
void server_close(struct server *server);

/* For metrics; any thread. */
struct server_stats {
	uint64_t connections_open; /* now */
	uint64_t connections_total;
	uint64_t requests_total;
	uint64_t malformed_total; /* 400 */
	uint64_t timed_out_total; /* 408 */
	uint64_t shed_total;      /* 503 for connections or memory */
	bool tls;                 /* else the next three are 0 */
	uint64_t handshakes_total, handshake_failures_total;
	int64_t
	    certificate_end_ms; /* the first end of a certificate, since 1970; 0: none */
	uint64_t memory_bytes;  /* of requests, now */
	/* Those that `refused` is told, by status. */
	uint64_t refused_total[SERVER_REFUSALS];
};

void server_stats(const struct server *server, struct server_stats *out);

#endif
