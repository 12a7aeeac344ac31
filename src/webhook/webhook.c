#include "webhook/webhook.h"

#include <assert.h>
#include <stddef.h>

#include "util/clock.h"
#include "util/log.h"
#include "util/utf8.h"
#include "webhook/intake.h"
#include "webhook/record.h"

enum {
	GRACE_US = 2000000, /* for the commit of a late event, before 503 */
	MAX_ATTEMPTS = 3    /* handler runs after write conflicts */
};

/* Who has the key now that the store has answered. */
static void note_claim(struct webhook *webhook)
{
	if (webhook->resume == WEBHOOK_CLAIMED)
		webhook->holds_claim =
		    webhook->claim.outcome == CLAIM_NEW && !webhook->claim.weak;
	else if (webhook->txn.result != STORE_CONFLICT) {
		webhook->holds_claim = false;
		webhook->stored = webhook->txn.result == STORE_OK;
	}
}

static void claim_decided(struct store_claim *claim)
{
	struct webhook *webhook =
	    (struct webhook *)((char *)claim - offsetof(struct webhook, claim));
	loop_post(webhook->loop, &webhook->task);
}

static void txn_decided(struct store_txn *txn)
{
	struct webhook *webhook =
	    (struct webhook *)((char *)txn - offsetof(struct webhook, txn));
	loop_post(webhook->loop, &webhook->task);
}

static enum webhook_step claim(struct webhook *webhook)
{
	record_claim(webhook);
	webhook->resume = WEBHOOK_CLAIMED;
	webhook->claim.done = claim_decided;
	if (store_claim(webhook->lane->service->store, &webhook->claim, true)) {
		note_claim(webhook);
		return WEBHOOK_CLAIMED;
	}
	webhook->store_busy = true;
	return WEBHOOK_WAIT;
}

/* A known key: the first reply again, byte for byte. Only when Twilio said that it
 * could not use that reply is the route's fallback better. */
static enum webhook_step repeat(struct webhook *webhook)
{
	const struct store_reply *first = &webhook->claim.reply;
	webhook->outcome = OUTCOME_REPEAT;
	if (webhook->event.is_fallback && webhook->event.reply_rejected) {
		webhook->route->fall_back(webhook);
		return WEBHOOK_SEND;
	}
	webhook->reply = (struct reply){
	    .status = first->status,
	    .content_type = first->type.ptr == NULL
				? NULL
				: arena_strndup(webhook->arena, first->type),
	    .body = first->body,
	};
	return WEBHOOK_SEND;
}

static enum webhook_step claimed(struct webhook *webhook)
{
	switch (webhook->claim.outcome) {
	case CLAIM_REPEAT:
		return repeat(webhook);
	case CLAIM_FAILED:
		return webhook_refuse(webhook, OUTCOME_STORE, 503,
		    "the first copy of this webhook could not be stored; try again");
	case CLAIM_NEW:
		break;
	}
	return WEBHOOK_TURN;
}

/* ---- turns ---- */

static int64_t deadline_ms(const struct webhook *webhook)
{
	return webhook->route->deadline_ms > 0
		   ? webhook->route->deadline_ms
		   : webhook->lane->service->config->deadline_ms;
}

static void turn_granted(struct turn *turn)
{
	struct webhook *webhook =
	    (struct webhook *)((char *)turn - offsetof(struct webhook, turn));
	loop_post(webhook->loop, &webhook->its_turn);
}

/* Users' handlers of one conversation run one after another: the next one when the one
 * before it is committed. */
static enum webhook_step take_turn(struct webhook *webhook)
{
	if (!webhook->route->ordered || webhook->event.conversation.len == 0)
		return WEBHOOK_HANDLE;
	webhook->turn.conversation = webhook->event.conversation;
	webhook->turn.granted = turn_granted;
	if (order_enter(webhook->lane->service->order, &webhook->turn))
		return WEBHOOK_HANDLE;
	webhook->turn_busy = true;
	webhook->resume = WEBHOOK_HANDLE;
	loop_timer_start(webhook->loop, &webhook->patience,
	    webhook->request->first_byte_us + deadline_ms(webhook) * 500);
	return WEBHOOK_WAIT;
}

