#include "test.h"

#include "webhook/order.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

struct waiter {
	struct turn turn;
	atomic_bool granted;
};

static void granted(struct turn *turn)
{
	struct waiter *waiter = (struct waiter *)turn;
	atomic_store(&waiter->granted, true);
}

static bool enter(struct order *order, struct waiter *waiter, const char *conversation)
{
	*waiter = (struct waiter){
	    .turn = {.conversation = span_of(conversation), .granted = granted}};
	return order_enter(order, &waiter->turn);
}

static bool is_granted(const struct waiter *waiter)
{
	return atomic_load(&waiter->granted);
}

TEST(turns_come_in_the_order_they_were_asked_for)
{
	struct order *order = order_new();
	struct waiter first, second, third, other;
	assert_true(enter(order, &first, "a"));
	assert_false(enter(order, &second, "a"));
	assert_true(enter(order, &other, "b"));
	assert_false(enter(order, &third, "a"));
	assert_false(order_leave(order, &first.turn));
	assert_true(is_granted(&second) && !is_granted(&third));
	order_take(order, &second.turn);
	assert_false(order_leave(order, &second.turn));
	assert_true(is_granted(&third));
	order_take(order, &third.turn);
	assert_false(order_leave(order, &third.turn));
	assert_true(enter(order, &first, "a"));
	assert_false(order_leave(order, &first.turn));
	assert_false(order_leave(order, &other.turn));
	order_free(order);
}

TEST(one_that_stops_waiting_is_passed_over)
{
	struct order *order = order_new();
	struct waiter first, second, third;
	assert_true(enter(order, &first, "a"));
	assert_false(enter(order, &second, "a"));
	assert_false(enter(order, &third, "a"));
	assert_false(order_leave(order, &second.turn));
	assert_false(order_leave(order, &first.turn));
	assert_true(!is_granted(&second) && is_granted(&third));
	order_take(order, &third.turn);
	assert_false(order_leave(order, &third.turn));
	order_free(order);
}

TEST(one_that_leaves_before_it_took_its_turn_passes_it_on)
{
	struct order *order = order_new();
	struct waiter first, second, third;
	assert_true(enter(order, &first, "a"));
	assert_false(enter(order, &second, "a"));
	assert_false(enter(order, &third, "a"));
	assert_false(order_leave(order, &first.turn));
	assert_true(order_leave(order, &second.turn)); /* what was woken still comes */
	assert_true(order_leave(order, &second.turn)); /* and that stays so */
	assert_true(is_granted(&third));
	order_take(order, &second.turn);
	assert_false(order_leave(order, &second.turn)); /* once is enough */
	order_take(order, &third.turn);
	assert_false(order_leave(order, &third.turn));
	order_free(order);
}

TEST(leaving_without_a_turn_is_harmless)
{
	struct order *order = order_new();
	struct waiter none = {0};
	assert_false(order_leave(order, &none.turn));
	order_free(order);
	order_free(NULL);
}

/* Threads that all want the same few conversations: never two in one at a time. */
enum { THREADS = 4, ROUNDS = 3000, CONVERSATIONS = 3 };

static const char *const names[CONVERSATIONS] = {"a", "b", "c"};

struct crowd {
	struct order *order;
	atomic_int inside[CONVERSATIONS];
	atomic_int clashes;
};

static void *crowd_main(void *arg)
{
	struct crowd *crowd = arg;
	for (int i = 0; i < ROUNDS; i++) {
		struct waiter waiter;
		int which = i % CONVERSATIONS;
		if (!enter(crowd->order, &waiter, names[which])) {
			while (!is_granted(&waiter))
				(void)sched_yield();
			order_take(crowd->order, &waiter.turn);
		}
		if (atomic_fetch_add(&crowd->inside[which], 1) != 0)
			atomic_fetch_add(&crowd->clashes, 1);
		atomic_fetch_sub(&crowd->inside[which], 1);
		(void)order_leave(crowd->order, &waiter.turn);
	}
	return NULL;
}

TEST(no_two_have_the_same_conversations_turn)
{
	struct crowd crowd = {.order = order_new()};
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, crowd_main, &crowd), 0);
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&crowd.clashes), 0);
	order_free(crowd.order);
}
