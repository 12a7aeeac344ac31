#include "jobs/board.h"

#include <assert.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "jobs/window.h"
#include "util/mem.h"

/* While a window has enough jobs, other jobs of its queue that came due (a delayed job, the
 * next one of a group) are looked for so often: they may be more urgent. */
enum { CALM_MS = 250 };

struct board_queue {
	struct span name; /* allocated */
	const struct job_worker *worker;
	bool paused;
	int64_t due_ms; /* when the store may have a due job that is not held; 0: now */
	bool more;      /* the store has due jobs that run after those in the window */
	int64_t read_ms; /* when the store was last read */
	int running;
	int64_t held;
	struct window window;
};

struct board {
	GHashTable *held;  /* by id: struct board_item, which it frees */
	GPtrArray *queues; /* struct board_queue, in the order they were named */
	guint turn;        /* index of the queue that was picked from last */
	int running, busy;
};

/* ---- items ---- */

static struct span item_put(char **at, struct span text)
{
	struct span copy = {*at, text.len};
	if (text.ptr == NULL)
		return text;
	memcpy(*at, text.ptr, text.len);
	(*at)[text.len] = '\0';
	*at += text.len + 1;
	return copy;
}

struct board_item *board_item_new(const struct store_job *job)
{
	size_t bytes = job->queue.len + job->group.len + job->unique.len +
		       job->payload.len + job->errors.len + job->progress.len;
	struct board_item *item = mem_new(1, sizeof(*item) + bytes + 6);
	char *at = (char *)(item + 1);
	item->bytes = sizeof(*item) + bytes;
	item->job = *job;
	item->job.queue = item_put(&at, job->queue);
	item->job.group = item_put(&at, job->group);
	item->job.unique = item_put(&at, job->unique);
	item->job.payload = item_put(&at, job->payload);
	item->job.errors = item_put(&at, job->errors);
	item->job.progress = item_put(&at, job->progress);
	return item;
}

const struct job_worker *board_worker(const struct board_item *item)
{
	return item->queue->worker;
}

/* ---- queues ---- */

static struct board_queue *queue_find(const struct board *board, struct span name)
{
	for (guint i = 0; i < board->queues->len; i++) {
		struct board_queue *queue = g_ptr_array_index(board->queues, i);
		if (span_eq(queue->name, name))
			return queue;
	}
	return NULL;
}

static struct board_queue *queue_of(struct board *board, struct span name)
{
	struct board_queue *queue = queue_find(board, name);
	if (queue == NULL) {
		queue = mem_new(1, sizeof(*queue));
		queue->name = (struct span){mem_strndup(name), name.len};
		g_ptr_array_add(board->queues, queue);
	}
	return queue;
}

static void queue_free(void *pointer)
{
	struct board_queue *queue = pointer;
	free((void *)(uintptr_t)queue->name.ptr);
	free(queue);
}

static void board_hold(
    struct board *board, struct board_queue *queue, struct board_item *item)
{
	item->queue = queue;
	item->phase = BOARD_WAITING;
	queue->held++;
	(void)g_hash_table_insert(board->held, &item->job.id, item);
	window_insert(&queue->window, item);
}

static void board_remove(struct board *board, struct board_item *item)
{
	item->queue->held--;
	(void)g_hash_table_remove(board->held, &item->job.id);
}

/* Leaves jobs to the store that are too many for memory. */
static void queue_trim(struct board *board, struct board_queue *queue)
{
	struct board_item *item;
	while ((item = window_trim(&queue->window)) != NULL) {
		board_remove(board, item);
		queue->more = true;
	}
}

static void queue_empty(struct board *board, struct board_queue *queue)
{
	struct board_item *item;
	while ((item = window_take_last(&queue->window)) != NULL)
		board_remove(board, item);
	queue->more = false;
	queue->due_ms = 0;
}

struct board *board_new(void)
{
	struct board *board = mem_new(1, sizeof(*board));
	board->held = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, free);
	board->queues = g_ptr_array_new_with_free_func(queue_free);
	return board;
}

void board_free(struct board *board)
{
	if (board == NULL)
		return;
	g_hash_table_destroy(board->held);
	(void)g_ptr_array_free(board->queues, TRUE);
	free(board);
}

void board_set_workers(
    struct board *board, const struct job_worker *workers, size_t count)
{
	for (guint i = 0; i < board->queues->len; i++) {
		struct board_queue *queue = g_ptr_array_index(board->queues, i);
		queue->worker = NULL;
	}
	for (size_t i = 0; i < count; i++)
		queue_of(board, span_of(workers[i].queue))->worker = &workers[i];
	for (guint i = 0; i < board->queues->len; i++) {
		struct board_queue *queue = g_ptr_array_index(board->queues, i);
		if (queue->worker == NULL)
			queue_empty(board, queue);
	}
}

/* ---- what was committed ---- */

static bool queue_before_last(const struct window *window, const struct store_job *job)
{
	return window->count > 0 &&
	       window_before(job, &window->items[window->count - 1]->job);
}

void board_add(struct board *board, struct board_item *item, int64_t now_ms)
{
	struct board_queue *queue = queue_of(board, item->job.queue);
	if (item->job.run_at_ms > now_ms) {
		board_later(board, queue->name, item->job.run_at_ms);
		free(item);
	} else if (queue->worker == NULL ||
		   g_hash_table_contains(board->held, &item->job.id) ||
		   (queue->more && !queue_before_last(&queue->window, &item->job))) {
		free(item);
	} else {
		board_hold(board, queue, item);
		queue_trim(board, queue);
	}
}

