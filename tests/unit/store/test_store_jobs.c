/* A job's life, one change at a time: enqueued, tried, ended, and what its owner does. */
#include "job_fixture.h"

STORE_TEST(a_job_is_kept_as_it_was_enqueued)
{
	struct fixture *f = *state;
	struct store_job_write write = new_job("mail.out", "{\"n\":1}");
	write.job.priority = -7;
	write.job.run_at_ms = T0 + 60000;
	write.job.group = SPAN("+15550001");
	write.job.unique = SPAN("once");
	write.job.unique_ms = 5000;
	write = done(f, write);
	assert_int_equal(write.job.id, 1);
	assert_true(write.changed);
	struct kept_job kept = get_job(f, 1);
	assert_span(kept.job.queue, "mail.out");
	assert_int_equal(kept.job.state, JOB_WAITING);
	assert_int_equal(kept.job.priority, -7);
	assert_int_equal(kept.job.run_at_ms, T0 + 60000);
	assert_int_equal(kept.job.created_at_ms, T0);
	assert_int_equal(kept.job.ended_at_ms, 0);
	assert_span(kept.job.group, "+15550001");
	assert_span(kept.job.unique, "once");
	assert_int_equal(kept.job.unique_ms, 5000);
	assert_int_equal(kept.job.tries, 0);
	assert_int_equal(kept.job.event_id, 0);
	assert_span(kept.job.payload, "{\"n\":1}");
	assert_span(kept.job.errors, NULL);
	assert_span(kept.job.progress, NULL);
	arena_free(kept.arena);
}

STORE_TEST(a_plain_job_has_neither_group_nor_key)
{
	struct fixture *f = *state;
	struct kept_job kept = get_job(f, enqueue(f, new_job("q", "{}")));
	assert_span(kept.job.group, NULL);
	assert_span(kept.job.unique, NULL);
	assert_int_equal(kept.job.unique_ms, 0);
	arena_free(kept.arena);
}

STORE_TEST(a_job_knows_the_event_that_enqueued_it)
{
	struct fixture *f = *state;
	struct store_job_write write = new_job("q", "{}");
	struct store_txn txn = event_txn("SM1", "r");
	(void)add_event(f, "SM0", "r");
	txn.jobs = &write;
	assert_int_equal(store_commit(f->store, &txn), STORE_OK);
	assert_int_equal(txn.event.id, 2);
	assert_int_equal(write.job.event_id, 2);
	struct kept_job kept = get_job(f, write.job.id);
	assert_int_equal(kept.job.event_id, 2);
	arena_free(kept.arena);
}

STORE_TEST(a_done_job_is_history)
{
	struct fixture *f = *state;
	int64_t id = enqueue(f, new_job("q", "{}"));
	struct store_job_write write = done(f, settled(id, 1, JOB_DONE));
	assert_true(write.changed);
	assert_false(write.unblocked);
	assert_span(write.job.queue, "q");
	struct kept_job kept = get_job(f, id);
	assert_int_equal(kept.job.state, JOB_DONE);
	assert_int_equal(kept.job.tries, 1);
	assert_int_equal(kept.job.ended_at_ms, T0 + 100);
	assert_int_equal(kept.job.run_at_ms, T0);
	assert_span(kept.job.errors, NULL);
	arena_free(kept.arena);
}

STORE_TEST(every_failed_try_leaves_its_error)
{
	struct fixture *f = *state;
	int64_t id = enqueue(f, new_job("q", "{}"));
	struct store_job_write write = settled(id, 1, JOB_WAITING);
	write.error = SPAN("no \"route\"");
	(void)done(f, write);
	struct kept_job kept = get_job(f, id);
	assert_int_equal(kept.job.state, JOB_WAITING);
	assert_int_equal(kept.job.tries, 1);
	assert_int_equal(kept.job.run_at_ms, T0 + 500);
	assert_int_equal(kept.job.ended_at_ms, 0);
	arena_free(kept.arena);
	write = settled(id, 2, JOB_DEAD);
	write.error = SPAN("again");
	(void)done(f, write);
	kept = get_job(f, id);
	assert_int_equal(kept.job.state, JOB_DEAD);
	assert_int_equal(kept.job.ended_at_ms, T0 + 100);
	assert_span(kept.job.errors,
	    "[{\"try\":1,\"at\":\"1970-01-01T00:16:40.100Z\",\"error\":\"no \\\"route\\\"\"},"
	    "{\"try\":2,\"at\":\"1970-01-01T00:16:40.100Z\",\"error\":\"again\"}]");
	arena_free(kept.arena);
}