static void leave_turn(struct webhook *webhook)
{
	loop_timer_stop(webhook->loop, &webhook->patience);
	if (webhook->turn.conversation.ptr == NULL)
		return;
	webhook->turn_busy = order_leave(webhook->lane->service->order, &webhook->turn);
}

/* The event is stored all the same, marked, with the route's fallback reply. */
static void settle_without_handler(struct webhook *webhook, enum event_state state)
{
	webhook->state = state;
	webhook->writes = NULL;
	webhook->jobs = NULL;
	buf_clear(&webhook->out);
	webhook->outcome = state == EVENT_LATE ? OUTCOME_LATE : OUTCOME_FAILED;
	webhook->route->fall_back(webhook);
}

/* The handler may call webhook_handled before it returns. */
static enum webhook_step handle(struct webhook *webhook)
{
	webhook->attempts++;
	webhook->writes = NULL;
	webhook->jobs = NULL;
	buf_clear(&webhook->out);
	webhook->handler_busy = true;
	webhook->route->handle(webhook);
	return webhook->handler_busy ? WEBHOOK_WAIT : WEBHOOK_COMMIT;
}

static enum webhook_step commit(struct webhook *webhook)
{
	record_fill(webhook, webhook->state);
	webhook->txn.done = txn_decided;
	webhook->resume = WEBHOOK_COMMITTED;
	if (!lane_submit(webhook->lane, webhook->loop, &webhook->txn))
		return webhook_refuse(
		    webhook, OUTCOME_SHED, 503, "overloaded; try again");
	webhook->store_busy = true;
	return WEBHOOK_WAIT;
}

/* A write that met a conflict was made from what the handler had read: it is run
 * again. One that keeps conflicting has failed, but its event is stored. */
static enum webhook_step committed(struct webhook *webhook)
{
	switch (webhook->txn.result) {
	case STORE_OK:
		return WEBHOOK_SEND;
	case STORE_FAILED:
		return webhook_refuse(webhook, OUTCOME_STORE, 503,
		    "the webhook could not be stored; try again");
	case STORE_CONFLICT:
		break;
	}
	if (webhook->state == EVENT_DONE && webhook->attempts < MAX_ATTEMPTS)
		return WEBHOOK_HANDLE;
	webhook->failure = webhook->txn.error;
	settle_without_handler(webhook, EVENT_FAILED);
	return WEBHOOK_COMMIT;
}

static void send_reply(struct webhook *webhook)
{
	if (webhook->request == NULL)
		return;
	loop_timer_stop(webhook->loop, &webhook->deadline);
	lane_count(webhook->lane, webhook->outcome);
	if (webhook->named)
		record_log(webhook);
	request_reply(webhook->request, &webhook->reply);
	webhook->request = NULL;
	leave_turn(webhook);
}

/* A late handler that did its work all the same: its event is stored as late, and once
 * it is, what the one attempt that was late wrote and enqueued is committed by itself;
 * that the event has no failure any more says so. */
static bool commit_late_writes(struct webhook *webhook)
{
	enum late late = webhook->late;
	webhook->late = LATE_SETTLED;
	if (late == LATE_SUBMITTED && webhook->txn.result != STORE_OK)
		log_write(LOG_ERROR, "the writes of a late handler are lost", "why",
		    webhook->txn.error.text, NULL);
	if (late != LATE_WANTED || !webhook->stored)
		return false;
	webhook->txn = (struct store_txn){.writes = webhook->writes,
	    .jobs = webhook->jobs,
	    .revised_event = webhook->txn.event.id,
	    .event.state = EVENT_LATE,
	    .done = txn_decided};
	webhook->store_busy = lane_submit(webhook->lane, webhook->loop, &webhook->txn);
	if (webhook->store_busy)
		webhook->late = LATE_SUBMITTED;
	else
		log_write(LOG_ERROR, "the writes of a late handler are lost", "why",
		    "overloaded", NULL);
	return webhook->store_busy;
}

