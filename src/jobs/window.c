#include "jobs/window.h"

#include <assert.h>
#include <string.h>

bool window_before(const struct store_job *a, const struct store_job *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority;
	if (a->run_at_ms != b->run_at_ms)
		return a->run_at_ms < b->run_at_ms;
	return a->id < b->id;
}

bool window_full(const struct window *window)
{
	return window->count >= BOARD_WINDOW || window->bytes >= BOARD_WINDOW_BYTES;
}

bool window_low(const struct window *window)
{
	return window->count <= BOARD_WINDOW_LOW &&
	       window->bytes <= BOARD_WINDOW_BYTES / 4;
}

/* The number of items that run before job. */
static size_t window_place(const struct window *window, const struct store_job *job)
{
	size_t low = 0, high = window->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (window_before(&window->items[middle]->job, job))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct board_item *window_take(struct window *window, size_t at)
{
	struct board_item *item = window->items[at];
	window->count--;
	window->bytes -= item->bytes;
	memmove(&window->items[at], &window->items[at + 1],
	    (window->count - at) * sizeof(struct board_item *));
	return item;
}

void window_insert(struct window *window, struct board_item *item)
{
	assert(window->count <= BOARD_WINDOW);
	size_t at = window_place(window, &item->job);
	memmove(&window->items[at + 1], &window->items[at],
	    (window->count - at) * sizeof(struct board_item *));
	window->items[at] = item;
	window->count++;
	window->bytes += item->bytes;
}

struct board_item *window_take_first(struct window *window)
{
	return window->count > 0 ? window_take(window, 0) : NULL;
}

struct board_item *window_take_last(struct window *window)
{
	return window->count > 0 ? window_take(window, window->count - 1) : NULL;
}

void window_remove(struct window *window, const struct board_item *item)
{
	size_t at = window_place(window, &item->job);
	assert(at < window->count && window->items[at] == item);
	(void)window_take(window, at);
}

struct board_item *window_trim(struct window *window)
{
	bool over = window->count > BOARD_WINDOW || window->bytes > BOARD_WINDOW_BYTES;
	return over && window->count > 1 ? window_take(window, window->count - 1)
					 : NULL;
}
