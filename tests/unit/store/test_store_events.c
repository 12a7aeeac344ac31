/* Events: what is committed is read back, in order, whole. */
#include "engines/engines.h"
#include "job_fixture.h"

#include <sys/stat.h>

static bool check_whole(void *ctx, const struct store_event *event)
{
	assert_int_equal(event->received_at_ms, 1700000000123);
	assert_string_equal(event->kind, "sms.received");
	assert_true(span_is(event->sid, "SM1"));
	assert_true(span_is(event->route, "/twilio/sms"));
	assert_true(span_is(event->query, "a=1"));
	assert_int_equal(event->state, EVENT_FAILED);
	assert_true(span_is(event->failure, "it crashed"));
	assert_true(span_is(event->params, "{\"Body\":\"hello\"}"));
	assert_int_equal(event->raw.len, 3);
	assert_memory_equal(event->raw.ptr, "a\0b", 3);
	assert_int_equal(event->reply.status, 200);
	assert_true(span_is(event->reply.type, "text/xml; charset=utf-8"));
	assert_true(span_is(event->reply.body, "<Response/>"));
	assert_int_equal(event->duplicates, 0);
	*(int *)ctx += 1;
	return true;
}

STORE_TEST(an_event_is_read_back_whole)
{
	struct fixture *f = *state;
	struct store_txn txn = event_txn("SM1", "<Response/>");
	int calls = 0;
	txn.event.query = SPAN("a=1");
	txn.event.state = EVENT_FAILED;
	txn.event.failure = SPAN("it crashed");
	txn.event.raw = (struct span){"a\0b", 3};
	assert_int_equal(store_commit(f->store, &txn), STORE_OK);
	assert_int_equal(
	    store_event_get(f->reader, txn.event.id, check_whole, &calls, &f->err), 1);
	fixture_reopen(f);
	assert_int_equal(
	    store_event_get(f->reader, txn.event.id, check_whole, &calls, &f->err), 1);
	assert_int_equal(calls, 2);
}

static bool check_absent(void *ctx, const struct store_event *event)
{
	(void)ctx;
	assert_null(event->query.ptr);
	assert_null(event->failure.ptr);
	assert_null(event->raw.ptr);
	assert_null(event->reply.type.ptr);
	assert_null(event->reply.body.ptr);
	assert_int_equal(event->sid.len, 0);
	return true;
}

STORE_TEST(what_was_absent_stays_absent)
{
	struct fixture *f = *state;
	struct store_txn txn = {.event = {.received_at_ms = 1,
				    .kind = "other",
				    .sid = SPAN(""),
				    .route = SPAN("/"),
				    .params = SPAN("{}"),
				    .reply = {.status = 204}}};
	assert_int_equal(store_commit(f->store, &txn), STORE_OK);
	assert_int_equal(
	    store_event_get(f->reader, txn.event.id, check_absent, NULL, &f->err), 1);
}

STORE_TEST(an_event_that_is_not_there_is_none)
{
	struct fixture *f = *state;
	int calls = 0;
	int64_t id = add_event(f, "SM1", "x");
	assert_int_equal(
	    store_event_get(f->reader, id + 1, check_whole, &calls, &f->err), 0);
	assert_int_equal(
	    store_event_get(f->reader, 0, check_whole, &calls, &f->err), 0);
	assert_int_equal(
	    store_event_get(f->reader, -5, check_whole, &calls, &f->err), 0);
	assert_int_equal(calls, 0);
}

