#include "simulator/burst.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "util/mem.h"
#include "util/thread.h"

struct work {
	const struct burst *burst;
	_Atomic int64_t next;
	pthread_mutex_t lock; /* held while burst->done runs */
};

static void *burst_send(void *ctx)
{
	struct work *work = ctx;
	const struct burst *burst = work->burst;
	struct client *client = client_new(burst->curl);
	struct client_reply reply = {0};
	int64_t n;
	while ((n = atomic_fetch_add(&work->next, 1)) < burst->count) {
		struct arena *arena = arena_new();
		struct client_request request = {0};
		struct error err;
		burst->make(burst->ctx, n, arena, &request);
		int rc = client_send(client, &request, &reply, &err);
		mutex_lock(&work->lock);
		burst->done(burst->ctx, &request, &reply, rc == 0 ? NULL : &err);
		mutex_unlock(&work->lock);
		arena_free(arena);
	}
	buf_free(&reply.body);
	client_free(client);
	return NULL;
}

void burst_run(const struct burst *burst)
{
	struct work work = {.burst = burst};
	struct error err; /* with fewer threads it only takes longer */
	int started = 0;
	pthread_t *threads = mem_new((size_t)burst->threads, sizeof(*threads));
	mutex_init(&work.lock);
	while (started < burst->threads - 1 &&
	       thread_start(&threads[started], "oh-send", burst_send, &work, &err) == 0)
		started++;
	(void)burst_send(&work);
	for (int i = 0; i < started; i++)
		thread_join(threads[i]);
	mutex_clear(&work.lock);
	free(threads);
}

void tally_add(struct tally *tally, const struct client_reply *reply)
{
	int status = reply->status >= 0 && reply->status < 600 ? reply->status : 0;
	struct client_reply *first = &tally->first;
	if (tally->count == tally->room) {
		tally->room = tally->room == 0 ? 64 : 2 * tally->room;
		tally->us = mem_resize(tally->us, tally->room, sizeof(tally->us[0]));
	}
	if (tally->count == 0) {
		*first = *reply;
		first->body = (struct buf){0};
		buf_put(&first->body, buf_span(&reply->body));
	} else if (first->status != reply->status ||
		   strcmp(first->type, reply->type) != 0 ||
		   !span_eq(buf_span(&first->body), buf_span(&reply->body))) {
		tally->differ = true;
	}
	tally->us[tally->count++] = reply->us;
	tally->statuses[status]++;
}

static int compare_times(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;
	return (*left > *right) - (*left < *right);
}

double tally_ms(struct tally *tally, size_t per_mille)
{
	if (tally->count == 0)
		return 0;
	qsort(tally->us, tally->count, sizeof(tally->us[0]), compare_times);
	size_t index = (tally->count - 1) * per_mille / 1000;
	return (double)tally->us[index] / 1000;
}

void tally_free(struct tally *tally)
{
	free(tally->us);
	buf_free(&tally->first.body);
}
