#include "webhook/webhook.h"

#include <assert.h>
#include <stdio.h>

#include "util/clock.h"
#include "util/container.h"
#include "util/log.h"
#include "webhook/fallback.h"
#include "webhook/intake.h"
#include "webhook/record.h"
#include "webhook/refusal.h"
#include "webhook/unsigned.h"

enum {
	GRACE_US = 2000000, /* after the deadline, for a commit; then 503 */
	MAX_ATTEMPTS = 3    /* of a handler whose writes conflict */
};

static struct service *webhook_service(const struct webhook *webhook)
{
	return webhook->lane->service;
}

/* A handler that hangs holds its conversation up, but costs no other webhook its reply:
 * half of the deadline is the longest that one waits for its turn. */
static void webhook_limit(struct webhook *webhook, enum webhook_limit limit)
{
	int64_t first_us = webhook->request->first_byte_us;
	int64_t deadline_ms = webhook->route->deadline_ms > 0
				  ? webhook->route->deadline_ms
				  : webhook_service(webhook)->config->deadline_ms;
	if (webhook->event.deadline_ms > 0 && webhook->event.deadline_ms < deadline_ms)
		deadline_ms = webhook->event.deadline_ms;
	int64_t due_us = limit == LIMIT_TURN    ? first_us + deadline_ms * 500
			 : limit == LIMIT_REPLY ? first_us + deadline_ms * 1000
						: clock_mono_us() + GRACE_US;
	webhook->limit = limit;
	loop_timer_start(webhook->loop, &webhook->timer, due_us);
}

/* ---- is it new? ---- */

static void webhook_claim_done(struct store_claim *claim)
{
	struct webhook *webhook = container_of(claim, struct webhook, claim);
	loop_post(webhook->loop, &webhook->store_task);
}

static enum webhook_step webhook_claim(struct webhook *webhook)
{
	record_claim(webhook);
	if (webhook->event.deadline_ms > 0)
		webhook_limit(webhook, LIMIT_REPLY);
	webhook->claim.done = webhook_claim_done;
	if (store_claim(webhook_service(webhook)->store, &webhook->claim, true))
		return WEBHOOK_CLAIMED;
	webhook->waits |= WAITS_STORE;
	webhook->resume = WEBHOOK_CLAIMED;
	return WEBHOOK_WAIT;
}

/* `offhook send` tells by it that the reply is not the handler's. */
static const char *webhook_state_header(enum event_state state)
{
	switch (state) {
	case EVENT_DONE:
		break;
	case EVENT_FAILED:
		return "X-Offhook-Event: failed";
	case EVENT_LATE:
		return "X-Offhook-Event: late";
	}
	return NULL;
}

/* A known key: the first reply again, byte for byte. Only when Twilio says that it
 * could not use that reply, the fallback is better. */
static enum webhook_step webhook_repeat(struct webhook *webhook)
{
	const struct store_reply *first = &webhook->claim.reply;
	webhook->outcome = OUTCOME_REPEAT;
	if (webhook->event.is_fallback && webhook->event.reply_rejected)
		fallback_reply(webhook);
	else
		webhook->reply = (struct reply){
		    .status = first->status,
		    .content_type = first->type.ptr == NULL
					? NULL
					: arena_strndup(webhook->arena, first->type),
		    .body = first->body,
		    .header = webhook_state_header(webhook->claim.state),
		};
	return WEBHOOK_SEND;
}

static enum webhook_step webhook_claimed(struct webhook *webhook)
{
	const struct store_claim *claim = &webhook->claim;
	webhook->holds_claim = claim->outcome == CLAIM_NEW;
	if (webhook->request == NULL)
		return WEBHOOK_SENT;
	switch (claim->outcome) {
	case CLAIM_REPEAT:
		return webhook_repeat(webhook);
	case CLAIM_FAILED:
		return webhook_refuse(webhook, OUTCOME_STORE, 503,
		    "the first copy of this webhook could not be stored; try again");
	case CLAIM_NEW:
		break;
	}
	return WEBHOOK_TURN;
}

/* ---- its turn, and its handler ---- */

static void webhook_turn_granted(struct turn *turn)
{
	struct webhook *webhook = container_of(turn, struct webhook, turn);
	loop_post(webhook->loop, &webhook->turn_task);
}

/* Users' handlers of one conversation run one after another: the next one when the one
 * before it is committed. */
