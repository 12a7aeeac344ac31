#include "jobs/jobs.h"

#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "jobs/jobs_internal.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

enum {
	NICE = 5,           /* webhooks go first */
	PATIENCE_MS = 5000, /* the wall clock may jump: it is looked at so often */
	PATIENCE_INJECTED_MS = 5
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

/* Before anything starts: which queues there are, and which of them are paused. */
static void learn_queues(struct jobs *jobs)
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

static void read_page(struct jobs *jobs, struct board_page *page)
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

/* Not while what ended waits to be stored. */
static bool may_start(const struct jobs *jobs)
{
	int busy = board_busy(jobs->board);
	return !atomic_load(&jobs->stopping) && jobs->known && jobs->resubmit_ms == 0 &&
	       busy - board_running(jobs->board) < SETTLES_MAX &&
	       busy < STORE_JOBS_RUNNING;
}

static void start(struct jobs *jobs)
{
	struct board_page page;
	struct board_item *item;
	bool any = false;
	while (may_start(jobs)) {
		if (board_page_begin(jobs->board, jobs_now(jobs), &page)) {
			read_page(jobs, &page);
		} else if ((item = board_pick(jobs->board)) != NULL) {
			jobs_try_start(jobs, item);
			any = true;
		} else {
			break;
		}
	}
	if (any && jobs->runner.flush != NULL)
		jobs->runner.flush(jobs->runner.ctx);
}

static void go_round(struct jobs *jobs)
{
	jobs->round_ms = jobs_now(jobs);
	jobs->round_mono_ms = jobs_mono();
	learn_queues(jobs); /* before the news, which may be older, but end up newer */
	inbox_take(&jobs->inbox, jobs);
	jobs_news_catch_up(jobs);
	jobs_try_submit(jobs);
	start(jobs);
	jobs_try_submit(jobs);
	jobs_progress_submit(jobs);
	if (!atomic_load(&jobs->stopping) && jobs->known) {
		standing_submit(jobs);
		prune_submit(jobs);
	}
}

/* ---- the thread ---- */

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* What was due when the round began has been seen to, or waits for something else. */
static int64_t until(int64_t at_ms, int64_t round_ms, int64_t now_ms)
{
	if (at_ms <= round_ms || at_ms == INT64_MAX)
		return PATIENCE_MS;
	return at_ms > now_ms ? at_ms - now_ms : 0;
}

static int patience(const struct jobs *jobs)
{
	int64_t now_ms = jobs_now(jobs), mono_ms = jobs_mono();
	int64_t walls[] = {
	    board_wake_ms(jobs->board), timetable_wake_ms(jobs->roster->timetable)};
	int64_t monos[] = {
	    jobs->resubmit_ms, jobs->tell_ms, jobs->learn_ms, jobs->prune.again_ms};
	int64_t wait_ms =
	    jobs->clock != NULL ? PATIENCE_INJECTED_MS : (int64_t)PATIENCE_MS;
	for (size_t i = 0; i < sizeof(walls) / sizeof(walls[0]); i++)
		wait_ms = sooner(wait_ms, until(walls[i], jobs->round_ms, now_ms));
	for (size_t i = 0; i < sizeof(monos) / sizeof(monos[0]); i++)
		wait_ms =
		    sooner(wait_ms, until(monos[i], jobs->round_mono_ms, mono_ms));
	return (int)wait_ms;
}

static bool over(const struct jobs *jobs)
{
	return atomic_load(&jobs->closing) && board_busy(jobs->board) == 0 &&
	       jobs->others == 0;
}

static void *run(void *ctx)
{
	struct jobs *jobs = ctx;
	id_t self = (id_t)gettid();
	(void)setpriority(PRIO_PROCESS, self, getpriority(PRIO_PROCESS, self) + NICE);
	go_round(jobs);
	while (!over(jobs)) {
		inbox_wait(&jobs->inbox, patience(jobs));
		go_round(jobs);
	}
	return NULL;
}

/* ---- open, change, close ---- */

static void employ(struct jobs *jobs, struct roster *roster)
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
	jobs->tell_ms = INT64_MAX;
	jobs->board = board_new();
	TAILQ_INIT(&jobs->tries);
	TAILQ_INIT(&jobs->settled);
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
	if (roster_new(&roster, config->workers, config->worker_count, err) < 0)
		return -1;
	struct jobs *jobs = jobs_new(config);
	employ(jobs, roster);
	if (store_reader_new(&jobs->reader, jobs->store, err) < 0 ||
	    inbox_init(&jobs->inbox, err) < 0) {
		jobs_free(jobs);
		return -1;
	}
	store_watch_jobs(jobs->store, jobs_news, jobs);
	*out = jobs; /* the runner may need it before this returns */
	int rc = pthread_create(&jobs->thread, NULL, run, jobs);
	if (rc != 0) {
		store_watch_jobs(jobs->store, NULL, NULL);
		inbox_clear(&jobs->inbox);
		jobs_free(jobs);
		*out = NULL;
		return error_set(err, "cannot start a thread: %s", strerror(rc));
	}
	return 0;
}

static void arrived(void *owner, struct note *note)
{
	employ(owner, (struct roster *)note);
}

int jobs_set_workers(struct jobs *jobs, const struct job_worker *workers, size_t count,
    struct error *err)
{
	struct roster *roster;
	if (roster_new(&roster, workers, count, err) < 0)
		return -1;
	roster->note.arrived = arrived;
	inbox_push(&jobs->inbox, &roster->note);
	return 0;
}

struct halt {
	struct note note;
	sem_t seen;
};

static void halted(void *owner, struct note *note)
{
	(void)owner;
	(void)sem_post(&((struct halt *)note)->seen);
}

/* The thread may be starting one just now. */
void jobs_stop(struct jobs *jobs)
{
	struct halt halt = {.note.arrived = halted};
	atomic_store(&jobs->stopping, true);
	(void)sem_init(&halt.seen, 0, 0);
	inbox_push(&jobs->inbox, &halt.note);
	while (sem_wait(&halt.seen) < 0)
		;
	(void)sem_destroy(&halt.seen);
}

struct farewell {
	struct store_txn txn;
	struct store *store;
	sem_t said;
};

/* On the writer's thread, so that it is not just telling. */
static void stop_watching(struct store_txn *txn)
{
	struct farewell *farewell = (struct farewell *)txn;
	store_watch_jobs(farewell->store, NULL, NULL);
	(void)sem_post(&farewell->said);
}

static void unwatch(struct store *store)
{
	static const struct timespec pause = {.tv_nsec = 1000000};
	struct farewell farewell = {.store = store, .txn = {.done = stop_watching}};
	(void)sem_init(&farewell.said, 0, 0);
	while (!store_submit(store, &farewell.txn))
		(void)nanosleep(&pause, NULL);
	store_flush(store);
	while (sem_wait(&farewell.said) < 0)
		;
	(void)sem_destroy(&farewell.said);
}

void jobs_close(struct jobs *jobs)
{
	if (jobs == NULL)
		return;
	atomic_store(&jobs->stopping, true);
	atomic_store(&jobs->closing, true);
	inbox_ring(&jobs->inbox);
	(void)pthread_join(jobs->thread, NULL);
	unwatch(jobs->store);
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
