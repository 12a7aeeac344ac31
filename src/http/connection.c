#include <assert.h>

#include "http/connection_internal.h"
#include "http/exchange.h"
#include "util/clock.h"
#include "util/container.h"

enum {
	/* How long and how much the client may send after our last byte. Closing with
	 * bytes unread would reset the connection, and the client might never see the
	 * reply. */
	LINGER_MS = 2000,
	LINGER_BYTES = 1 << 20,
};

/* ---- its request ---- */

void connection_begin(struct connection *c)
{
	c->exchange = exchange_new(
	    c->set->loop, &c->peer, ++c->set->requests, &c->set->shared->config.limits);
	c->exchange->request.tls = c->set->shared->config.tls != NULL;
	c->exchange->connection = c;
}

void connection_end(struct connection *c)
{
	exchange_free(c->exchange, &c->set->shared->memory);
	c->exchange = NULL;
}

/* ---- replies ---- */

void connection_deadline(struct connection *c, int64_t ms)
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
void connection_send_error(struct connection *c, int status, const char *text)
{
	const struct reply reply = {
	    .status = status,
	    .content_type = "text/plain",
	    .body = span_of(text),
	    .close = true,
	};
	connection_refuse(c, &reply);
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
		if (!connection_make_room(c)) {
			connection_send_error(c, 503, "too busy");
			return true;
		}
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

/* Whether no more is held than may be. */
static bool connection_fits(const struct connection *c)
{
	const struct server_shared *shared = c->set->shared;
	while (atomic_load_explicit(&shared->memory, memory_order_relaxed) >
	       shared->config.limits.memory_bytes)
		if (!connection_make_room(c))
			return false;
	return true;
}

static bool connection_step_greeting(struct connection *c)
{
	struct server_shared *shared = c->set->shared;
	int rc = stream_greet(&c->stream);
	bool fits = rc < 0 || connection_fits(c);
	if (rc == 0 && fits)
		return false;
	if (rc > 0 && fits) {
		connection_count(&shared->handshakes);
		connection_enter(c, STATE_IDLE);
		connection_deadline(c,
		    c->set->draining ? DRAIN_GRACE_MS : shared->config.limits.idle_ms);
		return true;
	}
	bool told = fits && !c->stream.broken;
	connection_count(&shared->handshakes_failed);
	connection_enter(c, told ? STATE_LINGERING : STATE_GONE);
	connection_deadline(c, LINGER_MS);
	return true;
}

static bool connection_step_idle(struct connection *c)
{
	/* Half a record of TLS is half a request. */
	if (stream_peek(&c->stream).len > 0 || stream_partial(&c->stream)) {
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
	case STATE_GREETING:
		return connection_step_greeting(c);
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
void connection_run(struct connection *c)
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

void connection_on_deadline(struct loop_timer *timer)
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
	case STATE_GREETING:
		connection_count(&c->set->shared->handshakes_failed);
		connection_enter(c, STATE_GONE);
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
