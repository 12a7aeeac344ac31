#include "jobs/jobs.h"

#include <semaphore.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "jobs/jobs_internal.h"
#include "util/clock.h"
#include "util/container.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/thread.h"

enum {
	NICE = 5, /* webhooks go first */
	/* The longest sleep: nothing wakes us when the wall clock jumps. */
	SLEEP_MS = 5000,
	SLEEP_INJECTED_MS = 5
};

#define DAY_MS ((int64_t)24 * 3600 * 1000)

static const int64_t default_keep_ms = 7 * DAY_MS;
static const int64_t default_keep_dead_ms = 90 * DAY_MS;

int64_t jobs_now(const struct jobs *jobs)
{
	return jobs->clock != NULL ? jobs->clock(jobs->clock_ctx) : clock_wall_ms();
}

int64_t jobs_mono(void)
{
	return clock_mono_us() / 1000;
}

/* ---- a round ---- */

/* Reads which queues there are, and which of them are paused: before anything starts. */
static void jobs_learn_queues(struct jobs *jobs)
{
	struct error err = {""};
	struct store_queue *queue;
	if (jobs->known || jobs->learn_ms > jobs_mono())
		return;
	struct arena *arena = arena_new();
	jobs->known = store_queues(jobs->reader, false, arena, &queue, &err) == 0;
	for (; jobs->known && queue != NULL; queue = queue->next)
		board_pause(jobs->board, queue->name, queue->paused);
	arena_free(arena);
	if (!jobs->known) {
		jobs->learn_ms = jobs_mono() + PAUSE_MS;
		log_write(LOG_ERROR, "queues cannot be read", "why", err.text, NULL);
	}
}

static void jobs_read_page(struct jobs *jobs, struct board_page *page)
{
	struct error err = {""};
	struct store_job job;
	int rc;
	struct store_due_jobs *due = store_due_open(jobs->reader, &page->due);
	while ((rc = store_due_next(due, &job, &err)) == 1 &&
	       board_page_row(jobs->board, page, &job))
		;
	if (rc >= 0)
		rc = store_due_later(due, &err);
	store_due_close(due);
	if (rc == 0) {
		board_page_end(page);
		return;
	}
	board_page_failed(page, jobs_now(jobs) + PAUSE_MS);
	log_write(LOG_ERROR, "jobs cannot be read", "why", err.text, NULL);
}

/* Nothing starts while too many ended attempts are not committed. */
static bool jobs_may_start(const struct jobs *jobs)
{
	int busy = board_busy(jobs->board);
	return !atomic_load(&jobs->stopping) && jobs->known && jobs->resubmit_ms == 0 &&
	       busy - board_running(jobs->board) < SETTLES_MAX &&
	       busy < STORE_JOBS_RUNNING;
}

static void jobs_start(struct jobs *jobs)
{
	struct board_page page;
	struct board_item *item;
	bool any = false;
	while (jobs_may_start(jobs)) {
		if (board_page_begin(jobs->board, jobs_now(jobs), &page)) {
			jobs_read_page(jobs, &page);
			/* A row can be newer than the news of its queue's pause. */
			inbox_take(&jobs->inbox, jobs);
		} else if ((item = board_pick(jobs->board)) != NULL) {
			jobs_attempt_start(jobs, item);
			any = true;
		} else {
			break;
		}
	}
	if (any && jobs->runner.flush != NULL)
		jobs->runner.flush(jobs->runner.ctx);
}

static void jobs_round(struct jobs *jobs)
{
	jobs->round_ms = jobs_now(jobs);
	jobs->round_mono_ms = jobs_mono();
	jobs_learn_queues(jobs); /* before the inbox: its news may be newer */
	inbox_take(&jobs->inbox, jobs);
	jobs_news_catch_up(jobs);
	jobs_attempt_submit(jobs);
	jobs_start(jobs);
	jobs_attempt_submit(jobs);
	jobs_progress_submit(jobs);
	if (!atomic_load(&jobs->stopping) && jobs->known) {
		jobs_cron_submit(jobs);
		jobs_prune_submit(jobs);
	}
	errand_flush(jobs);
}

/* ---- the thread ---- */

/* Shortens the sleep if it would go on beyond at_ms. A time that had come when the round
 * began does not: the round has done what was due, or that waits for something which
 * will wake us. */
static void jobs_wake_at(
    int64_t *sleep_ms, int64_t at_ms, int64_t round_ms, int64_t now_ms)
{
	if (at_ms > round_ms && at_ms - now_ms < *sleep_ms)
		*sleep_ms = at_ms > now_ms ? at_ms - now_ms : 0;
}

static int jobs_sleep_ms(const struct jobs *jobs)
{
	int64_t round_ms = jobs->round_ms, now_ms = jobs_now(jobs);
	int64_t mono_round_ms = jobs->round_mono_ms, mono_ms = jobs_mono();
	int64_t sleep_ms = jobs->clock != NULL ? SLEEP_INJECTED_MS : SLEEP_MS;
	jobs_wake_at(&sleep_ms, board_wake_ms(jobs->board), round_ms, now_ms);
	jobs_wake_at(
	    &sleep_ms, timetable_wake_ms(jobs->roster->timetable), round_ms, now_ms);
	jobs_wake_at(&sleep_ms, jobs->resubmit_ms, mono_round_ms, mono_ms);
	jobs_wake_at(&sleep_ms, jobs->progress_ms, mono_round_ms, mono_ms);
	jobs_wake_at(&sleep_ms, jobs->learn_ms, mono_round_ms, mono_ms);
	jobs_wake_at(&sleep_ms, jobs->prune.again_ms, mono_round_ms, mono_ms);
	return (int)sleep_ms;
}

