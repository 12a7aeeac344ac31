/* order -- handlers of one conversation run one after another, on whatever threads:
 * who may go next. */
#ifndef OFFHOOK_WEBHOOK_ORDER_H
#define OFFHOOK_WEBHOOK_ORDER_H

#include <stdbool.h>
#include <sys/queue.h>

#include "util/span.h"

struct order;

enum turn_state { TURN_NONE, TURN_WAITING, TURN_GRANTED, TURN_HELD };

/* Embed it; it must live until order_leave, and as long as that says. */
struct turn {
	TAILQ_ENTRY(turn) link; /* the order's */
	struct span conversation;
	enum turn_state state; /* the order's */
	/* Called once when its turn has come, on the thread of whoever left. Must not
	 * block or call the order. */
	void (*granted)(struct turn *turn);
};

struct order *order_new(void);
void order_free(struct order *order); /* NULL is fine */

/* Asks for a turn in its conversation. True: it may go at once. False: granted will be
 * called; what it wakes then calls order_take. Any thread. */
bool order_enter(struct order *order, struct turn *turn);
/* What granted has woken is there. */
void order_take(struct order *order, struct turn *turn);
/* Done, or no longer wants to wait: the next one's turn. True when granted has been
 * called and order_take has not: the turn must live until what was woken is there.
 * Harmless without a turn. Any thread. */
bool order_leave(struct order *order, struct turn *turn);

#endif
