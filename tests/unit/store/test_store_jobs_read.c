/* What is due, what a query finds, how many there are, and the view for a person. */
#include "job_fixture.h"

#include <malloc.h>
#include <sqlite3.h>

enum { JOB_BYTES = 1 << 20 };

static struct store_job_write timed(int priority, int64_t run_at_ms)
{
	struct store_job_write write = new_job("q", "{}");
	write.job.priority = priority;
	write.job.run_at_ms = run_at_ms;
	return write;
}

STORE_TEST(due_jobs_come_by_priority_then_time_then_age)
{
	struct fixture *f = *state;

	static const struct {
		int priority;
		int64_t run_at_ms;
	} jobs[] = {
	    {0, T0},         /* 1 */
	    {0, T0 - 5},     /* 2 */
	    {9, T0},         /* 3 */
	    {9, T0 + 100},   /* 4 */
	    {-50, T0 - 900}, /* 5 */
	    {0, T0},         /* 6 */
	    {0, T0 + 50},    /* 7 */
	    {-50, T0 + 70},  /* 8 */
	    {3, T0 + 200},   /* 9 */
	};

	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++)
		(void)enqueue(f, timed(jobs[i].priority, jobs[i].run_at_ms));
	assert_int_equal(assert_due(f, "q", T0, "3 2 1 6 5"), T0 + 50);
	assert_int_equal(assert_due(f, "q", T0 + 50, "3 2 1 6 7 5"), T0 + 70);
	assert_int_equal(assert_due(f, "q", T0 - 1000, ""), T0 - 900);
	assert_int_equal(assert_due(f, "q", T0 + 200, "3 4 9 2 1 6 7 5 8"), INT64_MAX);
	assert_int_equal(assert_due(f, "none", T0, ""), INT64_MAX);
}

STORE_TEST(a_page_of_due_jobs_is_no_longer_than_asked_for)
{
	struct fixture *f = *state;
	char line[4096] = "";
	struct store_due due = {.queue = SPAN("q"), .now_ms = T0, .limit = 3};
	for (int i = 0; i < 2; i++)
		(void)enqueue(f, timed(1, T0));
	for (int i = 0; i < 700; i++)
		(void)enqueue(f, timed(0, T0 - 700 + i));
	(void)enqueue(f, timed(-1, T0 + 7));
	list_due(f, &due, line);
	assert_string_equal(line, "1 2 3");
	assert_int_equal(due.next_ms, T0 + 7);
}

STORE_TEST(a_walk_that_is_left_early_still_knows_what_falls_due_later)
{
	struct fixture *f = *state;
	struct store_due due = {.queue = SPAN("q"), .now_ms = T0, .limit = 9};
	struct store_job job;
	(void)enqueue(f, timed(0, T0));
	(void)enqueue(f, timed(0, T0));
	(void)enqueue(f, timed(-1, T0 + 7));
	struct store_due_jobs *jobs = store_due_open(f->reader, &due);
	assert_int_equal(store_due_next(jobs, &job, &f->err), 1);
	assert_int_equal(job.id, 1);
	assert_int_equal(store_due_later(jobs, &f->err), 0);
	assert_int_equal(due.next_ms, T0 + 7);
	store_due_close(jobs);
	store_due_close(store_due_open(f->reader, &due));
	(void)assert_due(f, "q", T0, "1 2");
}

STORE_TEST(cursors_may_be_closed_early)
{
	struct fixture *f = *state;
	struct store_job_query queries[] = {{0}, {.queue = SPAN("q")}};
	struct store_job job;
	(void)enqueue(f, new_job("q", "{}"));
	(void)enqueue(f, new_job("q", "{}"));
	for (size_t i = 0; i < 2; i++) {
		struct store_jobs *jobs = store_jobs_open(f->reader, &queries[i]);
		assert_int_equal(store_jobs_next(jobs, &job, &f->err), 1);
		assert_int_equal(job.id, 1);
		store_jobs_close(jobs);
	}
	store_jobs_close(NULL);
	assert_jobs(f, "1 waiting, 2 waiting");
}

