/* commit_queue -- transactions on their way to the one writer: many threads push without a
 * lock, the writer takes all there are, oldest first. Bounded in bytes. */
#ifndef OFFHOOK_SQLITE_COMMIT_QUEUE_H
#define OFFHOOK_SQLITE_COMMIT_QUEUE_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/store.h"

struct queue {
	_Atomic(struct store_txn *) newest; /* a stack, linked by next */
	atomic_int_fast64_t bytes;          /* pushed and not yet queue_left */
	atomic_uint_fast64_t waiting;
	int64_t limit_bytes;
	atomic_bool sleeping; /* the writer is in queue_wait, or about to be */
	pthread_mutex_t mutex;
	pthread_cond_t woken;
	bool rung; /* under mutex */
};

void queue_init(struct queue *queue, int64_t limit_bytes);
void queue_clear(struct queue *queue);

/* ---- any thread ---- */

/* False when the limit is passed: nothing was taken. */
bool queue_push(struct queue *queue, struct store_txn *txn);
/* Wakes the writer if it sleeps while transactions wait. */
void queue_flush(struct queue *queue);
/* Wakes the writer for something that is not a transaction, now or at its next
 * queue_wait. */
void queue_ring(struct queue *queue);

/* ---- the writer ---- */

/* Everything that was pushed, in that order; NULL when there is nothing. */
struct store_txn *queue_take(struct queue *queue);
/* Sleeps until something was pushed and flushed, or rung, or timeout_ms have passed
 * (-1: forever). */
void queue_wait(struct queue *queue, int timeout_ms);
/* A transaction is about to be given back to its owner. */
void queue_left(struct queue *queue, const struct store_txn *txn);
/* The bytes a transaction holds on to while it waits. */
int64_t queue_cost(const struct store_txn *txn);

#endif
