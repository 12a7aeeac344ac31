/* What is to be read and run next, from what was committed; with a model of the store
 * that tells of its commits late, and in any interleaving. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "jobs/board.h"

static const struct job_worker one[] = {{"q", 3, 1000, 2, 1, 1, 1, NULL, NULL}};

static struct board *open_board(void)
{
	struct board *board = board_new();
	board_set_workers(board, one, 1);
	return board;
}

static void add(struct board *board, int64_t id, int priority, int64_t run_at_ms)
{
	struct store_job job = {.id = id,
	    .queue = SPAN("q"),
	    .priority = priority,
	    .run_at_ms = run_at_ms,
	    .payload = SPAN("{}")};
	board_add(board, board_item_new(&job), 1000);
}

/* Reads a page in which nothing stands. */
static void read_nothing(struct board *board)
{
	struct board_page page;
	assert_true(board_page_begin(board, 1000, &page));
	page.due.next_ms = INT64_MAX;
	board_page_end(&page);
	assert_false(board_page_begin(board, 1000, &page));
}

static int64_t pick(struct board *board)
{
	struct board_item *item = board_pick(board);
	return item == NULL ? 0 : item->job.id;
}

TEST(a_job_of_an_idle_queue_runs_without_a_look_on_disk)
{
	struct board *board = open_board();
	struct board_page page;
	read_nothing(board);
	add(board, 1, 0, 1000);
	assert_false(board_page_begin(board, 1000, &page));
	assert_int_equal(pick(board), 1);
	assert_int_equal(board_running(board), 1);
	board_free(board);
}

TEST(jobs_go_by_priority_then_time_then_id)
{
	struct board *board = open_board();
	read_nothing(board);
	add(board, 1, 0, 900);
	add(board, 2, 0, 800);
	add(board, 3, 9, 1000);
	add(board, 4, 0, 800);
	assert_int_equal(pick(board), 3);
	assert_int_equal(pick(board), 2);
	assert_int_equal(pick(board), 0); /* two at a time */
	board_free(board);
}

TEST(more_than_a_window_is_left_to_the_store)
{
	struct board *board = open_board();
	struct board_page page;
	read_nothing(board);
	for (int i = 1; i <= BOARD_WINDOW + 50; i++)
		add(board, i, 0, 500);
	add(board, 1000, 1, 500); /* before all of them */
	assert_false(board_page_begin(board, 1000, &page));
	assert_int_equal(pick(board), 1000);
	struct board_item *item = board_pick(board);
	for (int i = 1; i < BOARD_WINDOW - BOARD_WINDOW_LOW - 1; i++) {
		assert_int_equal(item->job.id, i);
		board_ended(board, item);
		board_let_go(board, item);
		assert_false(board_page_begin(board, 1000, &page));
		item = board_pick(board);
	}
	board_ended(board, item);
	board_let_go(board, item);
	assert_true(board_page_begin(board, 1000, &page));
	/* Those that are held are among the first of the store. */
	assert_int_equal(page.due.limit, BOARD_WINDOW + BOARD_WINDOW_LOW + 1);
	board_free(board);
}

TEST(a_page_that_is_full_is_followed_by_another)
{
	struct board *board = open_board();
	struct board_page page;
	struct store_job job = {.queue = SPAN("q"), .payload = SPAN("{}")};
	assert_true(board_page_begin(board, 1000, &page));
	for (job.id = 1; job.id <= page.due.limit; job.id++)
		assert_true(board_page_row(board, &page, &job));
	page.due.next_ms = INT64_MAX;
	board_page_end(&page);
	for (int i = 0; i < BOARD_WINDOW - BOARD_WINDOW_LOW; i++) {
		assert_false(board_page_begin(board, 1000, &page));
		struct board_item *item = board_pick(board);
		board_ended(board, item);
		board_let_go(board, item);
	}
	assert_true(board_page_begin(board, 1000, &page));
	board_free(board);
}

TEST(a_window_is_bounded_in_bytes)
{
	static char text[BOARD_WINDOW_BYTES / 2];
	struct board *board = open_board();
	struct board_page page;
	struct store_job job = {.queue = SPAN("q"), .payload = {text, sizeof(text)}};
	read_nothing(board);
	for (job.id = 1; job.id <= 5; job.id++)
		board_add(board, board_item_new(&job), 1000);
	assert_int_equal(pick(board), 1);
	assert_true(board_page_begin(board, 1000, &page));
	board_free(board);
}

