#include "webhook/order.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "util/mem.h"
#include "util/thread.h"

/* Conversations are spread over this many lists. In each, turns stand in the order in
 * which they were asked for, and the first one of a conversation may go. */
enum { LISTS = 256 };

struct list {
	pthread_mutex_t mutex;
	TAILQ_HEAD(, turn) turns;
};

struct order {
	struct list lists[LISTS];
};

struct order *order_new(void)
{
	struct order *order = mem_new(1, sizeof(*order));
	for (int i = 0; i < LISTS; i++) {
		mutex_init(&order->lists[i].mutex);
		TAILQ_INIT(&order->lists[i].turns);
	}
	return order;
}

void order_free(struct order *order)
{
	if (order == NULL)
		return;
	for (int i = 0; i < LISTS; i++)
		mutex_clear(&order->lists[i].mutex);
	free(order);
}

/* FNV-1a is easy to attack: two conversations of one hash only share a lock. */
static struct list *order_list(struct order *order, struct span conversation)
{
	uint32_t hash = 2166136261U;
	for (size_t i = 0; i < conversation.len; i++)
		hash = (hash ^ (unsigned char)conversation.ptr[i]) * 16777619U;
	return &order->lists[(hash ^ (hash >> 16)) % LISTS];
}

bool order_enter(struct order *order, struct turn *turn)
{
	struct list *list = order_list(order, turn->conversation);
	struct turn *other;
	mutex_lock(&list->mutex);
	TAILQ_FOREACH(other, &list->turns, link) {
		if (span_eq(other->conversation, turn->conversation))
			break;
	}
	bool free_now = other == NULL;
	turn->state = free_now ? TURN_HELD : TURN_WAITING;
	TAILQ_INSERT_TAIL(&list->turns, turn, link);
	mutex_unlock(&list->mutex);
	return free_now;
}

void order_take(struct order *order, struct turn *turn)
{
	struct list *list = order_list(order, turn->conversation);
	mutex_lock(&list->mutex);
	if (turn->state == TURN_GRANTED)
		turn->state = TURN_HELD;
	else if (turn->state == TURN_LEFT)
		turn->state = TURN_NONE;
	mutex_unlock(&list->mutex);
}

static void order_grant_next(struct turn *left)
{
	for (struct turn *turn = TAILQ_NEXT(left, link); turn != NULL;
	     turn = TAILQ_NEXT(turn, link))
		if (span_eq(turn->conversation, left->conversation)) {
			turn->state = TURN_GRANTED;
			turn->granted(turn);
			return;
		}
}

bool order_leave(struct order *order, struct turn *turn)
{
	/* Only the thread that owns the turn sets the state from and to TURN_NONE. */
	if (turn->conversation.ptr == NULL)
		return false;
	struct list *list = order_list(order, turn->conversation);
	mutex_lock(&list->mutex);
	switch (turn->state) {
	case TURN_GRANTED:
	case TURN_HELD:
		order_grant_next(turn);
		TAILQ_REMOVE(&list->turns, turn, link);
		turn->state = turn->state == TURN_GRANTED ? TURN_LEFT : TURN_NONE;
		break;
	case TURN_WAITING:
		TAILQ_REMOVE(&list->turns, turn, link);
		turn->state = TURN_NONE;
		break;
	case TURN_LEFT:
	case TURN_NONE:
		break;
	}
	bool still_comes = turn->state == TURN_LEFT;
	mutex_unlock(&list->mutex);
	return still_comes;
}
