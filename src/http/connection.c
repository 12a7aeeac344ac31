#include "http/connection.h"

#include <assert.h>
#include <stdlib.h>

#include "http/parser.h"
#include "http/stream.h"
#include "util/clock.h"
#include "util/mem.h"

enum {
	/* After our last byte: how long and how much the client may still send. Closing
	 * with bytes unread would reset the connection, and the client might never see
	 * the reply. */
	LINGER_MS = 2000,
	LINGER_BYTES = 1 << 20,
	/* How long a drain waits for a request that may be on its way. */
	DRAIN_GRACE_MS = 200,
};

enum state {
	STATE_IDLE,      /* no byte of a request yet */
	STATE_READING,   /* some */
	STATE_SERVING,   /* until request_reply */
	STATE_SENDING,   /* until the reply has left */
	STATE_LINGERING, /* said our last; until the client has too */
	STATE_GONE,      /* to be freed */
};

struct exchange {
	struct request request;
	struct connection *connection;
	struct parser *parser;
};

struct connection {
	TAILQ_ENTRY(connection) link;
	struct connections *set;
	struct stream stream;
	struct loop_timer timer; /* one at a time: each state has its deadline */
	struct sockaddr_storage peer;
	struct exchange *exchange; /* while READING and SERVING; in its own arena */
	size_t charged;            /* of the service's memory */
	size_t lingered;           /* bytes read and thrown away */
	enum state state;
	bool close_after; /* the reply */
	bool running;
};

/* ---- the request's memory ---- */

static void exchange_begin(struct connection *c)
{
	struct arena *arena = arena_new();
	struct exchange *exchange = arena_zalloc(arena, sizeof(*exchange));
	exchange->connection = c;
	exchange->request.loop = c->set->loop;
	exchange->request.arena = arena;
	exchange->request.peer = c->peer;
	exchange->request.first_byte_us = clock_mono_us();
	exchange->parser =
	    parser_new(&exchange->request, &c->set->service->config.limits);
	c->exchange = exchange;
}

static void exchange_end(struct connection *c)
{
	if (c->exchange == NULL)
		return;
	arena_free(c->exchange->request.arena);
	c->exchange = NULL;
	atomic_fetch_sub_explicit(
	    &c->set->service->memory, c->charged, memory_order_relaxed);
	c->charged = 0;
}

/* Brings the account up to date; false when all requests together have too much. */
static bool exchange_charge(struct connection *c)
{
	struct service *service = c->set->service;
	size_t size = arena_size(c->exchange->request.arena);
	size_t more = size - c->charged;
	c->charged = size;
	return atomic_fetch_add_explicit(&service->memory, more, memory_order_relaxed) +
		   more <=
	       service->config.limits.memory_bytes;
}