/* What the process has of the heap; 0 where a sanitizer has its own. */
static size_t heap_bytes(void)
{
	struct mallinfo2 info = mallinfo2();
	return info.uordblks + info.hblkhd;
}

STORE_TEST(a_page_of_large_jobs_is_not_in_memory_at_once)
{
	struct fixture *f = *state;
	static char text[JOB_BYTES + 1];
	struct store_due due = {.queue = SPAN("q"), .now_ms = T0, .limit = 64};
	memset(text, ' ', JOB_BYTES);
	text[0] = '{';
	text[JOB_BYTES - 1] = '}';
	for (int i = 0; i < 64; i++)
		(void)enqueue(f, new_job("q", text));
	size_t start = heap_bytes();
	struct store_job job;
	int count = 0;
	struct store_due_jobs *jobs = store_due_open(f->reader, &due);
	for (; store_due_next(jobs, &job, &f->err) == 1; count++) {
		assert_int_equal(job.payload.len, JOB_BYTES);
		assert_int_equal(job.payload.ptr[JOB_BYTES - 1], '}');
		assert_true(heap_bytes() - start < 16 * JOB_BYTES);
	}
	store_due_close(jobs);
	assert_int_equal(count, 64);
}

/* ---- queries ---- */

/* 1 done, 2 dead "Connection refused", 3 cancelled, 4 and 5 a group's, 6 unique; of r:
 * 7 waiting, 8 done. */
static void fill(struct fixture *f)
{
	struct store_job_write write = settled(2, 1, JOB_DEAD);
	write.error = SPAN("Connection \"refused\"");
	for (int i = 0; i < 3; i++)
		(void)enqueue(f, new_job("q", "{}"));
	(void)enqueue(f, grouped_job("q", "+1555"));
	(void)enqueue(f, grouped_job("q", "+1555"));
	struct store_job_write unique = new_job("q", "{}");
	unique.job.unique = SPAN("only");
	unique.job.created_at_ms = T0 + 50;
	(void)enqueue(f, unique);
	(void)enqueue(f, new_job("r", "{}"));
	(void)enqueue(f, new_job("r", "{}"));
	(void)done(f, settled(1, 1, JOB_DONE));
	(void)done(f, write);
	(void)done(f, change_of(JOB_CANCEL, 3));
	write = settled(8, 1, JOB_DONE);
	write.now_ms = T0 + 300;
	(void)done(f, write);
}

static void assert_ids(
    struct fixture *f, size_t index, struct store_job_query query, const char *want)
{
	char line[4096] = "";
	list_jobs(f->reader, &query, append_job_id, line);
	if (strcmp(line, want) != 0)
		fail_msg("query %zu: got '%s', want '%s'", index, line, want);
}

enum {
	WAITING = 1 << JOB_WAITING,
	BLOCKED = 1 << JOB_BLOCKED,
	RUNNING = 1 << JOB_RUNNING,
	DONE = 1 << JOB_DONE,
	DEAD = 1 << JOB_DEAD,
	CANCELLED = 1 << JOB_CANCELLED
};

