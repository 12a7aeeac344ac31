/* webhook -- one webhook, from request to reply: the map of the program.
 *
 * A webhook runs on its loop. Where it has to wait (for the store, a handler or its
 * turn) it stops, and goes on when it is called back, so that one function,
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
	WEBHOOK_VERIFIED,
	WEBHOOK_NAME,
	WEBHOOK_CLAIM,
	WEBHOOK_CLAIMED,
	WEBHOOK_TURN,
	WEBHOOK_HANDLE,
	WEBHOOK_COMMIT,
	WEBHOOK_COMMITTED,
	WEBHOOK_SEND,
	WEBHOOK_SENT,
	WEBHOOK_END,
	WEBHOOK_WAIT /* somebody will call back */
};

/* Who will call back. Until then the webhook's memory must stay. */
enum webhook_waits {
	WAITS_STORE = 1,   /* the claim or the transaction is with the store */
	WAITS_HANDLER = 2, /* it will call webhook_handled */
	WAITS_TURN = 4,    /* an earlier webhook of its conversation is not done */
	WAITS_EXAMINER = 8 /* its signature takes long to check */
};

/* What the webhook's timer puts an end to, in this order. */
enum webhook_limit {
	LIMIT_TURN,  /* waiting for its turn */
	LIMIT_REPLY, /* its deadline: waiting for its handler, or for its first copy */
	LIMIT_COMMIT /* waiting for its commit */
};

enum handled {
	HANDLED_OK,    /* reply and writes stand */
	HANDLED_FAILED /* webhook->failure says why: fallback reply, no writes */
};

/* What a handler wrote that ended well, but late, gets a transaction of its own. */
enum late { LATE_NONE, LATE_WANTED, LATE_SUBMITTED };

/* Lives in its own arena, which outlives the request when the store or a handler still
 * holds a part of it after its client has been answered. */
struct webhook {
	struct lane *lane;
	struct loop *loop;
	struct request *request; /* NULL once answered */
	uint64_t number;         /* its request's, for the log */
	struct arena *arena;
	const struct route *route;
	enum outcome outcome;

	/* where it stands */
	enum webhook_step step;
	enum webhook_step resume; /* the step after the store's or examiner's answer */
	unsigned waits;           /* WAITS_STORE | … */
	enum webhook_limit limit; /* what the timer is for */
	struct loop_timer timer;

	/* what came */
	int64_t received_at_ms;
	bool is_json;
	struct params params;
	struct event event;
	bool named;          /* event is filled in */
	struct span account; /* whose token matched; else what the request says */
	bool sealed;         /* a signature was checked, which had this seal */
	unsigned char seal[STORE_KEY_SIZE];
	struct check *check;     /* the examiner's; NULL: the loop verified it */
	struct refusal *refusal; /* to be explained at the end; NULL: none */

	/* what is answered */
	struct reply reply; /* its bytes live in out, in the arena, or are literals */
	struct buf out;     /* TwiML being written */
	struct store_write *writes;
	struct store_job_write *jobs;
	enum event_state state;
	const char *failure;     /* why the event failed or is late; in the arena */
	int attempts;            /* how often its handler ran */
	enum late late;          /* the writes of a late handler */
	struct handler_run *run; /* in a handler process; NULL: none so far */
	/* Frees what the handler made that is not in the arena; NULL: nothing. */
	void (*release)(struct webhook *webhook);

	bool is_unsigned_running; /* webhook/unsigned.h */

	/* its conversation */
	struct turn turn;
	struct loop_task turn_task; /* brings its turn to the loop */

	/* what the store holds */
	struct store_claim claim;
	bool holds_claim; /* the keys are ours until they are committed or given up */
	bool stored;      /* the event is committed */
	struct store_txn txn;
	/* brings the store's or the examiner's answer to the loop; it waits for one */
	struct loop_task store_task;
};

/* Takes a request that has a route and answers it, now or later. */
void webhook_start(
    struct lane *lane, struct request *request, const struct route *route);
/* A handler calls it when it is done: once, on the webhook's loop, perhaps before the
 * route's handle returns. */
void webhook_handled(struct webhook *webhook, enum handled outcome);
/* Keeps why the event fails, for webhook_handled. */
void webhook_fail(struct webhook *webhook, const char *why);
/* Appends a write to the webhook's transaction; from its arena. expect is -1. */
struct store_write *webhook_write(
    struct webhook *webhook, enum store_op op, const char *collection);
/* The parameter's text, valid UTF-8 (U+FFFD for bad bytes), in the arena; NULL when it
 * is absent or empty. */
const char *webhook_param(const struct webhook *webhook, const char *name);
/* The reply becomes 204. */
void webhook_reply_empty(struct webhook *webhook);
/* The reply becomes the TwiML in webhook->out. */
void webhook_reply_twiml(struct webhook *webhook);
/* Makes a short text the reply; nothing is stored. Returns the next step. */
enum webhook_step webhook_refuse(
    struct webhook *webhook, enum outcome outcome, int status, const char *text);

#endif
