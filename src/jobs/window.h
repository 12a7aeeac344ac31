/* window -- the first of a queue's due jobs, in the order in which they run: by
 * priority, then time, then id. */
#ifndef OFFHOOK_JOBS_WINDOW_H
#define OFFHOOK_JOBS_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

#include "jobs/board.h"

struct window {
	struct board_item *items[BOARD_WINDOW + 1]; /* one more, until it is trimmed */
	size_t count;
	size_t bytes;
};

/* Whether job a runs before b. */
bool window_before(const struct store_job *a, const struct store_job *b);
bool window_full(const struct window *window);
/* Worth reading more. */
bool window_low(const struct window *window);
/* At its place; call window_trim before the next. */
void window_insert(struct window *window, struct board_item *item);
struct board_item *window_take_first(struct window *window);
struct board_item *window_take_last(struct window *window);
void window_remove(struct window *window, const struct board_item *item);
/* The last one when there are too many, taken out; NULL: there are not. One is never too
 * many, however large. */
struct board_item *window_trim(struct window *window);

#endif
