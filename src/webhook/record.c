#include "webhook/record.h"

#include <inttypes.h>
#include <stdio.h>

#include "util/clock.h"
#include "util/jsonw.h"
#include "util/log.h"
#include "util/log_flood.h"
#include "util/text.h"

/* A call's end is a key of its own: from then on, a repeat of what the call asked
 * before is a replay, not a caller who pressed the same key again. */
static struct store_key record_call_end_key(struct span call_sid)
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

static struct store_key record_key(
    const unsigned char hash[EVENT_KEY_SIZE], struct span sid)
{
	struct store_key key = {.sid = sid};
	memcpy(key.hash, hash, STORE_KEY_SIZE);
	return key;
}

/* I-Twilio-Idempotency-Token is not signed, so that a replay may carry another: it
 * decides only what a live call may ask for twice. A request to a fallback URL is never
 * such a one. */
void record_claim(struct webhook *webhook)
{
	const struct event *event = &webhook->event;
	static const struct span none = {0};
	webhook->claim = (struct store_claim){
	    .key = record_key(event->sameness, event->sid),
	    .sealed = webhook->sealed,
	    .seal = record_key(webhook->seal, none),
	    .again = event->is_document && !event->is_fallback,
	    .tokened = event->has_token,
	    .token = record_key(event->tokened, none),
	    .ended = event->is_document ? record_call_end_key(event->sid)
					: (struct store_key){.sid = none},
	    .arena = webhook->arena,
	};
}

static bool record_ends_call(const struct webhook *webhook)
{
	return webhook->event.kind == EVENT_CALL_STATUS &&
	       event_call_rank(params_get(&webhook->params, "CallStatus")) == 3;
}

static struct span record_params(struct webhook *webhook)
{
	struct buf *scratch = &webhook->lane->scratch;
	buf_clear(scratch);
	params_json(scratch, &webhook->params);
	return arena_copy(webhook->arena, buf_span(scratch));
}

/* The path of a route with parameters does not hold their values: then the whole target
 * is kept, so that `forget` finds a number in it. */
static struct span record_query(const struct webhook *webhook)
{
	const struct request *request = webhook->request;
	return route_is_pattern(webhook->route) ? request->target : request->query;
}

/* ---- what went wrong ---- */

/* What workers/replay.h makes the request of, together with the raw body. */
static struct span record_request(struct webhook *webhook)
{
	const struct request *request = webhook->request;
	struct buf *scratch = &webhook->lane->scratch;
	buf_clear(scratch);
	buf_putc(scratch, '{');
	jsonw_field(scratch, "method", request->method_name);
	jsonw_field(scratch, "target", request->target);
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

/* Whether the event says that Twilio could not deliver a message. */
static bool record_message_failed(
    const struct webhook *webhook, enum failure_what *what)
{
	if (webhook->event.kind != EVENT_SMS_STATUS)
		return false;
	struct span status = params_get(&webhook->params, "MessageStatus");
	bool undelivered = span_is(status, "undelivered");
	*what = undelivered ? FAILURE_MESSAGE_UNDELIVERED : FAILURE_MESSAGE_FAILED;
	return undelivered || span_is(status, "failed");
}

/* A failure is reported in the transaction of its event. */
static void record_failures(struct webhook *webhook)
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
	if (record_message_failed(webhook, &failure.what)) {
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
	    .kind = webhook->event.name,
	    .sid = webhook->event.sid,
	    .route = span_of(webhook->route->path),
	    .query = record_query(webhook),
	    .state = state,
	    .params = row->params.ptr != NULL ? row->params : record_params(webhook),
	    .raw =
		all_in_params && state == EVENT_DONE ? (struct span){0} : request->body,
	    .reply = {webhook->reply.status, span_of(webhook->reply.content_type),
		webhook->reply.body},
	};
	if (state != EVENT_DONE) {
		row->failure = span_of(webhook->failure);
		row->request = record_request(webhook);
	}
	txn->key_count = 0;
	if (!webhook->route->is_unsigned) {
		txn->keys[txn->key_count++] = webhook->claim.key;
		txn->keys[txn->key_count++] = webhook->claim.seal;
	}
	if (webhook->event.has_token)
		txn->keys[txn->key_count++] = webhook->claim.token;
	if (record_ends_call(webhook))
		txn->keys[txn->key_count++] = record_call_end_key(webhook->event.sid);
	txn->writes = state == EVENT_DONE ? webhook->writes : NULL;
	txn->jobs = state == EVENT_DONE ? webhook->jobs : NULL;
	record_failures(webhook);
}

/* Of what strangers, or a store that fails, decide the number. */
static bool record_may_log(const struct webhook *webhook)
{
	switch (webhook->outcome) {
	case OUTCOME_REPEAT:
		return log_flood_passes(FLOOD_REPEATED);
	case OUTCOME_SHED:
	case OUTCOME_STORE:
		return log_flood_passes(FLOOD_UNSTORED);
	case OUTCOME_DONE:
	case OUTCOME_FAILED:
	case OUTCOME_LATE:
	case OUTCOME_UNSIGNED:
	case OUTCOME_BAD_FORM:
	case OUTCOME_REFUSED:
	case OUTCOME_DECLINED:
	case OUTCOME_SPENT:
	case OUTCOMES:
		break;
	}
	return !webhook->route->is_unsigned || log_flood_passes(FLOOD_UNSIGNED);
}

/* Uses no arena: the store's thread may be using it when a webhook is answered 503
 * while its transaction waits. */
void record_log(const struct webhook *webhook)
{
	enum outcome outcome = webhook->outcome;
	bool well = outcome == OUTCOME_DONE || outcome == OUTCOME_REPEAT ||
		    outcome == OUTCOME_DECLINED;
	if (!log_enabled(well ? LOG_INFO : LOG_WARN) || !record_may_log(webhook))
		return;
	char sid[48];
	char from[LOG_PHONE_SIZE];
	char request[LOG_REQUEST_SIZE];
	(void)snprintf(sid, sizeof(sid), "%.*s", SPAN_ARG(webhook->event.sid));
	(void)log_phone(from, params_get(&webhook->params, "From"));
	log_write(well ? LOG_INFO : LOG_WARN, "webhook", "kind", webhook->event.name,
	    "sid", sid[0] != '\0' ? sid : NULL, "path", webhook->route->path, "from",
	    from[0] != '\0' ? from : NULL, "outcome", outcome_name(outcome),
	    LOG_INT("status", webhook->reply.status),
	    LOG_INT("us", clock_mono_us() - webhook->request->first_byte_us), "why",
	    webhook->failure, "request_id", log_request(request, webhook->number),
	    NULL);
}
