/* lane -- what one I/O thread keeps for its webhooks: its verifier (HMAC contexts are
 * not shared), its counters, and the transactions that wait for the round's end. */
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
#include "webhook/route.h"

/* How webhooks ended, for metrics; one of each lane, summed when asked. */
enum outcome {
	OUTCOME_DONE,
	OUTCOME_REPEAT,
	OUTCOME_FAILED,
	OUTCOME_LATE,
	OUTCOME_UNSIGNED, /* 400: no signature, or two */
	OUTCOME_BAD_FORM, /* 400 */
	OUTCOME_REFUSED,  /* 403 */
	OUTCOME_SHED,     /* 503: overload */
	OUTCOME_STORE,    /* 503: the store failed */
	OUTCOMES
};

struct handlers;
struct order;
struct templates;

/* What all lanes share; but for what is atomic, read-only while the server runs. */
struct service {
	const struct config *config;
	const struct route *_Atomic routes;       /* a swap of the app replaces them */
	struct handlers *handlers;                /* NULL: no user's app */
	void (*flush)(struct handlers *handlers); /* wakes them */
	struct order *order;
	struct store *store;
	struct templates *templates;
	atomic_bool on_failure;         /* the app wants to be told */
	_Atomic int64_t refusal_second; /* the second that the count below is for */
	atomic_int refusals_told;
};

struct lane {
	struct service *service;
	struct verifier *verifier;
	struct loop_task hand_over; /* wakes store and handlers once a round */
	bool hand_over_due;
	struct buf scratch; /* for text that is then copied to where it stays */
	_Atomic uint64_t outcomes[OUTCOMES];
};

/* Who wants to be told of failures now. Any thread. */
struct failure_listeners service_listeners(const struct service *service);

void lane_open(struct lane *lane, struct service *service);
void lane_close(struct lane *lane);
/* Submits, and wakes the store at the end of the loop's round. False: overloaded. */
bool lane_submit(struct lane *lane, struct loop *loop, struct store_txn *txn);
/* Wakes store and handlers at the end of the loop's round. */
void lane_hand_over(struct lane *lane, struct loop *loop);
void lane_count(struct lane *lane, enum outcome outcome);
const char *outcome_name(enum outcome outcome);

#endif
