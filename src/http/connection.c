#include "http/connection.h"

#include <assert.h>
#include <stdlib.h>

#include "http/exchange.h"
#include "http/stream.h"
#include "util/clock.h"
#include "util/container.h"
#include "util/mem.h"

enum {
	/* How long and how much the client may send after our last byte. Closing with
	 * bytes unread would reset the connection, and the client might never see the
	 * reply. */
	LINGER_MS = 2000,
	LINGER_BYTES = 1 << 20,
	/* How long a drain waits on an idle connection: a request may be on its way. */
	DRAIN_GRACE_MS = 200,
};

enum state {
	STATE_IDLE,      /* no byte of a request yet */
	STATE_READING,   /* until the request is whole */
	STATE_SERVING,   /* until request_reply */
	STATE_SENDING,   /* until the reply has left */
	STATE_LINGERING, /* we have closed our side; until the client closes its own */
	STATE_GONE,      /* to be freed */
};

struct connection {
	TAILQ_ENTRY(connection) link;
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
};

/* ---- where it stands ---- */

/* GONE is what it becomes where it is. */
static struct connection_list *connections_of(struct connections *set, enum state state)
{
	switch (state) {
	case STATE_READING:
	case STATE_SENDING:
		return &set->slow;
	case STATE_SERVING:
		return &set->serving;
	case STATE_IDLE:
	case STATE_LINGERING:
	case STATE_GONE:
		break;
	}
	return &set->resting;
}

static void connection_enter(struct connection *c, enum state state)
{
	struct connection_list *from = connections_of(c->set, c->state);
	struct connection_list *to = connections_of(c->set, state);
	c->state = state;
	if (from == to)
		return;
	TAILQ_REMOVE(from, c, link);
	TAILQ_INSERT_TAIL(to, c, link);
	c->since = ++c->set->moves;
}

static bool connections_empty(const struct connections *set)
{
	return TAILQ_EMPTY(&set->slow) && TAILQ_EMPTY(&set->serving) &&
	       TAILQ_EMPTY(&set->resting);
}

/* ---- its request ---- */

static void connection_begin(struct connection *c)
{
	c->exchange = exchange_new(
	    c->set->loop, &c->peer, ++c->set->requests, &c->set->shared->config.limits);
	c->exchange->connection = c;
}

static void connection_end(struct connection *c)
{
	exchange_free(c->exchange, &c->set->shared->memory);
	c->exchange = NULL;
}