STORE_TEST(an_end_that_is_no_try_keeps_the_last_ones_number)
{
	struct fixture *f = *state;
	int64_t id = enqueue(f, new_job("q", "{}"));
	(void)done(f, settled(id, 1, JOB_WAITING));
	struct store_job_write write = settled(id, 2, JOB_DEAD);
	write.count = false;
	write.error = SPAN("not tried again");
	(void)done(f, write);
	struct kept_job kept = get_job(f, id);
	assert_int_equal(kept.job.tries, 1);
	assert_span(kept.job.errors,
	    "[{\"try\":1,\"at\":\"1970-01-01T00:16:40.100Z\",\"error\":\"not tried "
	    "again\"}]");
	arena_free(kept.arena);
}

STORE_TEST(errors_are_bounded)
{
	struct fixture *f = *state;
	char text[5000];
	memset(text, 'x', sizeof(text));
	int64_t id = enqueue(f, new_job("q", "{}"));
	for (int try = 1; try <= 120; try++) {
		struct store_job_write write = settled(id, try, JOB_WAITING);
		write.error = (struct span){text, sizeof(text)};
		(void)done(f, write);
	}
	struct kept_job kept = get_job(f, id);
	json_t *errors = json_loadb(kept.job.errors.ptr, kept.job.errors.len, 0, NULL);
	assert_int_equal(json_array_size(errors), 100);
	assert_int_equal(
	    json_integer_value(json_object_get(json_array_get(errors, 0), "try")), 21);
	assert_int_equal(
	    json_string_length(json_object_get(json_array_get(errors, 99), "error")),
	    2000);
	json_decref(errors);
	arena_free(kept.arena);
}

STORE_TEST(a_snooze_is_not_a_try)
{
	struct fixture *f = *state;
	int64_t id = enqueue(f, new_job("q", "{}"));
	struct store_job_write write = settled(id, 1, JOB_WAITING);
	write.count = false;
	(void)done(f, write);
	struct kept_job kept = get_job(f, id);
	assert_int_equal(kept.job.tries, 0);
	assert_int_equal(kept.job.run_at_ms, T0 + 500);
	arena_free(kept.arena);
	(void)done(f, settled(id, 1, JOB_DONE));
	assert_jobs(f, "1 done");
}

/* ---- fences ---- */

static void assert_fenced(struct fixture *f, struct store_job_write write)
{
	struct store_write insert = {.op = STORE_INSERT,
	    .collection = "effects",
	    .doc = SPAN("{}"),
	    .expect = -1};
	struct store_job_write more = new_job("q", "{}");
	struct store_txn txn = {.jobs = &write, .writes = &insert};
	write.next = &more;
	assert_int_equal(store_commit(f->store, &txn), STORE_CONFLICT);
	assert_true(write.fenced);
	assert_non_null(strstr(txn.error.text, "does not count any more"));
	assert_found(f, "effects", NULL, "");
}

STORE_TEST(the_effects_of_a_job_that_was_ended_are_not_committed)
{
	struct fixture *f = *state;
	int64_t id = enqueue(f, new_job("q", "{}"));
	assert_fenced(f, settled(id, 2, JOB_DONE));
	assert_fenced(f, settled(id + 1, 1, JOB_DONE));
	(void)done(f, settled(id, 1, JOB_DONE));
	assert_fenced(f, settled(id, 1, JOB_DONE));
	assert_fenced(f, settled(id, 2, JOB_DONE));
	(void)done(f, settled(enqueue(f, new_job("q", "{}")), 1, JOB_CANCELLED));
	assert_fenced(f, settled(2, 2, JOB_DONE));
	assert_jobs(f, "1 done, 2 cancelled");
}

STORE_TEST(a_fenced_transaction_leaves_no_trace)
{
	struct fixture *f = *state;
	struct store_job_write first = new_job("made.here", "{}");
	struct store_job_write second = settled(77, 1, JOB_DONE);
	struct store_txn txn = {.jobs = &first};
	first.next = &second;
	assert_int_equal(store_commit(f->store, &txn), STORE_CONFLICT);
	assert_jobs(f, "");
	assert_int_equal(enqueue(f, new_job("made.here", "{}")), 1);
	assert_due(f, "made.here", T0, "1");
}

STORE_TEST(jobs_go_with_a_conflicting_write)
{
	struct fixture *f = *state;
	struct store_job_write settle = settled(1, 1, JOB_DONE);
	struct store_job_write more = new_job("q", "{}");
	struct store_write remove = {
	    .op = STORE_REMOVE, .collection = "c", .key = SPAN("none"), .expect = 1};
	struct store_txn txn = {.jobs = &settle, .writes = &remove};
	settle.next = &more;
	assert_int_equal(store_declare(f->store, "c", "k", &f->err), 0);
	(void)enqueue(f, new_job("q", "{}"));
	assert_int_equal(store_commit(f->store, &txn), STORE_CONFLICT);
	assert_jobs(f, "1 waiting");
}

/* ---- the owner's ---- */

