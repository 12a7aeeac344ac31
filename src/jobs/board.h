/* board -- what is known of the jobs that are to run soon: of each queue a window, the
 * first of its due jobs, and what runs. A state machine without threads, clock or
 * store: it is told what was committed and what stands in the store, and says what to
 * read and what to run next.
 *
 * A job is held by its id from when it comes into a window until what came of its try
 * was committed: however old what was read, nothing runs twice. A window is bounded in
 * jobs and bytes; what does not fit is left to the store, and read when there is room.
 * Not for several threads at once. */
#ifndef OFFHOOK_JOBS_BOARD_H
#define OFFHOOK_JOBS_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jobs/jobs.h"

enum { BOARD_WINDOW = 256, BOARD_WINDOW_LOW = 64, BOARD_WINDOW_BYTES = 4 << 20 };

struct board;
struct attempt;
struct board_queue;

enum board_phase { BOARD_WAITING, BOARD_RUNNING, BOARD_SETTLING };

/* A job in memory. */
struct board_item {
	struct store_job job; /* what its spans point to is its own */
	size_t bytes;
	struct attempt *attempt;   /* while it runs: whoever runs it's */
	enum board_phase phase;    /* the board's; so are the rest */
	struct board_queue *queue; /* NULL: not on the board yet */
};

/* A copy; free with free() unless it was given to a board. Any thread. */
struct board_item *board_item_new(const struct store_job *job);

struct board *board_new(void);
void board_free(struct board *board); /* NULL is fine */

/* Who works from now on; the array must live until the next call. What runs goes on;
 * jobs of queues without a worker stay in the store. */
void board_set_workers(
    struct board *board, const struct job_worker *workers, size_t count);
/* The one of a job's queue; NULL: none any more. */
const struct job_worker *board_worker(const struct board_item *item);

/* ---- what was committed ---- */

/* A waiting job that the store has; takes it over. */
void board_add(struct board *board, struct board_item *item, int64_t now_ms);
/* The store may have a job of the queue that is due then; 0: now. */
void board_later(struct board *board, struct span queue, int64_t due_ms);
/* A job is not what it was (cancelled, put off): it leaves its window. */
void board_drop(struct board *board, int64_t id);
void board_drop_unique(struct board *board, struct span queue, struct span unique);
void board_pause(struct board *board, struct span queue, bool paused);
bool board_paused(const struct board *board, struct span queue);
/* What was committed is not known: all windows are emptied, to be read anew. */
void board_forget(struct board *board);
/* The n-th queue of all that were ever named, from 0; absent beyond the last. */
struct span board_queue_name(const struct board *board, size_t n);

/* ---- reading ---- */

struct board_page {
	struct store_due due; /* what to read */
	struct board_queue *queue;
	int64_t rows;
};

/* Whether some queue wants its due jobs read; then page says which. */
bool board_page_begin(struct board *board, int64_t now_ms, struct board_page *page);
/* One of them; false: no more are wanted. */
bool board_page_row(
    struct board *board, struct board_page *page, const struct store_job *job);
/* After the last one; due.next_ms is set. */
void board_page_end(struct board_page *page);
/* They could not be read; not again before then. */
void board_page_failed(struct board_page *page, int64_t again_ms);

/* ---- running ---- */

/* The job to run next, or NULL. Queues take turns. */
struct board_item *board_pick(struct board *board);
/* Its try has ended: another one of its queue may run. */
void board_ended(struct board *board, struct board_item *item);
/* The one of that id, if it runs; else NULL. */
struct board_item *board_find_running(const struct board *board, int64_t id);
/* What came of its try is committed, or nothing is to be: the item is freed, and the job,
 * if it still waits in the store, can be read again. */
void board_let_go(struct board *board, struct board_item *item);

/* When something is due next; INT64_MAX: nothing that is known. */
int64_t board_wake_ms(const struct board *board);
int board_running(const struct board *board); /* tries that have not ended */
int board_busy(const struct board *board);    /* those, and what is not let go yet */

#endif
