/* request -- one well-formed HTTP/1.x request, and the one way to answer it. A request
 * that is malformed, or could be read in two ways, never gets here: it is answered 400
 * and its connection closed. */
#ifndef OFFHOOK_HTTP_REQUEST_H
#define OFFHOOK_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "http/loop.h"
#include "util/arena.h"
#include "util/span.h"

enum method { METHOD_GET, METHOD_POST, METHOD_OTHER };

/* Lives from the last byte of the request until request_reply. All spans point into
 * the arena. When the client goes away it stays, and its reply is dropped. */
struct request {
	struct loop *loop;
	uint64_t number; /* no other request of this process has it (log_request) */
	enum method method;
	struct span method_name;
	struct span target; /* as sent: path, and query with its "?" */
	struct span path;
	struct span query; /* without the "?"; absent when there is none */
	struct pair *headers;
	size_t header_count;
	struct span body; /* empty when there is none; chunks already joined */
	/* Set it to NULL to take it over: then it is yours to free, and outlives
	 * request_reply. */
	struct arena *arena;
	int64_t first_byte_us; /* when its first byte was read (util/clock.h) */
	struct sockaddr_storage peer;
	bool tls; /* it came by https */
};

/* The first header of that name (any case), or an absent span. */
struct span request_header(const struct request *request, const char *name);
size_t request_header_count(const struct request *request, const char *name);
/* "192.0.2.1:4711" or "[2001:db8::1]:4711"; out has room for 64 bytes. */
void request_peer_text(const struct request *request, char out[64]);

struct reply {
	int status;
	const char *content_type; /* NULL with an empty body (204) */
	struct span body;
	const char *header; /* one more line without CRLF ("Allow: POST"), or NULL */
	bool close;         /* close the connection after it */
};

/* Sends the reply in one write and ends the request: afterwards neither the request nor
 * its arena (unless taken over) may be touched. Copies the reply's bytes. On the
 * request's loop only, exactly once for each request. HEAD gets the headers without the
 * body. */
void request_reply(struct request *request, const struct reply *reply);

#endif