STORE_TEST(a_dead_job_is_redriven)
{
	struct fixture *f = *state;
	int64_t id = enqueue(f, new_job("q", "{}"));
	struct store_job_write write = settled(id, 1, JOB_DEAD);
	write.error = SPAN("why");
	(void)done(f, write);
	write = done(f, change_of(JOB_RETRY, id));
	assert_true(write.changed);
	assert_span(write.job.queue, "q");
	struct kept_job kept = get_job(f, id);
	assert_int_equal(kept.job.state, JOB_WAITING);
	assert_int_equal(kept.job.tries, 0);
	assert_int_equal(kept.job.run_at_ms, T0 + 700);
	assert_int_equal(kept.job.ended_at_ms, 0);
	assert_non_null(memmem(kept.job.errors.ptr, kept.job.errors.len, "why", 3));
	arena_free(kept.arena);
	(void)done(f, settled(id, 1, JOB_DONE));
	assert_jobs(f, "1 done");
}

STORE_TEST(a_waiting_job_is_hurried)
{
	struct fixture *f = *state;
	struct store_job_write write = new_job("q", "{}");
	write.job.run_at_ms = T0 + 1000000;
	int64_t id = enqueue(f, write);
	(void)done(f, settled(id, 1, JOB_WAITING));
	(void)done(f, change_of(JOB_RETRY, id));
	struct kept_job kept = get_job(f, id);
	assert_int_equal(kept.job.run_at_ms, T0 + 700);
	assert_int_equal(kept.job.tries, 1);
	arena_free(kept.arena);
}

STORE_TEST(what_is_not_in_a_fit_state_is_passed_over)
{
	struct fixture *f = *state;
	(void)enqueue(f, new_job("q", "{}"));
	(void)done(f, settled(1, 1, JOB_DONE));
	(void)enqueue(f, new_job("q", "{}"));

	static const struct {
		enum job_op op;
		int64_t id;
	} idle[] = {
	    {JOB_RETRY, 1},
	    {JOB_CANCEL, 1},
	    {JOB_PROGRESS, 1},
	    {JOB_DROP, 2},
	    {JOB_RETRY, 99},
	    {JOB_CANCEL, 99},
	    {JOB_PROGRESS, 99},
	    {JOB_DROP, 99},
	};

	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++) {
		struct store_job_write write =
		    done(f, change_of(idle[i].op, idle[i].id));
		assert_false(write.changed);
	}
	assert_jobs(f, "1 done, 2 waiting");
}

STORE_TEST(a_cancelled_job_has_ended)
{
	struct fixture *f = *state;
	int64_t id = enqueue(f, new_job("q", "{}"));
	assert_true(done(f, change_of(JOB_CANCEL, id)).changed);
	struct kept_job kept = get_job(f, id);
	assert_int_equal(kept.job.state, JOB_CANCELLED);
	assert_int_equal(kept.job.ended_at_ms, T0 + 200);
	arena_free(kept.arena);
	assert_fenced(f, settled(id, 1, JOB_DONE));
	(void)done(f, change_of(JOB_RETRY, id));
	assert_due(f, "q", T0 + 700, "1");
}

STORE_TEST(a_dropped_job_is_gone)
{
	struct fixture *f = *state;
	int64_t id = enqueue(f, new_job("q", "{}"));
	(void)done(f, settled(id, 1, JOB_DEAD));
	assert_true(done(f, change_of(JOB_DROP, id)).changed);
	assert_jobs(f, "");
	struct arena *arena = arena_new();
	struct store_job job;
	assert_int_equal(store_job_get(f->reader, id, arena, &job, &f->err), 0);
	arena_free(arena);
}

STORE_TEST(a_worker_tells_how_far_it_is)
{
	struct fixture *f = *state;
	int64_t id = enqueue(f, new_job("q", "{}"));
	struct store_job_write write = change_of(JOB_PROGRESS, id);
	write.job.progress = SPAN("3 of 7");
	assert_true(done(f, write).changed);
	struct kept_job kept = get_job(f, id);
	assert_span(kept.job.progress, "3 of 7");
	assert_int_equal(kept.job.run_at_ms, T0);
	arena_free(kept.arena);
}

/* ---- watching ---- */

struct watched {
	int calls;
	int64_t last_id;
};

static void note_jobs(void *ctx, const struct store_txn *txn)
{
	struct watched *watched = ctx;
	watched->calls++;
	watched->last_id = txn->jobs->job.id;
}

STORE_TEST(who_watches_is_told_of_every_commit_with_jobs)
{
	struct fixture *f = *state;
	struct watched watched = {0};
	store_watch_jobs(f->store, note_jobs, &watched);
	(void)add_event(f, "SM1", "r");
	assert_int_equal(watched.calls, 0);
	(void)enqueue(f, new_job("q", "{}"));
	assert_int_equal(watched.calls, 1);
	assert_int_equal(watched.last_id, 1);
	struct store_job_write write = settled(9, 1, JOB_DONE);
	assert_int_equal(commit_job(f, &write), STORE_CONFLICT);
	assert_int_equal(watched.calls, 1);
}
