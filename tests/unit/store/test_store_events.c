/* Events: what is committed is read back, in order, whole. */
#include "engines/engines.h"
#include "job_fixture.h"

#include <sys/stat.h>

static void check_whole(const struct store_event *event)
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
}

/* The event, as a check wants it. */
static void check_event(
    struct fixture *f, int64_t id, void (*check)(const struct store_event *event))
{
	struct arena *arena = arena_new();
	struct store_event event;
	assert_int_equal(store_event_get(f->reader, id, arena, &event, &f->err), 1);
	assert_int_equal(event.id, id);
	check(&event);
	arena_free(arena);
}

STORE_TEST(an_event_is_read_back_whole)
{
	struct fixture *f = *state;
	struct store_txn txn = event_txn("SM1", "<Response/>");
	txn.event.query = SPAN("a=1");
	txn.event.state = EVENT_FAILED;
	txn.event.failure = SPAN("it crashed");
	txn.event.raw = (struct span){"a\0b", 3};
	assert_int_equal(store_commit(f->store, &txn), STORE_OK);
	check_event(f, txn.event.id, check_whole);
	fixture_reopen(f);
	check_event(f, txn.event.id, check_whole);
}

static void check_absent(const struct store_event *event)
{
	assert_null(event->query.ptr);
	assert_null(event->failure.ptr);
	assert_null(event->raw.ptr);
	assert_null(event->reply.type.ptr);
	assert_null(event->reply.body.ptr);
	assert_int_equal(event->sid.len, 0);
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
	check_event(f, txn.event.id, check_absent);
}

STORE_TEST(an_event_that_is_not_there_is_none)
{
	struct fixture *f = *state;
	struct arena *arena = arena_new();
	int64_t ids[] = {add_event(f, "SM1", "x") + 1, 0, -5};
	struct store_event event;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_int_equal(
		    store_event_get(f->reader, ids[i], arena, &event, &f->err), 0);
	arena_free(arena);
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

static int count_in_order(struct fixture *f, const struct store_event_query *query)
{
	struct store_event event;
	int64_t last = 0;
	int rc, count = 0;
	struct store_events *events = store_events_open(f->reader, query);
	while ((rc = store_events_next(events, &event, &f->err)) == 1) {
		if (count++ > 0)
			assert_true(
			    query->newest_first ? event.id < last : event.id > last);
		last = event.id;
	}
	store_events_close(events);
	assert_int_equal(rc, 0);
	return count;
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
	assert_int_equal(count_in_order(f, &up), 2000);
	assert_int_equal(count_in_order(f, &down), 2000);
	free(many);
}

STORE_TEST(a_cursor_may_be_closed_in_the_middle)
{
	struct fixture *f = *state;
	struct many *many = calloc(1, sizeof(*many));
	struct store_event_query up = {0};
	struct store_event event;
	submit_many(f, many, 2000);
	struct store_events *events = store_events_open(f->reader, &up);
	for (int64_t id = 1; id <= 700; id++) {
		assert_int_equal(store_events_next(events, &event, &f->err), 1);
		assert_int_equal(event.id, id);
	}
	store_events_close(events);
	store_events_close(NULL);
	assert_int_equal(count_in_order(f, &up), 2000);
	free(many);
}

/* A slice is 500: what is added meanwhile is in a later one, and the reader is free. */
STORE_TEST(a_cursor_holds_no_snapshot_and_leaves_the_reader_to_others)
{
	struct fixture *f = *state;
	struct many *many = calloc(1, sizeof(*many));
	struct store_event_query up = {0}, of_sid = {.sid = SPAN("SM7")};
	struct store_event event;
	int count = 1;
	submit_many(f, many, 1000);
	struct store_events *events = store_events_open(f->reader, &up);
	assert_int_equal(store_events_next(events, &event, &f->err), 1);
	(void)add_event(f, "SMlate", "r");
	while (store_events_next(events, &event, &f->err) == 1) {
		assert_int_equal(event.id, ++count);
		if (count % 100 == 0)
			assert_events(f, of_sid, "8");
	}
	assert_int_equal(count, 1001);
	store_events_close(events);
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
	assert_int_equal(list_events(other, &all, line, &f->err), 0);
	assert_string_equal(line, "1");
	add_event(f, "SM2", "r");
	assert_int_equal(list_events(other, &all, line, &f->err), 0);
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

static void check_revised(const struct store_event *event)
{
	assert_int_equal(event->state, EVENT_DONE);
	assert_null(event->failure.ptr);
	assert_null(event->request.ptr);
	assert_true(span_is(event->reply.body, "sorry"));
	assert_true(span_is(event->params, "{\"Body\":\"hello\"}"));
}

static void check_failed(const struct store_event *event)
{
	assert_true(span_is(event->failure, "it crashed"));
	assert_true(span_is(event->request, "{\"method\":\"POST\"}"));
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
	check_event(f, txn.event.id, check_failed);
	struct store_txn retry = {.revised_event = txn.event.id, .jobs = &fenced};
	assert_int_equal(store_commit(f->store, &retry), STORE_CONFLICT);
	assert_events(f,
	    (struct store_event_query){.by_state = true, .state = EVENT_FAILED}, "1");
	retry.jobs = &job;
	assert_int_equal(store_commit(f->store, &retry), STORE_OK);
	check_event(f, txn.event.id, check_revised);
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
	assert_true(store_healthy(f->store, NULL));
}
