#include "sqlite/commit_queue.h"

#include "util/clock.h"
#include "util/thread.h"

void commit_queue_init(struct commit_queue *queue, int64_t limit_bytes)
{
	*queue = (struct commit_queue){.limit_bytes = limit_bytes};
	mutex_init(&queue->mutex);
	cond_init(&queue->woken);
}

void commit_queue_clear(struct commit_queue *queue)
{
	cond_clear(&queue->woken);
	mutex_clear(&queue->mutex);
}

int64_t commit_queue_cost(const struct store_txn *txn)
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

bool commit_queue_push(struct commit_queue *queue, struct store_txn *txn)
{
	int64_t cost = commit_queue_cost(txn);
	if (atomic_fetch_add(&queue->bytes, cost) + cost > queue->limit_bytes) {
		atomic_fetch_sub(&queue->bytes, cost);
		return false;
	}
	atomic_fetch_add_explicit(&queue->waiting, 1, memory_order_relaxed);
	(void)mailbox_put(&queue->pushed, &txn->mail);
	return true;
}

/* The order of stores and loads here and in commit_queue_wait leaves no gap: either the
 * writer sees what was pushed, or we see that it sleeps. */
void commit_queue_flush(struct commit_queue *queue)
{
	if (!mailbox_empty(&queue->pushed) && atomic_load(&queue->sleeping))
		commit_queue_ring(queue);
}

void commit_queue_ring(struct commit_queue *queue)
{
	mutex_lock(&queue->mutex);
	queue->rung = true;
	cond_signal(&queue->woken);
	mutex_unlock(&queue->mutex);
}

struct store_txn *commit_queue_take(struct commit_queue *queue)
{
	struct mail *oldest = mailbox_take(&queue->pushed);
	return oldest == NULL ? NULL : container_of(oldest, struct store_txn, mail);
}

bool commit_queue_empty(struct commit_queue *queue)
{
	return mailbox_empty(&queue->pushed);
}

void commit_queue_wait(struct commit_queue *queue, int timeout_ms)
{
	int64_t until_us = clock_mono_us() + (int64_t)timeout_ms * 1000;
	bool in_time = true;
	mutex_lock(&queue->mutex);
	atomic_store(&queue->sleeping, true);
	while (!queue->rung && mailbox_empty(&queue->pushed) && in_time)
		in_time = cond_wait_until(&queue->woken, &queue->mutex, until_us);
	atomic_store(&queue->sleeping, false);
	queue->rung = false;
	mutex_unlock(&queue->mutex);
}

void commit_queue_left(struct commit_queue *queue, const struct store_txn *txn)
{
	atomic_fetch_sub(&queue->bytes, commit_queue_cost(txn));
	atomic_fetch_sub_explicit(&queue->waiting, 1, memory_order_relaxed);
}
