/* board -- the jobs in memory: of each queue a window (those due jobs that run first) and
 * the running jobs. A state machine without threads, clock or store: it is told what was
 * committed and what was read from the store, and says what to read and what to run next.
 *
 * The board holds a job, by its id, from when it enters a window until the end of its
 * attempt is committed. So no job runs twice, however old the data is that was read. A
 * window is bounded in jobs and bytes; other jobs stay in the store and are read when
 * there is room. Not for several threads at once. */
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
	struct store_job job; /* its spans point behind this struct */
	size_t bytes;
	struct attempt *attempt;   /* used by the runner while the job runs */
	enum board_phase phase;    /* used by the board, as is the next */
	struct board_queue *queue; /* NULL: not on the board yet */
};

/* Copies a job; free it with free() unless a board has taken it over. Any thread. */
struct board_item *board_item_new(const struct store_job *job);

struct board *board_new(void);
void board_free(struct board *board); /* NULL is fine */

/* Replaces the workers; the array must live until the next call. Running jobs go on; jobs
 * of queues without a worker stay in the store. */
void board_set_workers(
    struct board *board, const struct job_worker *workers, size_t count);
/* The worker of the job's queue; NULL: it has none any more. */
const struct job_worker *board_worker(const struct board_item *item);

/* ---- what was committed ---- */

/* A waiting job was stored; takes the item over. */
void board_add(struct board *board, struct board_item *item, int64_t now_ms);
/* The store may have a job of that queue that is due at due_ms; 0: now. */
void board_later(struct board *board, struct span queue, int64_t due_ms);
/* A waiting job was changed (cancelled, put off): it leaves its window. */
void board_drop(struct board *board, int64_t id);
void board_drop_unique(struct board *board, struct span queue, struct span unique);
void board_pause(struct board *board, struct span queue, bool paused);
bool board_paused(const struct board *board, struct span queue);
/* Reports of commits were lost: empties all windows, to be read anew. */
void board_forget(struct board *board);
/* The name of the n-th queue, from 0, of all queues so far; absent beyond the last. */
struct span board_queue_name(const struct board *board, size_t n);

/* ---- reading ---- */

struct board_page {
	struct store_due due; /* what to read */
	struct board_queue *queue;
	int64_t rows;
};

/* Whether the due jobs of some queue are to be read; if so, fills in page. */
bool board_page_begin(struct board *board, int64_t now_ms, struct board_page *page);
/* Takes a job that was read; false: read no more. */
bool board_page_row(
    struct board *board, struct board_page *page, const struct store_job *job);
/* After the last one, when due.next_ms is set. */
void board_page_end(struct board_page *page);
/* The jobs could not be read: not again before again_ms. */
void board_page_failed(struct board_page *page, int64_t again_ms);

/* ---- running ---- */

/* The job to run next, or NULL. Queues take turns. */
struct board_item *board_pick(struct board *board);
/* Its attempt has ended: another job of its queue may run. */
void board_ended(struct board *board, struct board_item *item);
/* The job of that id if it runs, else NULL. */
struct board_item *board_find_running(const struct board *board, int64_t id);
/* The end of its attempt is committed, or needs no commit. Frees the item; if the job still
 * waits in the store it can be read again. */
void board_let_go(struct board *board, struct board_item *item);

/* When board_page_begin has something to read next; INT64_MAX: unknown. */
int64_t board_wake_ms(const struct board *board);
int board_running(const struct board *board); /* attempts that have not ended */
int board_busy(const struct board *board);    /* those, and those not yet let go */

#endif