TEST(what_does_not_fit_into_a_window_is_not_read_on)
{
	static char text[BOARD_WINDOW_BYTES / 2];
	struct board *board = open_board();
	struct board_page page;
	struct store_job job = {.queue = SPAN("q"), .payload = {text, sizeof(text)}};
	assert_true(board_page_begin(board, 1000, &page));
	for (job.id = 1; board_page_row(board, &page, &job); job.id++)
		;
	assert_int_equal(job.id, 3); /* the second did not fit */
	page.due.next_ms = INT64_MAX;
	board_page_end(&page);
	assert_int_equal(pick(board), 1);
	assert_true(board_page_begin(board, 1000, &page));
	job.id = 2;
	assert_true(board_page_row(board, &page, &job));
	assert_int_equal(pick(board), 2);
	board_free(board);
}

TEST(a_queue_waits_for_what_is_due_next)
{
	struct board *board = open_board();
	struct board_page page;
	assert_true(board_page_begin(board, 1000, &page));
	page.due.next_ms = 5000;
	board_page_end(&page);
	assert_int_equal(board_wake_ms(board), 5000);
	add(board, 7, 0, 4000);
	assert_int_equal(board_wake_ms(board), 4000);
	assert_false(board_page_begin(board, 3999, &page));
	assert_true(board_page_begin(board, 4000, &page));
	board_page_failed(&page, 6000);
	assert_false(board_page_begin(board, 5999, &page));
	assert_int_equal(board_wake_ms(board), 6000);
	board_free(board);
}

/* ---- the model ---- */

enum { JOBS = 3000, TALES = 8 * JOBS, STEPS = 60000, SEEDS = 20, CONCURRENCY = 2 };

enum model_state { MODEL_WAITING, MODEL_DONE, MODEL_CANCELLED };

struct model_job {
	struct store_job job;
	enum model_state state;
	struct board_item *item; /* from its pick until it is let go */
};

enum telling { ADDED, CANCELLED, SETTLED, PAUSED, RESUMED };

struct tale {
	enum telling what;
	struct store_job job; /* as it was committed */
	enum model_state state;
};

struct ids {
	int64_t ids[JOBS];
	int count;
};

struct model {
	uint64_t random;
	int64_t now_ms, latest_ms; /* clocks are put back at times */
	struct board *board;
	struct model_job jobs[JOBS + 1]; /* as they stand in the store */
	int count;
	bool paused;
	struct tale tales[TALES]; /* committed, and told up to `told` */
	int told, untold;
	struct ids running, ended; /* ended: not committed */
};

static int chance(struct model *m, int below)
{
	m->random = m->random * 6364136223846793005U + 1442695040888963407U;
	return (int)((m->random >> 33) % (uint64_t)below);
}

static int64_t take_any(struct model *m, struct ids *from)
{
	int at = from->count == 0 ? -1 : chance(m, from->count);
	int64_t id = at < 0 ? 0 : from->ids[at];
	if (at >= 0)
		from->ids[at] = from->ids[--from->count];
	return id;
}

static void committed(struct model *m, enum telling what, const struct model_job *job)
{
	assert_true(m->untold < TALES);
	m->tales[m->untold++] = (struct tale){what, job->job, job->state};
}

static void commit_enqueue(struct model *m)
{
	if (m->count == JOBS)
		return;
	struct model_job *job = &m->jobs[++m->count];
	int64_t delay_ms = chance(m, 4) == 0 ? chance(m, 2000) : 0;
	job->job = (struct store_job){.id = m->count,
	    .queue = SPAN("q"),
	    .priority = chance(m, 3),
	    .run_at_ms = m->now_ms + delay_ms,
	    .payload = SPAN("{}")};
	committed(m, ADDED, job);
}

static void commit_cancel(struct model *m)
{
	struct model_job *job = &m->jobs[chance(m, m->count + 1)];
	if (job->job.id == 0 || job->state != MODEL_WAITING)
		return;
	job->state = MODEL_CANCELLED;
	committed(m, CANCELLED, job);
}

static void commit_pause(struct model *m)
{
	m->paused = !m->paused;
	committed(m, m->paused ? PAUSED : RESUMED, &m->jobs[0]);
}

/* Three in four end well; one whose job was cancelled is fenced. */
static void commit_end(struct model *m)
{
	struct model_job *job = &m->jobs[take_any(m, &m->ended)];
	if (job->job.id == 0)
		return;
	if (job->state == MODEL_WAITING && chance(m, 4) > 0)
		job->state = MODEL_DONE;
	else
		job->job.run_at_ms = m->now_ms + chance(m, 500);
	committed(m, SETTLED, job);
}