STORE_TEST(a_query_finds_what_it_says)
{
	struct fixture *f = *state;

	const struct {
		struct store_job_query query;
		const char *want;
	} cases[] = {
	    {{.limit = 0}, "1 2 3 4 5 6 7 8"},
	    {{.limit = 3}, "1 2 3"},
	    {{.newest_first = true, .limit = 2}, "8 7"},
	    {{.after_id = 6}, "7 8"},
	    {{.after_id = 6, .newest_first = true}, "8 7"},
	    {{.queue = SPAN("q")}, "1 2 3 4 5 6"},
	    {{.queue = SPAN("q"), .newest_first = true, .limit = 2}, "6 5"},
	    {{.queue = SPAN("q"), .after_id = 4}, "5 6"},
	    {{.queue = SPAN("none")}, ""},
	    {{.states = DONE}, "1 8"},
	    {{.states = DONE | DEAD, .newest_first = true}, "8 2 1"},
	    {{.states = DEAD, .queue = SPAN("q")}, "2"},
	    {{.states = DEAD, .queue = SPAN("r")}, ""},
	    {{.states = WAITING}, "4 6 7"},
	    {{.states = BLOCKED}, "5"},
	    {{.states = CANCELLED}, "3"},
	    {{.states = RUNNING}, ""},
	    {{.states = WAITING | BLOCKED, .queue = SPAN("q")}, "4 5 6"},
	    {{.group = SPAN("+1555")}, "4 5"},
	    {{.group = SPAN("+1555"), .queue = SPAN("q")}, "4 5"},
	    {{.group = SPAN("+1555"), .queue = SPAN("q"), .states = BLOCKED}, "5"},
	    {{.group = SPAN("+1"), .queue = SPAN("q")}, ""},
	    {{.unique = SPAN("only")}, "6"},
	    {{.unique = SPAN("only"), .queue = SPAN("q")}, "6"},
	    {{.unique = SPAN("only"), .queue = SPAN("r")}, ""},
	    {{.error = SPAN("connection \"REF")}, "2"},
	    {{.error = SPAN("refused"), .states = DEAD}, "2"},
	    {{.error = SPAN("another")}, ""},
	    {{.created_after_ms = T0}, "6"},
	    {{.created_before_ms = T0 + 50}, "1 2 3 4 5 7 8"},
	    {{.ended_before_ms = T0 + 200}, "1 2"},
	    {{.ended_before_ms = T0 + 201}, "1 2 3"},
	    {{.ended_before_ms = T0 + 301, .states = DONE}, "1 8"},
	    {{.ended_before_ms = T0 + 101, .states = DONE, .queue = SPAN("q")}, "1"},
	    {{.ended_before_ms = T0 + 100, .states = DONE, .queue = SPAN("q")}, ""},
	    {{.ended_after_ms = T0 + 100}, "3 8"},
	    {{.ended_after_ms = T0 + 99}, "1 2 3 8"},
	    {{.ended_after_ms = T0 + 99, .newest_first = true}, "8 3 2 1"},
	    {{.ended_after_ms = T0 + 99, .after_id = 2}, "3 8"},
	    {{.ended_after_ms = T0 + 99, .limit = 2}, "1 2"},
	    {{.ended_after_ms = T0 + 99, .states = DONE | WAITING}, "1 8"},
	    {{.ended_after_ms = T0 + 99, .queue = SPAN("q")}, "1 2 3"},
	    {{.ended_after_ms = T0 + 300}, ""},
	};

	fill(f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_ids(f, i, cases[i].query, cases[i].want);
}

STORE_TEST(what_ended_first_is_found_first)
{
	struct fixture *f = *state;
	struct store_job_query old = {
	    .queue = SPAN("q"), .states = DONE, .ended_before_ms = T0 + 1000};
	for (int i = 0; i < 5; i++)
		(void)enqueue(f, new_job("q", "{}"));
	for (int i = 0; i < 5; i++) {
		struct store_job_write write = settled(5 - i, 1, JOB_DONE);
		write.now_ms = T0 + i;
		(void)done(f, write);
	}
	assert_ids(f, 0, old, "5 4 3 2 1");
	old.limit = 2;
	assert_ids(f, 1, old, "5 4");
	old.created_before_ms = T0 + 1;
	assert_ids(f, 2, old, "5 4");
	old.after_id = 4;
	assert_ids(f, 3, old, "5");
}

STORE_TEST(more_jobs_than_a_slice_come_in_order)
{
	struct fixture *f = *state;
	static struct store_job_write writes[1300];
	struct store_txn txn = {.jobs = writes};
	struct store_job_query queries[] = {{0}, {.queue = SPAN("q")}};
	for (size_t i = 0; i < 1300; i++) {
		writes[i] = new_job("q", "{}");
		writes[i].next = i + 1 < 1300 ? &writes[i + 1] : NULL;
	}
	assert_int_equal(store_commit(f->store, &txn), STORE_OK);
	for (size_t i = 0; i < 2; i++) {
		struct store_job job;
		int64_t last = 0;
		struct store_jobs *jobs = store_jobs_open(f->reader, &queries[i]);
		while (store_jobs_next(jobs, &job, &f->err) == 1)
			assert_int_equal(job.id, ++last);
		store_jobs_close(jobs);
		assert_int_equal(last, 1300);
	}
}

/* ---- queues ---- */

static void append_queue(char line[4096], const struct store_queue *queue)
{
	size_t len = strlen(line);
	(void)snprintf(line + len, 4096 - len, "%s%.*s%s", len > 0 ? "; " : "",
	    SPAN_ARG(queue->name), queue->paused ? " paused" : "");
	for (int i = 0; i < JOB_STATES; i++) {
		len = strlen(line);
		(void)snprintf(
		    line + len, 4096 - len, " %lld", (long long)queue->counts[i]);
	}
	len = strlen(line);
	if (queue->oldest_due_ms != INT64_MAX)
		(void)snprintf(line + len, 4096 - len, " from %lld",
		    (long long)queue->oldest_due_ms - T0);
}

static void assert_queues_as(struct fixture *f, bool counted, const char *want)
{
	char line[4096] = "";
	struct arena *arena = arena_new();
	struct store_queue *queue;
	if (store_queues(f->reader, counted, arena, &queue, &f->err) < 0)
		fail_msg("%s", f->err.text);
	for (; queue != NULL; queue = queue->next)
		append_queue(line, queue);
	arena_free(arena);
	assert_string_equal(line, want);
}

static void assert_queues(struct fixture *f, const char *want)
{
	assert_queues_as(f, true, want);
}

STORE_TEST(queues_are_counted)
{
	struct fixture *f = *state;
	assert_queues(f, "");
	fill(f);
	assert_queues(f, "q 2 1 0 1 1 1 from 0; r 1 0 0 1 0 0 from 0");
	assert_true(store_job_began(f->store, 7, 1));
	assert_true(store_job_began(f->store, 4, 1));
	assert_true(store_job_began(f->store, 6, 2)); /* not its next try */
	assert_queues(f, "q 1 1 1 1 1 1 from 0; r 0 0 1 1 0 0");
}

STORE_TEST(a_paused_queue_is_said_to_be)
{
	struct fixture *f = *state;
	struct store_job_write write = {
	    .op = JOB_PAUSE, .job = {.queue = SPAN("later")}};
	assert_true(done(f, write).changed);
	assert_false(done(f, write).changed);
	fixture_reopen(f);
	assert_queues(f, "later paused 0 0 0 0 0 0");
	write.op = JOB_RESUME;
	assert_true(done(f, write).changed);
	assert_queues(f, "later 0 0 0 0 0 0");
}

STORE_TEST(names_are_told_without_counting)
{
	struct fixture *f = *state;
	struct store_job_write write = {.op = JOB_PAUSE, .job = {.queue = SPAN("r")}};
	fill(f);
	(void)done(f, write);
	assert_queues_as(f, false, "q 0 0 0 0 0 0; r paused 0 0 0 0 0 0");
}

/* ---- for a person ---- */

static int keep_text(void *ctx, int columns, char **values, char **names)
{
	char *text = ctx;
	(void)names;
	for (int i = 0; i < columns; i++) {
		size_t len = strlen(text);
		(void)snprintf(
		    text + len, 1024 - len, "%s ", values[i] != NULL ? values[i] : "-");
	}
	return 0;
}

STORE_TEST(a_person_can_read_the_jobs_view)
{
	struct fixture *f = *state;
	char path[96], text[1024] = "";
	sqlite3 *db = NULL;
	struct store_job_write write = timed(5, T0 + 123);
	write.job.group = SPAN("+1555");
	(void)enqueue(f, write);
	(void)done(f, settled(enqueue(f, new_job("r", "[1]")), 1, JOB_DEAD));
	(void)snprintf(path, sizeof(path), "%s/offhook.db", f->dir);
	assert_int_equal(
	    sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
			     "SELECT id, queue, state, priority, runAt, createdAt,"
			     " endedAt, tries, \"group\", payload FROM jobs",
			     keep_text, text, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_string_equal(text,
	    "1 q waiting 5 1970-01-01T00:16:40.123Z 1970-01-01T00:16:40.000Z - 0 +1555 {} "
	    "2 r dead 0 1970-01-01T00:16:40.000Z 1970-01-01T00:16:40.000Z "
	    "1970-01-01T00:16:40.100Z 1 - [1] ");
}
