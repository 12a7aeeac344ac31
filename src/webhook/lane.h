/* lane -- what one I/O thread keeps for its webhooks: its verifier (HMAC contexts are
 * not shared), its counters, and whether store and handlers are to be woken at the end
 * of the loop's round. */
#ifndef OFFHOOK_WEBHOOK_LANE_H
#define OFFHOOK_WEBHOOK_LANE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "alert/failure.h"
#include "config/config.h"
#include "http/loop.h"
#include "store/store.h"
#include "twilio/signature.h"
#include "util/buf.h"
#include "webhook/outage.h"
#include "webhook/route.h"

/* How a webhook ended, for metrics. */
enum outcome {
	OUTCOME_DONE,
	OUTCOME_REPEAT,
	OUTCOME_FAILED,
	OUTCOME_LATE,
	OUTCOME_UNSIGNED, /* 400: no signature, or two */
	OUTCOME_BAD_FORM, /* 400 */
	OUTCOME_REFUSED,  /* 403 */
	OUTCOME_DECLINED, /* an unsigned route's handler did; nothing was stored */
	OUTCOME_SPENT,    /* 503: an unsigned route has stored enough */
	OUTCOME_SHED,     /* 503: overload */
	OUTCOME_STORE,    /* 503: the store failed */
	OUTCOMES
};

struct examiner;
struct handlers;
struct order;
struct templates;

/* What all lanes share. Read-only while the server runs, except for the atomic fields. */
struct service {
	struct handlers *handlers;                /* NULL: no user's app */
	const struct config *_Atomic config;      /* a reload replaces it */
	const struct route *_Atomic routes;       /* a swap of the app replaces them */
	void (*flush)(struct handlers *handlers); /* wakes their processes */
	struct examiner *examiner;
	struct order *order;
	struct store *store;
	struct templates *templates;
	atomic_bool on_failure; /* the user's app has an on_failure */
	_Atomic uint64_t refusals_undiagnosed;
	struct outage outage;
	atomic_int unsigned_running; /* webhooks of unsigned routes with a handler */
};

struct lane {
	struct service *service;
	struct verifier *verifier;  /* lane_verifier */
	struct loop_task hand_over; /* wakes store and handlers once a round */
	bool hand_over_due;
	struct buf scratch; /* for text that is then copied into an arena */
	_Atomic uint64_t outcomes[OUTCOMES]; /* written by the lane, read by metrics */
};

/* Whom failures are reported to. Any thread. */
struct failure_listeners service_listeners(const struct service *service);

void lane_open(struct lane *lane, struct service *service);
void lane_close(struct lane *lane);
/* Its verifier, with the tokens that count now. On its thread. */
struct verifier *lane_verifier(struct lane *lane);
/* Submits, and wakes the store at the end of the loop's round: one wake-up for all
 * transactions of a round. False: overloaded. */
bool lane_submit(struct lane *lane, struct loop *loop, struct store_txn *txn);
/* Wakes store and handlers at the end of the loop's round. */
void lane_hand_over(struct lane *lane, struct loop *loop);
void lane_count(struct lane *lane, enum outcome outcome);
const char *outcome_name(enum outcome outcome);

#endif
