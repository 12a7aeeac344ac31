#include "webhook/record.h"

#include <inttypes.h>
#include <stdio.h>

#include "util/clock.h"
#include "util/jsonw.h"
#include "util/log.h"
#include "util/text.h"

/* A call's end is a key of its own: from then on, a repeat of what the call asked
 * before is a replay, not a caller who pressed the same key again. */
static struct store_key call_end_key(struct span call_sid)
{
	struct store_key key = {.sid = {NULL, 0}};
	char text[96] = "call ended ";
	size_t head = strlen(text);
	unsigned char digest[32];
	size_t room = sizeof(text) - head;
	size_t len = call_sid.len < room ? call_sid.len : room;
	if (len > 0)
		memcpy(text + head, call_sid.ptr, len);
	text_sha256(digest, (struct span){text, head + len});
	memcpy(key.hash, digest, STORE_KEY_SIZE);
	return key;
}

static struct store_key event_key_of(
    const struct event *event, const unsigned char hash[EVENT_KEY_SIZE])
{
	struct store_key key = {.sid = event->sid};
	memcpy(key.hash, hash, STORE_KEY_SIZE);
	return key;
}

/* Documents that a call asks for: what they say may be said twice in one call. */
static bool is_document(const struct event *event)
{
	return event->kind == EVENT_CALL_RECEIVED || event->kind == EVENT_CALL_ACTION;
}

/* I-Twilio-Idempotency-Token is not signed: a replay may carry another. What a
 * document says is; it tells a replay once the call has ended, and a fallback at
 * once. */
void record_claim(struct webhook *webhook)
{
	const struct event *event = &webhook->event;
	struct store_claim *claim = &webhook->claim;
	claim->key = event_key_of(event, event->key);
	claim->content = event_key_of(event, event->content);
	claim->arena = webhook->arena;
	if (!is_document(event))
		return;
	claim->closed = call_end_key(event->sid);
	claim->weak = !event->unique && !event->is_fallback;
	if (event->is_fallback)
		claim->by_content = CLAIM_CONTENT;
	else if (!claim->weak)
		claim->by_content = CLAIM_CONTENT_CLOSED;
}

static bool ends_call(const struct webhook *webhook)
{
	return webhook->event.kind == EVENT_CALL_STATUS &&
	       event_call_rank(params_get(&webhook->params, "CallStatus")) == 3;
}

static struct span params_text(struct webhook *webhook)
{
	struct buf *scratch = &webhook->lane->scratch;
	buf_clear(scratch);
	params_json(scratch, &webhook->params);
	return arena_copy(webhook->arena, buf_span(scratch));
}

/* Of a route with parameters in its path, which the route's own path does not hold, all
 * of the target is kept, so that the event can be handled again (app/replay.h). */
static struct span query_of(const struct webhook *webhook)
{
	const struct request *request = webhook->request;
	return route_is_pattern(webhook->route) ? request->target : request->query;
}

/* ---- what went wrong ---- */

/* How it came, so that its handler finds all of it when it is handled again. */
static struct span request_text(struct webhook *webhook)
{
	const struct request *request = webhook->request;
	struct buf *scratch = &webhook->lane->scratch;
	buf_clear(scratch);
	buf_putc(scratch, '{');
	jsonw_field(scratch, "method", request->method_name);
	jsonw_key(scratch, SPAN("headers"));
	buf_putc(scratch, '[');
	for (size_t i = 0; i < request->header_count; i++) {
		jsonw_comma(scratch);
		buf_putc(scratch, '[');
		jsonw_string(scratch, request->headers[i].name);
		buf_putc(scratch, ',');
		jsonw_string(scratch, request->headers[i].value);
		buf_putc(scratch, ']');
	}
	buf_puts(scratch, "]}");
	return arena_copy(webhook->arena, buf_span(scratch));
}

/* A message that Twilio could not deliver; false: this is not about one. */
static bool message_failed(const struct webhook *webhook, enum failure_what *what)
{
	if (webhook->event.kind != EVENT_SMS_STATUS)
		return false;
	struct span status = params_get(&webhook->params, "MessageStatus");
	bool undelivered = span_is(status, "undelivered");
	*what = undelivered ? FAILURE_MESSAGE_UNDELIVERED : FAILURE_MESSAGE_FAILED;
	return undelivered || span_is(status, "failed");
}