/* The webhook may have been answered 503 while the store or a handler still had a part
 * of it: then its memory waits for them. */
static void end(struct webhook *webhook)
{
	if (webhook->store_busy || webhook->handler_busy || webhook->turn_busy ||
	    commit_late_writes(webhook))
		return;
	if (webhook->holds_claim)
		store_unclaim(webhook->lane->service->store, &webhook->claim);
	if (webhook->release != NULL)
		webhook->release(webhook);
	buf_free(&webhook->out);
	arena_free(webhook->arena);
}

/* THE MAP: one webhook, start to finish. Each step is told in the file it names. */
static void webhook_run(struct webhook *webhook)
{
	for (;;) {
		switch (webhook->step) {
		case WEBHOOK_DECODE: /* twilio/params: the form, every byte hostile */
			webhook->step = intake_decode(webhook);
			break;
		case WEBHOOK_VERIFY: /* twilio/signature: is it Twilio's? else 403 */
			webhook->step = intake_verify(webhook);
			break;
		case WEBHOOK_NAME: /* twilio/event: its kind and its idempotency key */
			webhook->step = intake_name(webhook);
			break;
		case WEBHOOK_CLAIM: /* store: was it handled before? */
			webhook->step = claim(webhook);
			break;
		case WEBHOOK_CLAIMED: /* yes: its stored reply. No: it is ours */
			webhook->step = claimed(webhook);
			break;
		case WEBHOOK_TURN: /* app/order: one at a time of each conversation */
			webhook->step = take_turn(webhook);
			break;
		case WEBHOOK_HANDLE: /* its handler: a reply, writes and jobs staged */
			webhook->step = handle(webhook);
			break;
		case WEBHOOK_COMMIT: /* store: event, documents, jobs, reply: all or none */
			webhook->step = commit(webhook);
			break;
		case WEBHOOK_COMMITTED: /* on disk, or refused by it */
			webhook->step = committed(webhook);
			break;
		case WEBHOOK_SEND: /* http/server: only now the reply leaves */
			send_reply(webhook);
			end(webhook);
			return;
		case WEBHOOK_WAIT: /* the store or a handler calls back */
			return;
		}
	}
}

static void resume(struct loop_task *task)
{
	struct webhook *webhook =
	    (struct webhook *)((char *)task - offsetof(struct webhook, task));
	webhook->store_busy = false;
	note_claim(webhook);
	webhook->step = webhook->request == NULL ? WEBHOOK_SEND : webhook->resume;
	webhook_run(webhook);
}

void webhook_handled(struct webhook *webhook, enum handled outcome)
{
	assert(webhook->handler_busy);
	webhook->handler_busy = false;
	if (webhook->state == EVENT_LATE) {
		if (outcome == HANDLED_OK)
			webhook->late = LATE_WANTED;
		if (webhook->request == NULL)
			end(webhook);
		return;
	}
	if (outcome == HANDLED_FAILED)
		settle_without_handler(webhook, EVENT_FAILED);
	if (webhook->step == WEBHOOK_HANDLE)
		return;
	webhook->step = WEBHOOK_COMMIT;
	webhook_run(webhook);
}

/* Twilio gives up at 15 s. What waits for its handler is settled as late; what waits
 * for its commit gets a little longer; what waits for its first copy has waited
 * enough. */