static void *jobs_run(void *ctx)
{
	struct jobs *jobs = ctx;
	id_t self = (id_t)gettid();
	(void)setpriority(PRIO_PROCESS, self, getpriority(PRIO_PROCESS, self) + NICE);
	jobs_round(jobs);
	while (!atomic_load(&jobs->closing) || board_busy(jobs->board) > 0 ||
	       jobs->errands > 0) {
		inbox_wait(&jobs->inbox, jobs_sleep_ms(jobs));
		jobs_round(jobs);
	}
	return NULL;
}

/* ---- open, change, close ---- */

static void jobs_take_roster(struct jobs *jobs, struct roster *roster)
{
	board_set_workers(jobs->board, roster->workers, roster->count);
	roster_free(jobs->roster);
	jobs->roster = roster;
}

static struct jobs *jobs_new(const struct jobs_config *config)
{
	struct jobs *jobs = mem_new(1, sizeof(*jobs));
	jobs->store = config->store;
	jobs->runner = config->runner;
	jobs->keep_ms = config->keep_ms > 0 ? config->keep_ms : default_keep_ms;
	jobs->keep_dead_ms =
	    config->keep_dead_ms > 0 ? config->keep_dead_ms : default_keep_dead_ms;
	jobs->clock = config->now_ms;
	jobs->clock_ctx = config->now_ctx;
	jobs->progress_ms = INT64_MAX;
	jobs->board = board_new();
	TAILQ_INIT(&jobs->attempts);
	TAILQ_INIT(&jobs->ended);
	if (getrandom(&jobs->random, sizeof(jobs->random), 0) < 0)
		jobs->random = (uint64_t)clock_mono_us();
	return jobs;
}

static void jobs_free(struct jobs *jobs)
{
	store_reader_close(jobs->reader);
	board_free(jobs->board);
	roster_free(jobs->roster);
	free(jobs);
}

int jobs_open(struct jobs **out, const struct jobs_config *config, struct error *err)
{
	struct roster *roster;
	jobs_log_libraries();
	if (roster_new(&roster, config->workers, config->worker_count, err) < 0)
		return -1;
	struct jobs *jobs = jobs_new(config);
	jobs_take_roster(jobs, roster);
	if (store_reader_new(&jobs->reader, jobs->store, err) < 0 ||
	    inbox_init(&jobs->inbox, err) < 0) {
		jobs_free(jobs);
		return -1;
	}
	store_watch_jobs(jobs->store, jobs_news, jobs);
	*out = jobs; /* the runner may need it before this returns */
	if (thread_start(&jobs->thread, "oh-jobs", jobs_run, jobs, err) < 0) {
		store_watch_jobs(jobs->store, NULL, NULL);
		inbox_clear(&jobs->inbox);
		jobs_free(jobs);
		*out = NULL;
		return -1;
	}
	return 0;
}

static void roster_arrived(struct jobs *jobs, struct note *note)
{
	jobs_take_roster(jobs, container_of(note, struct roster, note));
}

int jobs_set_workers(struct jobs *jobs, const struct job_worker *workers, size_t count,
    struct error *err)
{
	struct roster *roster;
	if (roster_new(&roster, workers, count, err) < 0)
		return -1;
	roster->note.arrived = roster_arrived;
	inbox_push(&jobs->inbox, &roster->note);
	return 0;
}

struct stop {
	struct note note;
	sem_t seen;
};

static void stop_arrived(struct jobs *jobs, struct note *note)
{
	(void)jobs;
	(void)sem_post(&container_of(note, struct stop, note)->seen);
}

/* Waits for the thread, which may be starting an attempt just now. */
void jobs_stop(struct jobs *jobs)
{
	struct stop stop = {.note.arrived = stop_arrived};
	atomic_store(&jobs->stopping, true);
	(void)sem_init(&stop.seen, 0, 0);
	inbox_push(&jobs->inbox, &stop.note);
	while (sem_wait(&stop.seen) < 0)
		;
	(void)sem_destroy(&stop.seen);
}

struct unwatch {
	struct store_txn txn;
	struct store *store;
	sem_t done;
};

static void unwatch_on_writer(struct store_txn *txn)
{
	struct unwatch *unwatch = container_of(txn, struct unwatch, txn);
	store_watch_jobs(unwatch->store, NULL, NULL);
	(void)sem_post(&unwatch->done);
}

/* On the store's writer thread, so that jobs_news is not running meanwhile. */
static void jobs_unwatch(struct store *store)
{
	static const struct timespec pause = {.tv_nsec = 1000000};
	struct unwatch unwatch = {.store = store, .txn = {.done = unwatch_on_writer}};
	(void)sem_init(&unwatch.done, 0, 0);
	while (!store_submit(store, &unwatch.txn))
		(void)nanosleep(&pause, NULL);
	store_flush(store);
	while (sem_wait(&unwatch.done) < 0)
		;
	(void)sem_destroy(&unwatch.done);
}

void jobs_close(struct jobs *jobs)
{
	if (jobs == NULL)
		return;
	atomic_store(&jobs->stopping, true);
	atomic_store(&jobs->closing, true);
	inbox_ring(&jobs->inbox);
	thread_join(jobs->thread);
	jobs_unwatch(jobs->store);
	inbox_take(&jobs->inbox, jobs);
	inbox_clear(&jobs->inbox);
	jobs_free(jobs);
}

void jobs_stats(const struct jobs *jobs, struct jobs_stats *out)
{
	out->started = atomic_load(&jobs->started);
	out->done = atomic_load(&jobs->done);
	out->failed = atomic_load(&jobs->failed);
	out->dead = atomic_load(&jobs->dead);
	out->snoozed = atomic_load(&jobs->snoozed);
	out->running = atomic_load(&jobs->running);
}
