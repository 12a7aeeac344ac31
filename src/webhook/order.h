/* order -- handlers of one conversation run one after another, on whatever threads;
 * this says who may go next. */
#ifndef OFFHOOK_WEBHOOK_ORDER_H
#define OFFHOOK_WEBHOOK_ORDER_H

#include <stdbool.h>
#include <sys/queue.h>

#include "util/span.h"

struct order;

enum turn_state { TURN_NONE, TURN_WAITING, TURN_GRANTED, TURN_HELD, TURN_LEFT };

/* Embed it in what waits. */
struct turn {
	TAILQ_ENTRY(turn) link; /* the order's */
	struct span conversation;
	enum turn_state state; /* the order's */
	/* Called once, when its turn has come, on the thread that calls order_leave for
	 * the turn before it. Must not block or call the order. */
	void (*granted)(struct turn *turn);
};

struct order *order_new(void);
void order_free(struct order *order); /* NULL is fine */

/* Asks for a turn in the conversation. True: it may go at once. False: granted will be
 * called; the code that granted wakes calls order_take. Any thread. */
bool order_enter(struct order *order, struct turn *turn);
/* Takes a turn that was granted. */
void order_take(struct order *order, struct turn *turn);
/* Ends the turn, or the wait for it; the next one gets its turn. Returns true if
 * granted() was called and order_take() was not yet: keep the turn's memory until
 * order_take(). May be called without a turn, and again. Any thread. */
bool order_leave(struct order *order, struct turn *turn);

#endif