static enum webhook_step webhook_take_turn(struct webhook *webhook)
{
	if (!webhook->route->ordered || webhook->event.conversation.len == 0)
		return WEBHOOK_HANDLE;
	webhook->turn.conversation = webhook->event.conversation;
	webhook->turn.granted = webhook_turn_granted;
	if (order_enter(webhook_service(webhook)->order, &webhook->turn))
		return WEBHOOK_HANDLE;
	webhook->waits |= WAITS_TURN;
	webhook_limit(webhook, LIMIT_TURN);
	return WEBHOOK_WAIT;
}

/* A turn that was granted already still comes to the loop: then it goes on waiting. */
static void webhook_leave_turn(struct webhook *webhook)
{
	if (!order_leave(webhook_service(webhook)->order, &webhook->turn))
		webhook->waits &= ~(unsigned)WAITS_TURN;
}

static enum webhook_step webhook_handle(struct webhook *webhook)
{
	webhook->attempts++;
	webhook->writes = NULL;
	webhook->jobs = NULL;
	buf_clear(&webhook->out);
	webhook->waits |= WAITS_HANDLER;
	webhook->route->handle(webhook);
	return (webhook->waits & WAITS_HANDLER) != 0 ? WEBHOOK_WAIT : WEBHOOK_COMMIT;
}

/* The event is stored all the same, marked, with the fallback reply. */
static void webhook_give_up(struct webhook *webhook, enum event_state state)
{
	webhook->state = state;
	webhook->outcome = state == EVENT_LATE ? OUTCOME_LATE : OUTCOME_FAILED;
	webhook->writes = NULL;
	webhook->jobs = NULL;
	fallback_reply(webhook);
	webhook->reply.header = webhook_state_header(state);
}

/* ---- its commit ---- */

static void webhook_txn_done(struct store_txn *txn)
{
	struct webhook *webhook = container_of(txn, struct webhook, txn);
	loop_post(webhook->loop, &webhook->store_task);
}

/* False: the store has too much to do. */
static bool webhook_submit(struct webhook *webhook, enum webhook_step resume)
{
	webhook->txn.done = webhook_txn_done;
	if (!lane_submit(webhook->lane, webhook->loop, &webhook->txn))
		return false;
	webhook->waits |= WAITS_STORE;
	webhook->resume = resume;
	return true;
}

static enum webhook_step webhook_commit(struct webhook *webhook)
{
	if (unsigned_is_declined(webhook))
		return WEBHOOK_SEND;
	record_fill(webhook, webhook->state);
	unsigned_spend(webhook);
	if (webhook_submit(webhook, WEBHOOK_COMMITTED))
		return WEBHOOK_WAIT;
	return webhook_refuse(webhook, OUTCOME_SHED, 503, "overloaded; try again");
}

/* Writes that conflict were made from what the handler had read, so it runs again. When
 * they keep conflicting, the event has failed. */