STORE_TEST(events_are_chosen_by_kind_sid_state_and_id)
{
	struct fixture *f = *state;

	static const struct {
		const char *kind, *sid;
		enum event_state state;
	} rows[] = {
	    {"sms.received", "SM1", EVENT_DONE},
	    {"sms.status", "SM1", EVENT_DONE},
	    {"sms.received", "SM2", EVENT_FAILED},
	    {"sms.status", "SM2", EVENT_LATE},
	    {"sms.status", "SM1", EVENT_DONE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_txn txn = event_txn(rows[i].sid, "r");
		txn.event.kind = rows[i].kind;
		txn.event.state = rows[i].state;
		if (i == 4) { /* a key that has not its SID */
			txn.keys[0] = key_of("something else");
			txn.keys[0].sid = (struct span){NULL, 0};
		}
		assert_int_equal(store_commit(f->store, &txn), STORE_OK);
	}

	const struct {
		struct store_event_query query;
		const char *want;
	} cases[] = {
	    {{.limit = 0}, "1 2 3 4 5"},
	    {{.newest_first = true}, "5 4 3 2 1"},
	    {{.limit = 2}, "1 2"},
	    {{.limit = 2, .newest_first = true}, "5 4"},
	    {{.after_id = 3}, "4 5"},
	    {{.after_id = 3, .newest_first = true}, "5 4"},
	    {{.after_id = 5}, ""},
	    {{.kind = SPAN("sms.status")}, "2 4 5"},
	    {{.sid = SPAN("SM1")}, "1 2 5"},
	    {{.sid = SPAN("SM1"), .newest_first = true}, "5 2 1"},
	    {{.sid = SPAN("SM1"), .limit = 1}, "1"},
	    {{.sid = SPAN("SM1"), .after_id = 1, .kind = SPAN("sms.status")}, "2 5"},
	    {{.sid = SPAN("SM3")}, ""},
	    {{.by_state = true, .state = EVENT_FAILED}, "3"},
	    {{.by_state = true, .state = EVENT_DONE, .newest_first = true}, "5 2 1"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_events(f, cases[i].query, cases[i].want);
	fixture_reopen(f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_events(f, cases[i].query, cases[i].want);
}

struct counter {
	int64_t count, last, stop_at;
	bool down;
};

static bool count_in_order(void *ctx, const struct store_event *event)
{
	struct counter *counter = ctx;
	if (counter->count > 0)
		assert_true(counter->down ? event->id < counter->last
					  : event->id > counter->last);
	counter->last = event->id;
	counter->count++;
	return counter->count != counter->stop_at;
}

struct many {
	struct store_txn txns[2000];
	char sids[2000][24];
};

static _Atomic int done_count;

static void count_done(struct store_txn *txn)
{
	assert_int_equal(txn->result, STORE_OK);
	done_count++;
}

static void submit_many(struct fixture *f, struct many *many, size_t count)
{
	done_count = 0;
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(many->sids[i], sizeof(many->sids[i]), "SM%zu", i);
		many->txns[i] = event_txn(many->sids[i], "r");
		many->txns[i].done = count_done;
		assert_true(store_submit(f->store, &many->txns[i]));
	}
	store_flush(f->store);
	while (done_count < (int)count)
		(void)usleep(1000);
}

STORE_TEST(more_events_than_a_slice_come_in_order)
{
	struct fixture *f = *state;
	struct many *many = calloc(1, sizeof(*many));
	submit_many(f, many, 2000);
	struct store_event_query up = {0}, down = {.newest_first = true};
	struct counter all = {0}, back = {.down = true}, some = {.stop_at = 700};
	assert_int_equal(
	    store_events(f->reader, &up, count_in_order, &all, &f->err), 0);
	assert_int_equal(all.count, 2000);
	assert_int_equal(
	    store_events(f->reader, &down, count_in_order, &back, &f->err), 0);
	assert_int_equal(back.count, 2000);
	assert_int_equal(
	    store_events(f->reader, &up, count_in_order, &some, &f->err), 0);
	assert_int_equal(some.count, 700);
	free(many);
}

STORE_TEST(ids_grow_in_the_order_of_submission)
{
	struct fixture *f = *state;
	struct many *many = calloc(1, sizeof(*many));
	submit_many(f, many, 2000);
	for (size_t i = 1; i < 2000; i++)
		assert_int_equal(
		    many->txns[i].event.id, many->txns[i - 1].event.id + 1);
	fixture_reopen(f);
	assert_int_equal(add_event(f, "SMnext", "r"), many->txns[1999].event.id + 1);
	free(many);
}

STORE_TEST(a_reader_sees_the_latest_commit)
{
	struct fixture *f = *state;
	struct store_reader *other = NULL;
	assert_int_equal(
	    store_reader_open(&other, engines_for(f->dir), f->dir, &f->err), 0);
	char line[4096] = "";
	struct store_event_query all = {0};
	add_event(f, "SM1", "r");
	assert_int_equal(store_events(other, &all, append_id, line, &f->err), 0);
	assert_string_equal(line, "1");
	add_event(f, "SM2", "r");
	line[0] = '\0';
	assert_int_equal(store_events(other, &all, append_id, line, &f->err), 0);
	assert_string_equal(line, "1 2");
	store_reader_close(other);
}

STORE_TEST(a_full_queue_refuses)
{
	struct fixture *f = *state;
	fixture_close(f);
	f->config.queue_limit_bytes = 2000;
	fixture_open(f);
	struct store_txn small = event_txn("SM1", "r");
	assert_int_equal(store_commit(f->store, &small), STORE_OK);
	struct store_txn large = event_txn("SM2", "r");
	char body[4000];
	memset(body, 'x', sizeof(body));
	large.event.reply.body = (struct span){body, sizeof(body)};
	assert_int_equal(store_commit(f->store, &large), STORE_FAILED);
	assert_non_null(strstr(large.error.text, "wait"));
	assert_int_equal(store_commit(f->store, &small), STORE_OK);
}

static bool check_revised(void *ctx, const struct store_event *event)
{
	(void)ctx;
	assert_int_equal(event->state, EVENT_DONE);
	assert_null(event->failure.ptr);
	assert_null(event->request.ptr);
	assert_true(span_is(event->reply.body, "sorry"));
	assert_true(span_is(event->params, "{\"Body\":\"hello\"}"));
	return true;
}

static bool check_failed(void *ctx, const struct store_event *event)
{
	(void)ctx;
	assert_true(span_is(event->failure, "it crashed"));
	assert_true(span_is(event->request, "{\"method\":\"POST\"}"));
	return true;
}

STORE_TEST(a_retry_revises_an_events_state_and_nothing_else)
{
	struct fixture *f = *state;
	struct store_txn txn = event_txn("SM1", "sorry");
	struct store_job_write job = new_job("q", "{}");
	struct store_job_write fenced = settled(99, 1, JOB_DONE);
	txn.event.state = EVENT_FAILED;
	txn.event.failure = SPAN("it crashed");
	txn.event.request = SPAN("{\"method\":\"POST\"}");
	assert_int_equal(store_commit(f->store, &txn), STORE_OK);
	assert_int_equal(
	    store_event_get(f->reader, txn.event.id, check_failed, NULL, &f->err), 1);
	struct store_txn retry = {.revised_event = txn.event.id, .jobs = &fenced};
	assert_int_equal(store_commit(f->store, &retry), STORE_CONFLICT);
	assert_events(f,
	    (struct store_event_query){.by_state = true, .state = EVENT_FAILED}, "1");
	retry.jobs = &job;
	assert_int_equal(store_commit(f->store, &retry), STORE_OK);
	assert_int_equal(
	    store_event_get(f->reader, txn.event.id, check_revised, NULL, &f->err), 1);
	assert_events(f, (struct store_event_query){0}, "1");
	assert_int_equal(job.job.event_id, txn.event.id);
	struct store_job_write late = new_job("q", "{}");
	struct store_txn again = {.revised_event = txn.event.id, .jobs = &late};
	assert_int_equal(store_commit(f->store, &again), STORE_CONFLICT);
	assert_non_null(strstr(again.error.text, "handled meanwhile"));
	assert_int_equal(late.job.id, 0);
}

STORE_TEST(stats_count_what_was_committed)
{
	struct fixture *f = *state;
	struct store_stats stats;
	add_event(f, "SM1", "r");
	add_event(f, "SM2", "r");
	store_stats(f->store, &stats);
	assert_int_equal(stats.events, 2);
	assert_true(stats.commits >= 2);
	assert_int_equal(stats.failed_commits, 0);
	assert_int_equal(stats.waiting, 0);
	assert_true(stats.wal_bytes > 0);
	assert_true(store_healthy(f->store));
}