static void connection_count(atomic_uint_fast64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* ---- replies ---- */

static void connection_deadline(struct connection *c, int64_t ms)
{
	loop_timer_start(c->set->loop, &c->timer, clock_mono_us() + ms * 1000);
}

/* The caller then calls connection_run. */
static void connection_send(struct connection *c, const struct reply *reply)
{
	struct buf *out = &c->set->out;
	struct span body = reply->body;
	c->last = c->state == STATE_SERVING && !parser_keep_alive(c->exchange->parser);
	c->close_after =
	    reply->close || c->set->draining || !parser_keep_alive(c->exchange->parser);
	if (!reply_has_body(reply->status) ||
	    span_is(c->exchange->request.method_name, "HEAD"))
		body = (struct span){0};
	buf_clear(out);
	/* HTTP/1.0 closes unless told otherwise, HTTP/1.1 keeps open. */
	const char *kept =
	    parser_framing(c->exchange->parser)->minor == 0 ? "keep-alive" : NULL;
	reply_head(out, reply, c->close_after ? "close" : kept, &c->set->date);
	stream_send(&c->stream, buf_span(out), body);
	connection_end(c);
	connection_enter(c, STATE_SENDING);
	/* A client that does not read its reply must not hold the connection. */
	if (!stream_sent(&c->stream))
		connection_deadline(c, c->set->shared->config.limits.request_ms);
}

/* An answer before the request is served. */
static void connection_refuse(struct connection *c, const struct reply *reply)
{
	struct server_shared *shared = c->set->shared;
	connection_count(&shared->refused[server_refusal(reply->status)]);
	if (shared->config.refused != NULL)
		shared->config.refused(shared->config.ctx, &c->exchange->request,
		    reply->status, reply->body);
	connection_send(c, reply);
}

/* An answer of this layer's own. The connection closes, because the rest of the request
 * cannot be understood or is not wanted. */
static void connection_send_error(struct connection *c, int status, const char *text)
{
	const struct reply reply = {
	    .status = status,
	    .content_type = "text/plain",
	    .body = span_of(text),
	    .close = true,
	};
	connection_refuse(c, &reply);
}

/* ---- making room ---- */

/* The first of a list that is not c, and may be closed: one whose serve has made us run
 * another may not. */
static struct connection *connections_first(
    struct connection_list *list, const struct connection *c)
{
	struct connection *first = TAILQ_FIRST(list);
	while (first != NULL && (first == c || first->running))
		first = TAILQ_NEXT(first, link);
	return first;
}

static void connection_free(struct connection *c)
{
	struct connections *set = c->set;
	connection_end(c);
	loop_timer_stop(set->loop, &c->timer);
	stream_close(&c->stream);
	TAILQ_REMOVE(connections_of(set, c->state), c, link);
	free(c);
	atomic_fetch_sub_explicit(&set->shared->open, 1, memory_order_relaxed);
}

/* For another one's sake: not from within its own connection_run. */
static void connection_close(struct connection *c)
{
	assert(!c->running);
	connection_free(c);
}

/* ---- states: each function returns whether the next step can be taken ---- */

/* The headers are there. */
static void connection_admit(struct connection *c)
{
	const struct server_config *config = &c->set->shared->config;
	struct parser *parser = c->exchange->parser;
	struct request *request = &c->exchange->request;
	struct reply refusal = {0};
	enum expect expect = parser_framing(parser)->expect;

	connection_count(&c->set->shared->requests);
	if (config->admit != NULL && !config->admit(config->ctx, request, &refusal)) {
		/* Closing spares reading a body that nobody wants. */
		refusal.close |= parser_has_body(parser);
		connection_refuse(c, &refusal);
	} else if (expect == EXPECT_UNKNOWN) {
		connection_send_error(
		    c, 417, "the only expectation understood is 100-continue");
	} else if (expect == EXPECT_CONTINUE && parser_has_body(parser) &&
		   parser_framing(parser)->length <= config->limits.body_bytes) {
		stream_send(&c->stream, SPAN("HTTP/1.1 100 Continue\r\n\r\n"),
		    (struct span){0});
	}
}

static bool connection_step_reading(struct connection *c)
{
	struct server_shared *shared = c->set->shared;
	struct span data = stream_peek(&c->stream);
	size_t used;
	enum parse result = parser_feed(
	    c->exchange->parser, data.ptr != NULL ? data.ptr : "", data.len, &used);
	stream_eat(&c->stream, used);
	if (result == PARSE_DONE)
		stream_hold(&c->stream);
	if (result == PARSE_REFUSED) {
		int status = parser_status(c->exchange->parser);
		if (status == 400)
			connection_count(&shared->malformed);
		connection_send_error(c, status, parser_reason(c->exchange->parser));
		return true;
	}
	while (!exchange_charge(
	    c->exchange, &shared->memory, shared->config.limits.memory_bytes)) {
		struct connection *oldest = connections_first(&c->set->slow, c);
		connection_count(&shared->shed);
		if (oldest != NULL) {
			connection_close(oldest);
			continue;
		}
		connection_send_error(c, 503, "too busy");
		return true;
	}
	switch (result) {
	case PARSE_HEAD:
		connection_admit(c);
		return true;
	case PARSE_DONE:
		connection_enter(c, STATE_SERVING);
		loop_timer_stop(c->set->loop, &c->timer);
		shared->config.serve(shared->config.ctx, &c->exchange->request);
		return true;
	case PARSE_REFUSED:
	case PARSE_MORE:
		break;
	}
	if (used > 0)
		return true;
	if (c->stream.eof)
		connection_enter(c, STATE_GONE); /* in the middle of a request */
	return c->stream.eof;
}

static bool connection_step_idle(struct connection *c)
{
	if (stream_peek(&c->stream).len > 0) {
		connection_begin(c);
		connection_enter(c, STATE_READING);
		connection_deadline(c, c->set->shared->config.limits.request_ms);
		return true;
	}
	if (c->stream.eof)
		connection_enter(c, STATE_GONE);
	return c->stream.eof;
}

static bool connection_step_sending(struct connection *c)
{
	if (c->stream.broken) {
		connection_enter(c, STATE_GONE);
		return true;
	}
	if (!stream_sent(&c->stream)) {
		/* Who does not read replies is not read from. */
		stream_hold(&c->stream);
		return false;
	}
	stream_go(&c->stream);
	if (c->last && !stream_waiting(&c->stream)) {
		connection_enter(c, STATE_GONE);
	} else if (c->close_after) {
		stream_finish(&c->stream);
		connection_enter(c, STATE_LINGERING);
		connection_deadline(c, LINGER_MS);
	} else {
		connection_enter(c, STATE_IDLE);
		connection_deadline(c, c->set->shared->config.limits.idle_ms);
	}
	return true;
}

static bool connection_step_lingering(struct connection *c)
{
	struct span data = stream_peek(&c->stream);
	stream_eat(&c->stream, data.len);
	c->lingered += data.len;
	if (data.len == 0 && !c->stream.eof)
		return false;
	if (c->lingered > LINGER_BYTES || c->stream.broken || data.len == 0)
		connection_enter(c, STATE_GONE);
	return true;
}

static bool connection_step(struct connection *c)
{
	switch (c->state) {
	case STATE_IDLE:
		return connection_step_idle(c);
	case STATE_READING:
		return connection_step_reading(c);
	case STATE_SERVING:
		return false;
	case STATE_SENDING:
		return connection_step_sending(c);
	case STATE_LINGERING:
		return connection_step_lingering(c);
	case STATE_GONE:
		return false;
	}
	return false;
}

/* Takes all steps that can be taken. A step may lead back here (serve may reply at
 * once): then the outermost call goes on. */
static void connection_run(struct connection *c)
{
	struct connections *set = c->set;
	if (c->running)
		return;
	c->running = true;
	while (connection_step(c))
		continue;
	c->running = false;
	if (c->state != STATE_GONE) {
		stream_await(&c->stream);
		return;
	}
	connection_free(c);
	if (set->draining && connections_empty(set))
		set->drained(set);
}

void request_reply(struct request *request, const struct reply *reply)
{
	struct exchange *exchange = container_of(request, struct exchange, request);
	struct connection *c = exchange->connection;
	assert(c->state == STATE_SERVING && c->exchange == exchange);
	if (c->stream.broken)
		connection_enter(c, STATE_GONE);
	else
		connection_send(c, reply);
	connection_run(c);
}

/* ---- what wakes a connection ---- */

static void connection_on_wake(struct stream *stream)
{
	connection_run(container_of(stream, struct connection, stream));
}

static void connection_on_deadline(struct loop_timer *timer)
{
	struct connection *c = container_of(timer, struct connection, timer);
	switch (c->state) {
	case STATE_IDLE:
		/* A request may be in the socket's buffer already. */
		if (stream_waiting(&c->stream))
			connection_deadline(c, DRAIN_GRACE_MS);
		else
			connection_enter(c, STATE_GONE);
		break;
	case STATE_READING:
		connection_count(&c->set->shared->timed_out);
		connection_send_error(c, 408, "the request took too long to arrive");
		break;
	case STATE_SENDING:
	case STATE_LINGERING:
		connection_enter(c, STATE_GONE);
		break;
	case STATE_SERVING:
	case STATE_GONE:
		break;
	}
	connection_run(c);
}

/* ---- the set ---- */

void connections_init(
    struct connections *set, struct loop *loop, struct server_shared *shared)
{
	*set = (struct connections){.loop = loop, .shared = shared};
	TAILQ_INIT(&set->slow);
	TAILQ_INIT(&set->serving);
	TAILQ_INIT(&set->resting);
}

void connections_add(
    struct connections *set, int fd, const struct sockaddr_storage *peer)
{
	struct server_shared *shared = set->shared;
	const struct server_limits *limits = &shared->config.limits;
	size_t open = atomic_fetch_add_explicit(&shared->open, 1, memory_order_relaxed);
	struct connection *c = mem_new(1, sizeof(*c));
	c->set = set;
	c->peer = *peer;
	c->timer.fire = connection_on_deadline;
	stream_open(&c->stream, set->loop, fd, &shared->memory, connection_on_wake);
	TAILQ_INSERT_TAIL(&set->resting, c, link);
	c->since = ++set->moves;
	connection_count(&shared->connections);
	connection_deadline(c, limits->idle_ms);
	if (open < limits->connections) {
		connection_run(c);
		return;
	}
	connection_count(&shared->shed);
	struct connection *oldest = connections_first(&set->resting, c);
	struct connection *half = TAILQ_FIRST(&set->slow);
	if (oldest == NULL || (half != NULL && half->since < oldest->since))
		oldest = half;
	if (oldest != NULL) {
		connection_close(oldest);
	} else {
		connection_begin(c);
		connection_send_error(c, 503, "too many connections");
	}
	connection_run(c);
}

void connections_drain(struct connections *set)
{
	struct connection *c;
	set->draining = true;
	TAILQ_FOREACH(c, &set->resting, link)
		if (c->state == STATE_IDLE)
			connection_deadline(c, DRAIN_GRACE_MS);
	if (connections_empty(set))
		set->drained(set);
}

static void connections_clear_list(struct connection_list *list)
{
	struct connection *c = TAILQ_FIRST(list);
	while (c != NULL) {
		struct connection *next = TAILQ_NEXT(c, link);
		connection_free(c);
		c = next;
	}
}

void connections_clear(struct connections *set)
{
	connections_clear_list(&set->slow);
	connections_clear_list(&set->serving);
	connections_clear_list(&set->resting);
	buf_free(&set->out);
}