static void tell(struct model *m)
{
	if (m->told == m->untold)
		return;
	const struct tale *tale = &m->tales[m->told++];
	struct model_job *job = &m->jobs[tale->job.id];
	switch (tale->what) {
	case ADDED:
		board_add(m->board, board_item_new(&tale->job), m->now_ms);
		break;
	case CANCELLED:
		board_drop(m->board, tale->job.id);
		break;
	case SETTLED:
		if (tale->state == MODEL_WAITING)
			board_later(m->board, SPAN("q"), tale->job.run_at_ms);
		board_let_go(m->board, job->item);
		job->item = NULL;
		break;
	case PAUSED:
	case RESUMED:
		board_pause(m->board, SPAN("q"), tale->what == PAUSED);
		break;
	}
}

static int by_order(const void *a, const void *b)
{
	const struct store_job *x = *(struct store_job *const *)a;
	const struct store_job *y = *(struct store_job *const *)b;
	if (x->priority != y->priority)
		return y->priority - x->priority;
	if (x->run_at_ms != y->run_at_ms)
		return x->run_at_ms < y->run_at_ms ? -1 : 1;
	return x->id < y->id ? -1 : 1;
}

static void read_page(struct model *m)
{
	static struct store_job *due[JOBS];
	struct board_page page;
	int count = 0;
	if (!board_page_begin(m->board, m->now_ms, &page))
		return;
	page.due.next_ms = INT64_MAX;
	for (int i = 1; i <= m->count; i++) {
		struct store_job *job = &m->jobs[i].job;
		if (m->jobs[i].state != MODEL_WAITING)
			continue;
		if (job->run_at_ms <= m->now_ms)
			due[count++] = job;
		else if (job->run_at_ms < page.due.next_ms)
			page.due.next_ms = job->run_at_ms;
	}
	qsort(due, (size_t)count, sizeof(struct store_job *), by_order);
	for (int i = 0; i < count && i < page.due.limit; i++) {
		if (!board_page_row(m->board, &page, due[i]))
			break;
	}
	board_page_end(&page);
}

static void start(struct model *m)
{
	struct board_item *item = board_pick(m->board);
	if (item == NULL)
		return;
	struct model_job *job = &m->jobs[item->job.id];
	assert_null(job->item);
	assert_int_not_equal(job->state, MODEL_DONE);
	assert_true(item->job.run_at_ms <= m->latest_ms);
	job->item = item;
	m->running.ids[m->running.count++] = item->job.id;
	assert_true(m->running.count <= CONCURRENCY);
	assert_int_equal(board_running(m->board), m->running.count);
}

static void end(struct model *m)
{
	int64_t id = take_any(m, &m->running);
	if (id == 0)
		return;
	board_ended(m->board, m->jobs[id].item);
	m->ended.ids[m->ended.count++] = id;
}

static void repeat(struct model *m, void (*what)(struct model *m), int most)
{
	for (int i = chance(m, most); i >= 0; i--)
		what(m);
}

static void pass_time(struct model *m)
{
	m->now_ms += chance(m, 300) - 50;
	if (m->now_ms > m->latest_ms)
		m->latest_ms = m->now_ms;
}

static void step(struct model *m)
{
	static void (*const often[])(struct model *) = {
	    read_page, start, end, commit_end};
	int what = chance(m, 64);
	if (what == 0)
		repeat(m, commit_enqueue, 60);
	else if (what == 1)
		commit_cancel(m);
	else if (what == 2 && chance(m, 20) == 0)
		commit_pause(m);
	else if (what == 3)
		pass_time(m);
	else if (what == 4 && chance(m, 100) == 0)
		board_forget(m->board);
	else if (what < 16)
		repeat(m, tell, 12);
	else
		often[chance(m, 4)](m);
}

/* Nothing more happens but that what there is runs. */
static void drain(struct model *m)
{
	if (m->paused)
		commit_pause(m);
	for (int i = 0; i < 20 * JOBS; i++) {
		tell(m);
		read_page(m);
		start(m);
		end(m);
		commit_end(m);
		if (board_busy(m->board) == 0 && m->told == m->untold)
			pass_time(m);
	}
}

TEST(whatever_happens_every_job_runs_and_none_after_it_is_done)
{
	uint64_t base = (uint64_t)time(NULL);
	for (uint64_t seed = base; seed < base + SEEDS; seed++) {
		struct model *m = calloc(1, sizeof(*m));
		*m = (struct model){
		    .random = seed, .now_ms = 1000000, .latest_ms = 1000000};
		m->board = open_board();
		print_message("seed %llu\n", (unsigned long long)seed);
		for (int i = 0; i < STEPS; i++)
			step(m);
		drain(m);
		for (int i = 1; i <= m->count; i++)
			assert_int_not_equal(m->jobs[i].state, MODEL_WAITING);
		assert_int_equal(board_busy(m->board), 0);
		board_free(m->board);
		free(m);
	}
}
