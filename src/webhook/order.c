#include "webhook/order.h"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "util/mem.h"

/* Conversations are spread over this many lists; in each, turns stand in the order in
 * which they were asked for, and the first one of its conversation may go. */
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
		(void)pthread_mutex_init(&order->lists[i].mutex, NULL);
		TAILQ_INIT(&order->lists[i].turns);
	}
	return order;
}

void order_free(struct order *order)
{
	if (order == NULL)
		return;
	for (int i = 0; i < LISTS; i++)
		(void)pthread_mutex_destroy(&order->lists[i].mutex);
	free(order);
}

/* FNV-1a: who makes two conversations meet only makes them share a lock. */
static struct list *list_of(struct order *order, struct span conversation)
{
	uint32_t hash = 2166136261U;
	for (size_t i = 0; i < conversation.len; i++)
		hash = (hash ^ (unsigned char)conversation.ptr[i]) * 16777619U;
	return &order->lists[(hash ^ (hash >> 16)) % LISTS];
}

bool order_enter(struct order *order, struct turn *turn)
{
	struct list *list = list_of(order, turn->conversation);
	struct turn *other;
	(void)pthread_mutex_lock(&list->mutex);
	TAILQ_FOREACH(other, &list->turns, link) {
		if (span_eq(other->conversation, turn->conversation))
			break;
	}
	bool free_now = other == NULL;
	turn->state = free_now ? TURN_HELD : TURN_WAITING;
	TAILQ_INSERT_TAIL(&list->turns, turn, link);
	(void)pthread_mutex_unlock(&list->mutex);
	return free_now;
}

void order_take(struct order *order, struct turn *turn)
{
	struct list *list = list_of(order, turn->conversation);
	(void)pthread_mutex_lock(&list->mutex);
	if (turn->state == TURN_GRANTED)
		turn->state = TURN_HELD;
	(void)pthread_mutex_unlock(&list->mutex);
}

static void grant_next(struct turn *left)
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
	/* Only its owner's thread sets it from and to TURN_NONE. */
	if (turn->conversation.ptr == NULL)
		return false;
	struct list *list = list_of(order, turn->conversation);
	(void)pthread_mutex_lock(&list->mutex);
	enum turn_state state = turn->state;
	if (state == TURN_GRANTED || state == TURN_HELD)
		grant_next(turn);
	if (state != TURN_NONE)
		TAILQ_REMOVE(&list->turns, turn, link);
	turn->state = TURN_NONE;
	(void)pthread_mutex_unlock(&list->mutex);
	return state == TURN_GRANTED;
}
