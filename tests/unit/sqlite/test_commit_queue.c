/* The queue of transactions: order, bound, and no lost wake-up. */
#include "unit/store/store_fixture.h"

#include <pthread.h>

#include "sqlite/commit_queue.h"

TEST(what_is_pushed_is_taken_in_order)
{
	struct commit_queue queue;
	struct store_txn txns[5] = {0};
	commit_queue_init(&queue, 1 << 20);
	assert_null(commit_queue_take(&queue));
	for (int i = 0; i < 5; i++)
		assert_true(commit_queue_push(&queue, &txns[i]));
	struct store_txn *at = commit_queue_take(&queue);
	for (int i = 0; i < 5; i++, at = commit_queue_next(at))
		assert_ptr_equal(at, &txns[i]);
	assert_null(at);
	assert_null(commit_queue_take(&queue));
	commit_queue_clear(&queue);
}

TEST(beyond_its_bytes_it_refuses)
{
	struct commit_queue queue;
	struct store_txn txns[3] = {0};
	commit_queue_init(&queue, 2 * commit_queue_cost(&txns[0]));
	assert_true(commit_queue_push(&queue, &txns[0]));
	assert_true(commit_queue_push(&queue, &txns[1]));
	assert_false(commit_queue_push(&queue, &txns[2]));
	(void)commit_queue_take(&queue);
	assert_false(
	    commit_queue_push(&queue, &txns[2])); /* taken, but not done with */
	commit_queue_left(&queue, &txns[0]);
	assert_true(commit_queue_push(&queue, &txns[2]));
	commit_queue_clear(&queue);
}

TEST(jobs_weigh_in_a_transaction)
{
	struct store_job_write jobs[] = {
	    {.next = &jobs[1],
		.job = {.payload = SPAN("{\"n\":1}"), .group = SPAN("g")}},
	    {.job = {.unique = SPAN("u")}, .error = SPAN("why")}};
	struct store_txn none = {0}, txn = {.jobs = jobs};
	assert_int_equal(commit_queue_cost(&txn) - commit_queue_cost(&none),
	    (int64_t)(2 * sizeof(jobs[0]) + 7 + 1 + 1 + 3));
}

TEST(a_ring_before_the_wait_is_not_lost)
{
	struct commit_queue queue;
	commit_queue_init(&queue, 1 << 20);
	commit_queue_ring(&queue);
	commit_queue_wait(&queue, -1);
	commit_queue_wait(&queue, 1); /* and counts once */
	commit_queue_clear(&queue);
}

enum { THREADS = 4, EACH = 20000 };

struct producer {
	struct commit_queue *queue;
	struct store_txn *txns;
};

static void *produce(void *ctx)
{
	struct producer *producer = ctx;
	for (int i = 0; i < EACH; i++) {
		assert_true(commit_queue_push(producer->queue, &producer->txns[i]));
		commit_queue_flush(producer->queue);
	}
	return NULL;
}

TEST(no_wake_up_is_lost_and_each_thread_keeps_its_order)
{
	struct commit_queue queue;
	struct producer producers[THREADS];
	pthread_t threads[THREADS];
	int taken = 0, at[THREADS] = {0};
	commit_queue_init(&queue, INT64_MAX);
	for (int i = 0; i < THREADS; i++) {
		producers[i] =
		    (struct producer){&queue, calloc(EACH, sizeof(struct store_txn))};
		for (int j = 0; j < EACH; j++)
			producers[i].txns[j].event.id = i;
		assert_int_equal(
		    pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
	}
	while (taken < THREADS * EACH) {
		struct store_txn *txn = commit_queue_take(&queue);
		if (txn == NULL)
			commit_queue_wait(&queue, -1);
		for (; txn != NULL; txn = commit_queue_next(txn), taken++) {
			struct producer *from = &producers[txn->event.id];
			assert_ptr_equal(txn, &from->txns[at[txn->event.id]++]);
		}
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		free(producers[i].txns);
	}
	commit_queue_clear(&queue);
}