/* It is told with the commit of the event that says so. */
static void stage_failures(struct webhook *webhook)
{
	struct store_txn *txn = &webhook->txn;
	struct failure_listeners listeners = service_listeners(webhook->lane->service);
	enum event_state state = txn->event.state;
	struct failure failure = {.at_ms = webhook->received_at_ms,
	    .sid = webhook->event.sid,
	    .route = span_of(webhook->route->path)};
	if (state != EVENT_DONE) {
		failure.what =
		    state == EVENT_LATE ? FAILURE_EVENT_LATE : FAILURE_EVENT_FAILED;
		failure.error = txn->event.failure;
		failure_stage(
		    &listeners, &failure, &txn->writes, &txn->jobs, webhook->arena);
	}
	if (message_failed(webhook, &failure.what)) {
		failure.error = params_get_filled(&webhook->params, "ErrorMessage");
		failure.error_code = params_get_filled(&webhook->params, "ErrorCode");
		failure_stage(
		    &listeners, &failure, &txn->writes, &txn->jobs, webhook->arena);
	}
}

void record_fill(struct webhook *webhook, enum event_state state)
{
	struct store_txn *txn = &webhook->txn;
	struct store_event *row = &txn->event;
	const struct request *request = webhook->request;
	bool all_in_params = !webhook->is_json && params_are_text(&webhook->params);
	*row = (struct store_event){
	    .received_at_ms = webhook->received_at_ms,
	    .kind = event_kind_name(webhook->event.kind),
	    .sid = webhook->event.sid,
	    .route = span_of(webhook->route->path),
	    .query = query_of(webhook),
	    .state = state,
	    .params = row->params.ptr != NULL ? row->params : params_text(webhook),
	    .raw = all_in_params ? (struct span){0} : request->body,
	    .reply = {webhook->reply.status, span_of(webhook->reply.content_type),
		webhook->reply.body},
	};
	if (state != EVENT_DONE) {
		row->failure = span_of(webhook->failure.text);
		row->request = request_text(webhook);
	}
	txn->keyed = !webhook->route->is_unsigned;
	txn->key = event_key_of(&webhook->event, webhook->event.key);
	txn->mark_count = 0;
	if (ends_call(webhook))
		txn->marks[txn->mark_count++] = call_end_key(webhook->event.sid);
	if (is_document(&webhook->event) &&
	    memcmp(webhook->event.key, webhook->event.content, STORE_KEY_SIZE) != 0)
		txn->marks[txn->mark_count++] =
		    event_key_of(&webhook->event, webhook->event.content);
	txn->writes = state == EVENT_DONE ? webhook->writes : NULL;
	txn->jobs = state == EVENT_DONE ? webhook->jobs : NULL;
	stage_failures(webhook);
}

/* Takes nothing from the arena: the store's thread may be using it when a webhook is
 * answered before its turn. */
void record_log(const struct webhook *webhook)
{
	enum outcome outcome = webhook->outcome;
	bool well = outcome == OUTCOME_DONE || outcome == OUTCOME_REPEAT;
	if (!log_enabled(well ? LOG_INFO : LOG_WARN))
		return;
	char sid[48];
	char from[LOG_PHONE_SIZE];
	char status[16];
	char micros[24];
	(void)snprintf(sid, sizeof(sid), "%.*s", SPAN_ARG(webhook->event.sid));
	(void)log_phone(from, params_get(&webhook->params, "From"));
	(void)snprintf(status, sizeof(status), "%d", webhook->reply.status);
	(void)snprintf(micros, sizeof(micros), "%" PRId64,
	    clock_mono_us() - webhook->request->first_byte_us);
	log_write(well ? LOG_INFO : LOG_WARN, "webhook", "kind",
	    event_kind_name(webhook->event.kind), "sid", sid, "path",
	    webhook->route->path, "from", from, "outcome", outcome_name(outcome),
	    "status", status, "us", micros, "why",
	    webhook->failure.text[0] != '\0' ? webhook->failure.text : NULL, NULL);
}
