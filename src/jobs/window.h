/* window -- those due jobs of a queue that run first, in that order: by priority, then
 * time, then id. */
#ifndef OFFHOOK_JOBS_WINDOW_H
#define OFFHOOK_JOBS_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

#include "jobs/board.h"

struct window {
	struct board_item *items[BOARD_WINDOW + 1]; /* one too many before a trim */
	size_t count;
	size_t bytes;
};

/* Whether job a runs before b. */
bool window_before(const struct store_job *a, const struct store_job *b);
bool window_full(const struct window *window);
/* Whether it is time to read more. */
bool window_low(const struct window *window);
/* Inserts it at its place; call window_trim before the next. */
void window_insert(struct window *window, struct board_item *item);
struct board_item *window_take_first(struct window *window);
struct board_item *window_take_last(struct window *window);
void window_remove(struct window *window, const struct board_item *item);
/* Takes the last item out if the window has too many items or bytes, else returns NULL. A
 * single item is never too many, however large. */
struct board_item *window_trim(struct window *window);

#endif