void board_later(struct board *board, struct span queue, int64_t due_ms)
{
	struct board_queue *found = queue_of(board, queue);
	if (due_ms < found->due_ms)
		found->due_ms = due_ms;
}

static void board_drop_item(struct board *board, struct board_item *item)
{
	window_remove(&item->queue->window, item);
	board_remove(board, item);
}

void board_drop(struct board *board, int64_t id)
{
	struct board_item *item = g_hash_table_lookup(board->held, &id);
	if (item != NULL && item->phase == BOARD_WAITING)
		board_drop_item(board, item);
}

void board_drop_unique(struct board *board, struct span queue, struct span unique)
{
	struct window *window = &queue_of(board, queue)->window;
	for (size_t i = 0; i < window->count; i++) {
		struct board_item *item = window->items[i];
		if (item->job.unique.ptr != NULL && span_eq(item->job.unique, unique)) {
			board_drop_item(board, item); /* no other job has that key */
			return;
		}
	}
}

void board_pause(struct board *board, struct span queue, bool paused)
{
	queue_of(board, queue)->paused = paused;
}

bool board_paused(const struct board *board, struct span queue)
{
	const struct board_queue *found = queue_find(board, queue);
	return found != NULL && found->paused;
}

void board_forget(struct board *board)
{
	for (guint i = 0; i < board->queues->len; i++)
		queue_empty(board, g_ptr_array_index(board->queues, i));
}

struct span board_queue_name(const struct board *board, size_t n)
{
	if (n >= board->queues->len)
		return (struct span){NULL, 0};
	const struct board_queue *queue = g_ptr_array_index(board->queues, (guint)n);
	return queue->name;
}

/* ---- reading ---- */

static bool queue_may_start(const struct board_queue *queue)
{
	return queue->worker != NULL && !queue->paused &&
	       queue->running < queue->worker->concurrency;
}

/* When to read its due jobs from the store. */
static int64_t queue_read_ms(const struct board_queue *queue)
{
	int64_t calm_ms = queue->read_ms + CALM_MS;
	if (!queue_may_start(queue))
		return INT64_MAX;
	if (window_low(&queue->window))
		return queue->more ? 0 : queue->due_ms;
	return queue->due_ms > calm_ms ? queue->due_ms : calm_ms;
}

bool board_page_begin(struct board *board, int64_t now_ms, struct board_page *page)
{
	for (guint i = 0; i < board->queues->len; i++) {
		struct board_queue *queue = g_ptr_array_index(board->queues, i);
		if (queue->read_ms > now_ms) /* the clock was put back */
			queue->read_ms = now_ms;
		if (queue_read_ms(queue) > now_ms)
			continue;
		queue->read_ms = now_ms;
		*page = (struct board_page){.queue = queue};
		page->due.queue = queue->name;
		page->due.now_ms = now_ms;
		/* Held jobs are read again: they are among the first. */
		page->due.limit = queue->held + BOARD_WINDOW;
		queue->more = false;
		return true;
	}
	return false;
}

bool board_page_row(
    struct board *board, struct board_page *page, const struct store_job *job)
{
	struct board_queue *queue = page->queue;
	page->rows++;
	if (g_hash_table_contains(board->held, &job->id))
		return true;
	bool full = queue->more || window_full(&queue->window);
	if (full && !queue_before_last(&queue->window, job)) {
		queue->more = true;
		return false;
	}
	board_hold(board, queue, board_item_new(job));
	queue_trim(board, queue);
	return true;
}

void board_page_end(struct board_page *page)
{
	if (page->rows >= page->due.limit)
		page->queue->more = true;
	page->queue->due_ms = page->due.next_ms;
}

void board_page_failed(struct board_page *page, int64_t again_ms)
{
	page->queue->more = false;
	page->queue->due_ms = again_ms;
}

/* ---- running ---- */

struct board_item *board_pick(struct board *board)
{
	for (guint i = 0; i < board->queues->len; i++) {
		board->turn = (board->turn + 1) % board->queues->len;
		struct board_queue *queue =
		    g_ptr_array_index(board->queues, board->turn);
		struct board_item *item =
		    queue_may_start(queue) ? window_take_first(&queue->window) : NULL;
		if (item != NULL) {
			item->phase = BOARD_RUNNING;
			queue->running++;
			board->running++;
			board->busy++;
			return item;
		}
	}
	return NULL;
}

struct board_item *board_find_running(const struct board *board, int64_t id)
{
	struct board_item *item = g_hash_table_lookup(board->held, &id);
	return item != NULL && item->phase == BOARD_RUNNING ? item : NULL;
}

void board_ended(struct board *board, struct board_item *item)
{
	assert(item->phase == BOARD_RUNNING);
	item->phase = BOARD_SETTLING;
	item->queue->running--;
	board->running--;
}

void board_let_go(struct board *board, struct board_item *item)
{
	assert(item->phase == BOARD_SETTLING);
	board->busy--;
	board_remove(board, item);
}

int64_t board_wake_ms(const struct board *board)
{
	int64_t wake_ms = INT64_MAX;
	for (guint i = 0; i < board->queues->len; i++) {
		int64_t at_ms = queue_read_ms(g_ptr_array_index(board->queues, i));
		wake_ms = at_ms < wake_ms ? at_ms : wake_ms;
	}
	return wake_ms;
}

int board_running(const struct board *board)
{
	return board->running;
}

int board_busy(const struct board *board)
{
	return board->busy;
}
