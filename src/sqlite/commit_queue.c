#include "sqlite/commit_queue.h"

#include <errno.h>
#include <time.h>

void queue_init(struct queue *queue, int64_t limit_bytes)
{
	pthread_condattr_t attr;
	atomic_init(&queue->newest, NULL);
	atomic_init(&queue->bytes, 0);
	atomic_init(&queue->waiting, 0);
	atomic_init(&queue->sleeping, false);
	queue->limit_bytes = limit_bytes;
	queue->rung = false;
	(void)pthread_mutex_init(&queue->mutex, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&queue->woken, &attr);
	(void)pthread_condattr_destroy(&attr);
}

void queue_clear(struct queue *queue)
{
	(void)pthread_cond_destroy(&queue->woken);
	(void)pthread_mutex_destroy(&queue->mutex);
}

int64_t queue_cost(const struct store_txn *txn)
{
	const struct store_event *event = &txn->event;
	size_t bytes = sizeof(*txn) + event->sid.len + event->route.len +
		       event->query.len + event->failure.len + event->params.len +
		       event->raw.len + event->reply.body.len;
	for (const struct store_write *w = txn->writes; w != NULL; w = w->next)
		bytes += sizeof(*w) + w->doc.len + w->key.len +
			 w->id_count * sizeof(*w->ids);
	for (const struct store_job_write *j = txn->jobs; j != NULL; j = j->next)
		bytes += sizeof(*j) + j->job.group.len + j->job.unique.len +
			 j->job.payload.len + j->job.progress.len + j->error.len;
	return (int64_t)bytes;
}

bool queue_push(struct queue *queue, struct store_txn *txn)
{
	int64_t cost = queue_cost(txn);
	if (atomic_fetch_add(&queue->bytes, cost) + cost > queue->limit_bytes) {
		atomic_fetch_sub(&queue->bytes, cost);
		return false;
	}
	atomic_fetch_add_explicit(&queue->waiting, 1, memory_order_relaxed);
	txn->next = atomic_load_explicit(&queue->newest, memory_order_relaxed);
	while (!atomic_compare_exchange_weak(&queue->newest, &txn->next, txn))
		;
	return true;
}

/* The order of stores and loads here and in queue_wait (all sequentially consistent)
 * leaves no gap: either the writer sees what was pushed, or we see that it sleeps. */
void queue_flush(struct queue *queue)
{
	if (atomic_load(&queue->newest) != NULL && atomic_load(&queue->sleeping))
		queue_ring(queue);
}

void queue_ring(struct queue *queue)
{
	(void)pthread_mutex_lock(&queue->mutex);
	queue->rung = true;
	(void)pthread_cond_signal(&queue->woken);
	(void)pthread_mutex_unlock(&queue->mutex);
}

struct store_txn *queue_take(struct queue *queue)
{
	struct store_txn *newest = atomic_exchange(&queue->newest, NULL);
	struct store_txn *oldest = NULL;
	while (newest != NULL) {
		struct store_txn *next = newest->next;
		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	return oldest;
}

static struct timespec after_ms(int timeout_ms)
{
	struct timespec at;
	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += timeout_ms / 1000;
	at.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	return at;
}

void queue_wait(struct queue *queue, int timeout_ms)
{
	struct timespec until = after_ms(timeout_ms < 0 ? 0 : timeout_ms);
	int rc = 0;
	(void)pthread_mutex_lock(&queue->mutex);
	atomic_store(&queue->sleeping, true);
	while (!queue->rung && atomic_load(&queue->newest) == NULL && rc != ETIMEDOUT) {
		if (timeout_ms < 0)
			rc = pthread_cond_wait(&queue->woken, &queue->mutex);
		else
			rc = pthread_cond_timedwait(
			    &queue->woken, &queue->mutex, &until);
	}
	atomic_store(&queue->sleeping, false);
	queue->rung = false;
	(void)pthread_mutex_unlock(&queue->mutex);
}

void queue_left(struct queue *queue, const struct store_txn *txn)
{
	atomic_fetch_sub(&queue->bytes, queue_cost(txn));
	atomic_fetch_sub_explicit(&queue->waiting, 1, memory_order_relaxed);
}