static void count(atomic_uint_fast64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* ---- replies ---- */

static void deadline(struct connection *c, int64_t ms)
{
	loop_timer_start(c->set->loop, &c->timer, clock_mono_us() + ms * 1000);
}

/* HTTP/1.0 closes unless told otherwise, HTTP/1.1 keeps. */
static const char *connection_header(const struct connection *c)
{
	if (c->close_after)
		return "close";
	return parser_framing(c->exchange->parser)->minor == 0 ? "keep-alive" : NULL;
}

/* Sends; the caller runs the connection on. */
static void send_reply(struct connection *c, const struct reply *reply)
{
	struct buf *out = &c->set->out;
	struct span body = reply->body;
	c->close_after =
	    reply->close || c->set->draining || !parser_keep_alive(c->exchange->parser);
	if (!reply_has_body(reply->status) ||
	    span_is(c->exchange->request.method_name, "HEAD"))
		body = (struct span){0};
	buf_clear(out);
	reply_head(out, reply, connection_header(c), &c->set->date);
	stream_send(&c->stream, buf_span(out), body);
	exchange_end(c);
	c->state = STATE_SENDING;
	/* A client that does not read its reply is not waited for. */
	if (!stream_sent(&c->stream))
		deadline(c, c->set->service->config.limits.request_ms);
}

/* An answer of this layer, after which the connection is of no use. */
static void send_error(struct connection *c, int status, const char *text)
{
	const struct reply reply = {
	    .status = status,
	    .content_type = "text/plain",
	    .body = span_of(text),
	    .close = true,
	};
	send_reply(c, &reply);
}

/* ---- states: each step returns whether the next may be taken ---- */

/* The headers are there: may the body come? */
static void head_come(struct connection *c)
{
	const struct server_config *config = &c->set->service->config;
	struct parser *parser = c->exchange->parser;
	struct request *request = &c->exchange->request;
	struct reply refusal = {0};
	enum expect expect = parser_framing(parser)->expect;

	count(&c->set->service->requests);
	if (config->admit != NULL && !config->admit(config->ctx, request, &refusal)) {
		/* A body that nobody wants is not read to its end. */
		refusal.close |= parser_has_body(parser);
		send_reply(c, &refusal);
	} else if (expect == EXPECT_UNKNOWN) {
		send_error(c, 417, "the only expectation understood is 100-continue");
	} else if (expect == EXPECT_CONTINUE && parser_has_body(parser) &&
		   parser_framing(parser)->length <= config->limits.body_bytes) {
		stream_send(&c->stream, SPAN("HTTP/1.1 100 Continue\r\n\r\n"),
		    (struct span){0});
	}
}

static void refused(struct connection *c)
{
	const struct parser *parser = c->exchange->parser;
	int status = parser_status(parser);
	const char *reason = parser_reason(parser);
	if (status == 400)
		count(&c->set->service->malformed);
	send_error(c, status, reason);
}

static bool step_reading(struct connection *c)
{
	struct service *service = c->set->service;
	struct span data = stream_peek(&c->stream);
	size_t used;
	enum parse result = parser_feed(
	    c->exchange->parser, data.ptr != NULL ? data.ptr : "", data.len, &used);
	stream_eat(&c->stream, used);
	if (result == PARSE_REFUSED) {
		refused(c);
		return true;
	}
	if (!exchange_charge(c)) {
		count(&service->shed);
		send_error(c, 503, "too busy");
		return true;
	}
	switch (result) {
	case PARSE_HEAD:
		head_come(c);
		return true;
	case PARSE_DONE:
		c->state = STATE_SERVING;
		loop_timer_stop(c->set->loop, &c->timer);
		service->config.serve(service->config.ctx, &c->exchange->request);
		return true;
	case PARSE_REFUSED:
	case PARSE_MORE:
		break;
	}
	if (used > 0)
		return true;
	if (c->stream.eof)
		c->state = STATE_GONE; /* it gave up half-way */
	return c->stream.eof;
}

static bool step_idle(struct connection *c)
{
	if (stream_peek(&c->stream).len > 0) {
		exchange_begin(c);
		c->state = STATE_READING;
		deadline(c, c->set->service->config.limits.request_ms);
		return true;
	}
	if (c->stream.eof)
		c->state = STATE_GONE;
	return c->stream.eof;
}

static bool step_serving(struct connection *c)
{
	if (c->stream.broken)
		stream_close(&c->stream);
	else if (stream_peek(&c->stream).len > 0)
		stream_hold(&c->stream);
	return false;
}

static bool step_sending(struct connection *c)
{
	if (c->stream.broken) {
		c->state = STATE_GONE;
		return true;
	}
	if (!stream_sent(&c->stream))
		return false;
	stream_go(&c->stream);
	if (c->close_after) {
		stream_finish(&c->stream);
		c->state = STATE_LINGERING;
		deadline(c, LINGER_MS);
	} else {
		c->state = STATE_IDLE;
		deadline(c, c->set->service->config.limits.idle_ms);
	}
	return true;
}

static bool step_lingering(struct connection *c)
{
	struct span data = stream_peek(&c->stream);
	stream_eat(&c->stream, data.len);
	c->lingered += data.len;
	if (data.len == 0 && !c->stream.eof)
		return false;
	if (c->lingered > LINGER_BYTES || c->stream.broken || data.len == 0)
		c->state = STATE_GONE;
	return true;
}

static bool step(struct connection *c)
{
	switch (c->state) {
	case STATE_IDLE:
		return step_idle(c);
	case STATE_READING:
		return step_reading(c);
	case STATE_SERVING:
		return step_serving(c);
	case STATE_SENDING:
		return step_sending(c);
	case STATE_LINGERING:
		return step_lingering(c);
	case STATE_GONE:
		return false;
	}
	return false;
}

static void connection_free(struct connection *c)
{
	struct connections *set = c->set;
	exchange_end(c);
	loop_timer_stop(set->loop, &c->timer);
	stream_close(&c->stream);
	TAILQ_REMOVE(&set->all, c, link);
	free(c);
	atomic_fetch_sub_explicit(&set->service->open, 1, memory_order_relaxed);
}

/* Takes all steps that can be taken. A step that calls out may come back here (serve
 * that replies at once): the outermost call goes on. */
static void run(struct connection *c)
{
	struct connections *set = c->set;
	if (c->running)
		return;
	c->running = true;
	while (step(c))
		continue;
	c->running = false;
	if (c->state != STATE_GONE)
		return;
	connection_free(c);
	if (set->draining && TAILQ_EMPTY(&set->all))
		set->drained(set);
}

void request_reply(struct request *request, const struct reply *reply)
{
	struct exchange *exchange = (struct exchange *)(void *)request;
	struct connection *c = exchange->connection;
	assert(c->state == STATE_SERVING && c->exchange == exchange);
	if (c->stream.broken)
		c->state = STATE_GONE;
	else
		send_reply(c, reply);
	run(c);
}

/* ---- what wakes a connection ---- */

static void on_wake(struct stream *stream)
{
	run((struct connection *)(void *)((char *)stream -
					  offsetof(struct connection, stream)));
}

static void on_deadline(struct loop_timer *timer)
{
	struct connection *c =
	    (struct connection *)(void *)((char *)timer -
					  offsetof(struct connection, timer));
	switch (c->state) {
	case STATE_IDLE:
		/* A request that is in the socket's buffer already is not cut off. */
		if (stream_waiting(&c->stream))
			deadline(c, DRAIN_GRACE_MS);
		else
			c->state = STATE_GONE;
		break;
	case STATE_READING:
		count(&c->set->service->timed_out);
		send_error(c, 408, "the request took too long to arrive");
		break;
	case STATE_SENDING:
	case STATE_LINGERING:
		c->state = STATE_GONE;
		break;
	case STATE_SERVING:
	case STATE_GONE:
		break;
	}
	run(c);
}

/* ---- the set ---- */

void connections_init(
    struct connections *set, struct loop *loop, struct service *service)
{
	*set = (struct connections){.loop = loop, .service = service};
	TAILQ_INIT(&set->all);
}

void connections_add(
    struct connections *set, int fd, const struct sockaddr_storage *peer)
{
	struct service *service = set->service;
	const struct server_limits *limits = &service->config.limits;
	size_t open =
	    atomic_fetch_add_explicit(&service->open, 1, memory_order_relaxed);
	struct connection *c = mem_new(1, sizeof(*c));
	c->set = set;
	c->peer = *peer;
	c->timer.fire = on_deadline;
	stream_open(&c->stream, set->loop, fd, on_wake);
	TAILQ_INSERT_TAIL(&set->all, c, link);
	count(&service->connections);
	deadline(c, limits->idle_ms);
	if (open < limits->connections)
		return;
	count(&service->shed);
	exchange_begin(c);
	send_error(c, 503, "too many connections");
	run(c);
}

void connections_drain(struct connections *set)
{
	struct connection *c;
	set->draining = true;
	TAILQ_FOREACH(c, &set->all, link)
		if (c->state == STATE_IDLE)
			deadline(c, DRAIN_GRACE_MS);
	if (TAILQ_EMPTY(&set->all))
		set->drained(set);
}

void connections_clear(struct connections *set)
{
	struct connection *c = TAILQ_FIRST(&set->all);
	while (c != NULL) {
		struct connection *next = TAILQ_NEXT(c, link);
		connection_free(c);
		c = next;
	}
	buf_free(&set->out);
}
