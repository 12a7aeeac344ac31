/* connection_internal -- one connection, for its states (connection.c) and for the set that
 * it is in (connection_set.c). */
#ifndef OFFHOOK_HTTP_CONNECTION_INTERNAL_H
#define OFFHOOK_HTTP_CONNECTION_INTERNAL_H

#include "http/connection.h"
#include "http/stream.h"

/* How long a drain waits on an idle connection: a request may be on its way. */
enum { DRAIN_GRACE_MS = 200 };

enum state {
	STATE_GREETING,  /* the handshake of TLS */
	STATE_IDLE,      /* no byte of a request yet */
	STATE_READING,   /* until the request is whole */
	STATE_SERVING,   /* until request_reply */
	STATE_SENDING,   /* until the reply has left */
	STATE_LINGERING, /* we have closed our side; until the client closes its own */
	STATE_GONE,      /* to be freed */
};

struct connection {
	TAILQ_ENTRY(connection) link;
	TAILQ_ENTRY(connection) queue; /* of those whose handshake can go on */
	struct connections *set;
	struct stream stream;
	struct loop_timer timer; /* the deadline of the state */
	struct sockaddr_storage peer;
	struct exchange *exchange; /* while READING and SERVING; in its own arena */
	size_t lingered;           /* bytes read and thrown away */
	enum state state;
	uint64_t since;   /* connections.moves, when it entered its list */
	bool close_after; /* the reply */
	bool last;        /* the client has said that it sends nothing after it */
	bool running;
	bool queued;
};

static inline void connection_count(atomic_uint_fast64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* ---- connection.c ---- */

/* Takes all steps that can be taken; it may be freed. A step may lead back here (serve may
 * reply at once): then the outermost call goes on. */
void connection_run(struct connection *c);
void connection_begin(struct connection *c); /* a request */
void connection_end(struct connection *c);   /* the request, if there is one */
/* The state ends in so many milliseconds, if it has not ended before. */
void connection_deadline(struct connection *c, int64_t ms);
void connection_on_deadline(struct loop_timer *timer);
/* An answer of this layer's own. The connection closes, because the rest of the request
 * cannot be understood or is not wanted. */
void connection_send_error(struct connection *c, int status, const char *text);

/* ---- connection_set.c ---- */

void connection_enter(struct connection *c, enum state state);
void connection_free(struct connection *c);
/* Too much memory is held: gives back that of the slowest other one, if there is one. */
bool connection_make_room(const struct connection *c);
bool connections_empty(const struct connections *set);

#endif