static enum webhook_step webhook_committed(struct webhook *webhook)
{
	enum store_result result = webhook->txn.result;
	if (result != STORE_CONFLICT)
		webhook->holds_claim = false;
	webhook->stored = result == STORE_OK;
	if (webhook->request == NULL)
		return WEBHOOK_SENT;
	switch (result) {
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
	webhook_fail(webhook, webhook->txn.error.text);
	webhook_give_up(
	    webhook, webhook->state == EVENT_LATE ? EVENT_LATE : EVENT_FAILED);
	return WEBHOOK_COMMIT;
}

/* ---- its reply, and its end ---- */

static enum webhook_step webhook_send(struct webhook *webhook)
{
	loop_timer_stop(webhook->loop, &webhook->timer);
	lane_count(webhook->lane, webhook->outcome);
	if (webhook->named)
		record_log(webhook);
	request_reply(webhook->request, &webhook->reply);
	webhook->request = NULL;
	webhook_leave_turn(webhook);
	return WEBHOOK_SENT;
}

static void webhook_log_lost(const struct webhook *webhook, const char *why)
{
	char request[LOG_REQUEST_SIZE];
	log_write(LOG_ERROR, "the writes of a late handler are lost", "path",
	    webhook->route->path, "why", why, "request_id",
	    log_request(request, webhook->number), NULL);
}

/* The writes of a late handler are committed once its event is. That the event then has
 * no failure any more tells a retry that it was handled. */
static enum webhook_step webhook_sent(struct webhook *webhook)
{
	if (webhook->waits != 0)
		return WEBHOOK_WAIT;
	const char *lost = NULL;
	if (webhook->late == LATE_SUBMITTED && webhook->txn.result != STORE_OK)
		lost = webhook->txn.error.text;
	if (webhook->late == LATE_WANTED && webhook->stored) {
		webhook->late = LATE_SUBMITTED;
		webhook->txn = (struct store_txn){.writes = webhook->writes,
		    .jobs = webhook->jobs,
		    .revised_event = webhook->txn.event.id,
		    .event.state = EVENT_LATE};
		if (webhook_submit(webhook, WEBHOOK_SENT))
			return WEBHOOK_WAIT;
		lost = "overloaded";
	}
	if (lost != NULL)
		webhook_log_lost(webhook, lost);
	return WEBHOOK_END;
}

static void webhook_end(struct webhook *webhook)
{
	if (webhook->holds_claim)
		store_unclaim(webhook_service(webhook)->store, &webhook->claim);
	if (webhook->release != NULL)
		webhook->release(webhook);
	unsigned_leave(webhook);
	buf_free(&webhook->out);
	if (webhook->refusal != NULL)
		refusal_end(webhook->refusal);
	else
		loop_arena_back(webhook->loop, webhook->arena);
}

/* ---- the map ---- */

enum { WAITS_ANY = WAITS_STORE | WAITS_HANDLER | WAITS_TURN | WAITS_EXAMINER };

/* What may be true when a step begins: who has not called back yet, and whether the
 * request may have been answered. */
static const struct {
	const char *name;
	unsigned waits;
	bool answered;
} webhook_steps[] = {
    [WEBHOOK_DECODE] = {"decode", 0, false},
    [WEBHOOK_VERIFY] = {"verify", 0, false},
    [WEBHOOK_VERIFIED] = {"verified", 0, true},
    [WEBHOOK_NAME] = {"name", 0, false},
    [WEBHOOK_CLAIM] = {"claim", 0, false},
    [WEBHOOK_CLAIMED] = {"claimed", 0, true},
    [WEBHOOK_TURN] = {"turn", 0, false},
    [WEBHOOK_HANDLE] = {"handle", 0, false},
    [WEBHOOK_COMMIT] = {"commit", WAITS_HANDLER | WAITS_TURN, false},
    [WEBHOOK_COMMITTED] = {"committed", WAITS_HANDLER | WAITS_TURN, true},
    [WEBHOOK_SEND] = {"send", WAITS_ANY, false},
    [WEBHOOK_SENT] = {"sent", WAITS_ANY, true},
    [WEBHOOK_END] = {"end", 0, true},
    [WEBHOOK_WAIT] = {"wait", WAITS_ANY, true},
};

static void webhook_begin(struct webhook *webhook, enum webhook_step step)
{
	assert((webhook->waits & ~webhook_steps[step].waits) == 0);
	assert(webhook->request != NULL || webhook_steps[step].answered);
	webhook->step = step;
	if (!log_enabled(LOG_DEBUG))
		return;
	char sid[48] = "";
	char request[LOG_REQUEST_SIZE];
	if (webhook->named)
		(void)snprintf(sid, sizeof(sid), "%.*s", SPAN_ARG(webhook->event.sid));
	log_write(LOG_DEBUG, "step", "step", webhook_steps[step].name, "sid", sid,
	    "path", webhook->route->path, "request_id",
	    log_request(request, webhook->number), NULL);
}

/* THE MAP: one webhook, start to finish. Each step is explained in the file it names. */
static void webhook_run(struct webhook *webhook, enum webhook_step step)
{
	for (;;) {
		webhook_begin(webhook, step);
		switch (step) {
		case WEBHOOK_DECODE: /* twilio/params: the form, every byte hostile */
			step = intake_decode(webhook);
			break;
		case WEBHOOK_VERIFY: /* twilio/signature: is it Twilio's? else 403 */
			step = intake_verify(webhook);
			break;
		case WEBHOOK_VERIFIED: /* webhook/examiner: what took long is decided */
			step = intake_verified(webhook);
			break;
		case WEBHOOK_NAME: /* twilio/event: its kind and its keys */
			step = intake_name(webhook);
			break;
		case WEBHOOK_CLAIM: /* store: was it handled before? */
			step = webhook_claim(webhook);
			break;
		case WEBHOOK_CLAIMED: /* yes: its stored reply. No: it is ours */
			step = webhook_claimed(webhook);
			break;
		case WEBHOOK_TURN: /* webhook/order: one at a time of a conversation */
			step = webhook_take_turn(webhook);
			break;
		case WEBHOOK_HANDLE: /* its handler: a reply, writes and jobs staged */
			step = webhook_handle(webhook);
			break;
		case WEBHOOK_COMMIT: /* store: event, documents, jobs, reply: all or none */
			step = webhook_commit(webhook);
			break;
		case WEBHOOK_COMMITTED: /* on disk, or refused by it */
			step = webhook_committed(webhook);
			break;
		case WEBHOOK_SEND: /* http/server: only now the reply leaves */
			step = webhook_send(webhook);
			break;
		case WEBHOOK_SENT: /* store: what a handler wrote that was late */
			step = webhook_sent(webhook);
			break;
		case WEBHOOK_END:
			webhook_end(webhook);
			return;
		case WEBHOOK_WAIT: /* the store, its turn or its handler calls back */
			return;
		}
	}
}

/* ---- what enters it: a request, and four that call back, all on the loop ---- */

static void webhook_answered(struct loop_task *task)
{
	struct webhook *webhook = container_of(task, struct webhook, store_task);
	webhook->waits &= ~(unsigned)(WAITS_STORE | WAITS_EXAMINER);
	webhook_run(webhook, webhook->resume);
}

/* The webhook before it has left. This one may have stopped waiting meanwhile. */
static void webhook_turn_came(struct loop_task *task)
{
	struct webhook *webhook = container_of(task, struct webhook, turn_task);
	webhook->waits &= ~(unsigned)WAITS_TURN;
	order_take(webhook_service(webhook)->order, &webhook->turn);
	if (webhook->request == NULL) {
		webhook_run(webhook, WEBHOOK_SENT);
	} else if (webhook->state != EVENT_LATE) {
		webhook_limit(webhook, LIMIT_REPLY);
		webhook_run(webhook, WEBHOOK_HANDLE);
	}
}

/* A handler that is late has lost its reply; its writes still count, unless its webhook
 * was refused: then Twilio sends it again. */
void webhook_handled(struct webhook *webhook, enum handled outcome)
{
	assert((webhook->waits & WAITS_HANDLER) != 0);
	webhook->waits &= ~(unsigned)WAITS_HANDLER;
	if (webhook->state == EVENT_LATE && outcome == HANDLED_OK)
		webhook->late = LATE_WANTED;
	if (webhook->request == NULL) {
		webhook_run(webhook, WEBHOOK_SENT);
	} else if (webhook->state != EVENT_LATE) {
		if (outcome == HANDLED_FAILED)
			webhook_give_up(webhook, EVENT_FAILED);
		if (webhook->step != WEBHOOK_HANDLE)
			webhook_run(webhook, WEBHOOK_COMMIT);
	}
}

/* Twilio gives up at 15 s. What waits for its handler is settled as late; what waits
 * for its commit gets a little longer; what waits for its first copy has waited
 * enough. */
static enum webhook_step webhook_is_late(struct webhook *webhook)
{
	bool handling = (webhook->waits & (WAITS_HANDLER | WAITS_TURN)) != 0;
	if (webhook->limit == LIMIT_COMMIT ||
	    (!handling && webhook->resume != WEBHOOK_COMMITTED))
		return webhook_refuse(
		    webhook, OUTCOME_STORE, 503, "not stored in time; try again");
	webhook_limit(webhook, LIMIT_COMMIT);
	if (!handling)
		return WEBHOOK_WAIT;
	webhook_fail(webhook, "the handler gave no reply in time");
	webhook_give_up(webhook, EVENT_LATE);
	return WEBHOOK_COMMIT;
}

static void webhook_time_passed(struct loop_timer *timer)
{
	struct webhook *webhook = container_of(timer, struct webhook, timer);
	if (webhook->limit != LIMIT_TURN) {
		webhook_run(webhook, webhook_is_late(webhook));
		return;
	}
	webhook_limit(webhook, LIMIT_REPLY);
	webhook_leave_turn(webhook);
	if ((webhook->waits & WAITS_TURN) == 0)
		webhook_run(webhook, WEBHOOK_HANDLE);
}

void webhook_start(
    struct lane *lane, struct request *request, const struct route *route)
{
	struct webhook *webhook = arena_zalloc(request->arena, sizeof(*webhook));
	webhook->lane = lane;
	webhook->loop = request->loop;
	webhook->request = request;
	webhook->number = request->number;
	webhook->arena = request->arena;
	request->arena = NULL;
	webhook->route = route;
	webhook->received_at_ms = clock_wall_ms();
	webhook->store_task.run = webhook_answered;
	webhook->turn_task.run = webhook_turn_came;
	webhook->timer.fire = webhook_time_passed;
	webhook_limit(webhook, LIMIT_REPLY);
	webhook_run(webhook, WEBHOOK_DECODE);
}
