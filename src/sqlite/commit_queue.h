/* commit_queue -- transactions on their way to the one writer: many threads push without
 * a lock, the writer takes all there are, oldest first. Bounded in bytes. */
#ifndef OFFHOOK_SQLITE_COMMIT_QUEUE_H
#define OFFHOOK_SQLITE_COMMIT_QUEUE_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/store.h"
#include "util/container.h"
#include "util/mailbox.h"

struct commit_queue {
	struct mailbox pushed;
	atomic_int_fast64_t bytes; /* pushed and not yet commit_queue_left */
	atomic_uint_fast64_t waiting;
	int64_t limit_bytes;
	atomic_bool sleeping; /* the writer is in commit_queue_wait, or about to be */
	pthread_mutex_t mutex;
	pthread_cond_t woken;
	bool rung; /* under mutex */
};

void commit_queue_init(struct commit_queue *queue, int64_t limit_bytes);
void commit_queue_clear(struct commit_queue *queue);

/* ---- any thread ---- */

/* False when the limit is passed: nothing was taken. */
bool commit_queue_push(struct commit_queue *queue, struct store_txn *txn);
/* Wakes the writer if it sleeps while transactions wait. */
void commit_queue_flush(struct commit_queue *queue);
/* Wakes the writer for something that is not a transaction, now or at its next
 * commit_queue_wait. */
void commit_queue_ring(struct commit_queue *queue);

/* ---- the writer ---- */

/* Everything that was pushed, in that order; NULL when there is nothing. */
struct store_txn *commit_queue_take(struct commit_queue *queue);
bool commit_queue_empty(struct commit_queue *queue);
/* Sleeps until something was pushed and flushed, or rung, or timeout_ms have passed. */
void commit_queue_wait(struct commit_queue *queue, int timeout_ms);
/* Before a transaction goes back to its owner: its bytes wait no more. */
void commit_queue_left(struct commit_queue *queue, const struct store_txn *txn);
/* The bytes that a transaction keeps while it waits. */
int64_t commit_queue_cost(const struct store_txn *txn);

/* The next transaction of those that were taken together; NULL: this was the last. */
static inline struct store_txn *commit_queue_next(const struct store_txn *txn)
{
	return txn->mail.next == NULL
		   ? NULL
		   : container_of(txn->mail.next, struct store_txn, mail);
}

#endif