static void deadline_passed(struct loop_timer *timer)
{
	struct webhook *webhook =
	    (struct webhook *)((char *)timer - offsetof(struct webhook, deadline));
	bool first_time = !webhook->past_deadline;
	webhook->past_deadline = true;
	bool handling = webhook->handler_busy || webhook->turn_busy;
	if (first_time && (handling || webhook->resume == WEBHOOK_COMMITTED)) {
		loop_timer_start(webhook->loop, timer, clock_mono_us() + GRACE_US);
		if (!handling)
			return;
		(void)error_set(&webhook->failure, "the handler gave no reply in time");
		settle_without_handler(webhook, EVENT_LATE);
		webhook->step = WEBHOOK_COMMIT;
	} else {
		webhook->step = webhook_refuse(
		    webhook, OUTCOME_STORE, 503, "not stored in time; try again");
	}
	webhook_run(webhook);
}

/* On the loop, when the one before it has left. */
static void its_turn(struct loop_task *task)
{
	struct webhook *webhook =
	    (struct webhook *)((char *)task - offsetof(struct webhook, its_turn));
	webhook->turn_busy = false;
	order_take(webhook->lane->service->order, &webhook->turn);
	loop_timer_stop(webhook->loop, &webhook->patience);
	if (webhook->request == NULL) {
		end(webhook);
		return;
	}
	if (webhook->state == EVENT_LATE)
		return;
	webhook->step = WEBHOOK_HANDLE;
	webhook_run(webhook);
}

/* A handler that hangs holds its conversation up, but costs no other webhook its reply:
 * half of the deadline is the longest that one waits for its turn. */
static void patience_ended(struct loop_timer *timer)
{
	struct webhook *webhook =
	    (struct webhook *)((char *)timer - offsetof(struct webhook, patience));
	leave_turn(webhook);
	if (webhook->turn_busy)
		return; /* it comes just now */
	webhook->step = WEBHOOK_HANDLE;
	webhook_run(webhook);
}

void webhook_start(
    struct lane *lane, struct request *request, const struct route *route)
{
	struct webhook *webhook = arena_zalloc(request->arena, sizeof(*webhook));
	webhook->lane = lane;
	webhook->loop = request->loop;
	webhook->request = request;
	webhook->arena = request->arena;
	request->arena = NULL;
	webhook->route = route;
	webhook->received_at_ms = clock_wall_ms();
	webhook->task.run = resume;
	webhook->deadline.fire = deadline_passed;
	webhook->its_turn.run = its_turn;
	webhook->patience.fire = patience_ended;
	loop_timer_start(webhook->loop, &webhook->deadline,
	    request->first_byte_us + deadline_ms(webhook) * 1000);
	webhook->step = WEBHOOK_DECODE;
	webhook_run(webhook);
}

struct store_write *webhook_write(
    struct webhook *webhook, enum store_op op, const char *collection)
{
	struct store_write *write = arena_zalloc(webhook->arena, sizeof(*write));
	write->op = op;
	write->collection = collection;
	write->expect = -1;
	struct store_write **last = &webhook->writes;
	while (*last != NULL)
		last = &(*last)->next;
	*last = write;
	return write;
}

const char *webhook_param(const struct webhook *webhook, const char *name)
{
	struct span value = params_get_filled(&webhook->params, name);
	if (value.ptr == NULL)
		return NULL;
	return arena_strndup(webhook->arena, utf8_repair(value, webhook->arena));
}

void webhook_reply_empty(struct webhook *webhook)
{
	webhook->reply = (struct reply){.status = 204};
}

void webhook_reply_twiml(struct webhook *webhook)
{
	webhook->reply = (struct reply){.status = 200,
	    .content_type = "text/xml; charset=utf-8",
	    .body = buf_span(&webhook->out)};
}

enum webhook_step webhook_refuse(
    struct webhook *webhook, enum outcome outcome, int status, const char *text)
{
	webhook->outcome = outcome;
	webhook->reply = (struct reply){.status = status,
	    .content_type = "text/plain; charset=utf-8",
	    .body = span_of(text),
	    .header = status == 503 ? "Retry-After: 1" : NULL};
	return WEBHOOK_SEND;
}
