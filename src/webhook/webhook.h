/* webhook -- one webhook, from request to reply: the map of the program.
 *
 * A webhook runs on its loop. It stops where it has to wait (for the store, for a
 * handler) and goes on from there when it is called back, so that one function,
 * webhook_run, shows its whole life. */
#ifndef OFFHOOK_WEBHOOK_WEBHOOK_H
#define OFFHOOK_WEBHOOK_WEBHOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "http/request.h"
#include "store/store.h"
#include "twilio/event.h"
#include "twilio/params.h"
#include "util/buf.h"
#include "util/error.h"
#include "webhook/lane.h"
#include "webhook/order.h"
#include "webhook/route.h"

enum webhook_step {
	WEBHOOK_DECODE,
	WEBHOOK_VERIFY,
	WEBHOOK_NAME,
	WEBHOOK_CLAIM,
	WEBHOOK_CLAIMED,
	WEBHOOK_TURN,
	WEBHOOK_HANDLE,
	WEBHOOK_COMMIT,
	WEBHOOK_COMMITTED,
	WEBHOOK_SEND,
	WEBHOOK_WAIT /* somebody will call back */
};

enum handled {
	HANDLED_OK,    /* reply and writes stand */
	HANDLED_FAILED /* webhook->failure says why: fallback reply, no writes */
};

/* The writes of a handler that was late, and OK: they get a transaction of their own. */
enum late { LATE_NONE, LATE_WANTED, LATE_SUBMITTED, LATE_SETTLED };

/* Lives in its own arena, which outlives the request when the store or a handler still
 * holds a part of it while its client has been answered. */
struct webhook {
	struct lane *lane;
	struct loop *loop;
	struct request *request; /* NULL once answered */
	struct arena *arena;
	const struct route *route;
	enum webhook_step step;
	enum webhook_step resume; /* the step after WEBHOOK_WAIT */
	enum outcome outcome;

	/* what came */
	int64_t received_at_ms;
	bool is_json;
	struct params params;
	struct event event;
	bool named;          /* event is filled in */
	struct span account; /* whose token matched; else what the request says */
	bool sealed;         /* a signature was checked, which had this seal */
	unsigned char seal[STORE_KEY_SIZE];

	/* what is answered */
	struct reply reply; /* its bytes live in out, in the arena, or are literals */
	struct buf out;     /* TwiML being written */
	struct store_write *writes;
	struct store_job_write *jobs;
	enum event_state state;
	struct error failure;    /* why the event failed or is late */
	int attempts;            /* handler runs */
	bool handler_busy;       /* it will call webhook_handled */
	enum late late;          /* a late handler's writes */
	struct handler_run *run; /* in a handler process; NULL: none so far */
	/* Frees what the handler made that is not in the arena; NULL: nothing. */
	void (*release)(struct webhook *webhook);

	/* whose turn it is in its conversation */
	struct turn turn;
	bool turn_busy;             /* it waits for its turn */
	struct loop_task its_turn;  /* brings it to the loop */
	struct loop_timer patience; /* it waits no longer than that */

	/* what the store holds */
	struct store_claim claim;
	bool holds_claim; /* the key is ours until it is committed or given up */
	bool store_busy;  /* the claim or the transaction is with the store */
	bool stored;      /* the event is committed */
	struct store_txn txn;
	struct loop_task task; /* brings the store's answer back to the loop */
	struct loop_timer deadline;
	bool past_deadline; /* a commit is all that may still be waited for */
};

/* Takes a request that has a route and answers it, now or later. */
void webhook_start(
    struct lane *lane, struct request *request, const struct route *route);
/* Called by a handler when it is done: on the webhook's loop, once. */
void webhook_handled(struct webhook *webhook, enum handled outcome);
/* Appends a write to the webhook's transaction; from its arena. expect is -1. */
struct store_write *webhook_write(
    struct webhook *webhook, enum store_op op, const char *collection);
/* The parameter's text, valid UTF-8 (U+FFFD for bad bytes), in the arena; NULL when it
 * is absent or empty. */
const char *webhook_param(const struct webhook *webhook, const char *name);
/* Ready-made replies: 204, and the TwiML in webhook->out. */
void webhook_reply_empty(struct webhook *webhook);
void webhook_reply_twiml(struct webhook *webhook);
/* Turns it away with a short text; nothing is stored. Returns the step to go on with. */
enum webhook_step webhook_refuse(
    struct webhook *webhook, enum outcome outcome, int status, const char *text);

#endif
