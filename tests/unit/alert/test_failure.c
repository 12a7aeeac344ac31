/* failure: what goes wrong is told with the commit of it. */
#include "unit/host/play.h"

#include "alert/failure.h"
#include "host/app_workers.h"
#include "store/reserved.h"

static const int64_t noon_ms = 1769860800000; /* 2026-01-31T12:00:00Z */

/* What one failure stages. */
struct staging {
	struct arena *arena;
	struct store_write *writes;
	struct store_job_write *jobs;
};

static struct staging stage(
    struct play *play, bool worker, bool alert, struct failure failure)
{
	const struct failure_listeners listeners = {worker, alert, 10000};
	struct staging out = {.arena = play->arena};
	if (failure.at_ms == 0)
		failure.at_ms = noon_ms;
	failure_stage(&listeners, &failure, &out.writes, &out.jobs, out.arena);
	return out;
}

static void assert_span(struct span got, const char *want)
{
	if (!span_is(got, want))
		fail_msg("got %.*s, want %s", SPAN_ARG(got), want);
}

PLAY_TEST(nobody_who_listens_is_told_nothing)
{
	struct staging got = stage(*state, false, false,
	    (struct failure){.what = FAILURE_JOB_DEAD, .queue = SPAN("q")});
	assert_null(got.writes);
	assert_null(got.jobs);
}

PLAY_TEST(own_queues_are_not_told_to_on_failure)
{
	static const char *const queues[] = {
	    QUEUE_ALERTS, QUEUE_FAILURES, QUEUE_EVENTS, "offhook.any"};

	for (size_t i = 0; i < 4; i++) {
		struct staging got = stage(*state, true, false,
		    (struct failure){
			.what = FAILURE_JOB_DEAD, .queue = span_of(queues[i])});
		assert_null(got.writes);
		assert_null(got.jobs);
	}
}

PLAY_TEST(alerts_tell_of_own_queues_but_theirs)
{
	static const struct {
		const char *queue;
		bool told;
	} rows[] = {
	    {QUEUE_ALERTS, false},
	    {QUEUE_FAILURES, true},
	    {QUEUE_EVENTS, true},
	};

	for (size_t i = 0; i < 3; i++) {
		struct staging got = stage(*state, true, true,
		    (struct failure){
			.what = FAILURE_JOB_DEAD, .queue = span_of(rows[i].queue)});
		assert_int_equal(got.jobs != NULL, rows[i].told);
		if (!rows[i].told)
			continue;
		assert_span(got.jobs->job.queue, QUEUE_ALERTS);
		assert_null(got.jobs->next);
	}
}

PLAY_TEST(the_apps_worker_gets_what_applies)
{
	const struct {
		struct failure failure;
		const char *want, *unique;
	} rows[] = {
	    {{.what = FAILURE_EVENT_FAILED,
		 .sid = SPAN("SM1"),
		 .route = SPAN("/twilio/sms"),
		 .error = SPAN("no \"stock\"")},
		"{\"what\":\"event.failed\",\"sid\":\"SM1\",\"route\":\"/twilio/sms\","
		"\"error\":\"no \\\"stock\\\"\"}",
		NULL},
	    {{.what = FAILURE_EVENT_LATE, .id = 5, .route = SPAN("/v")},
		"{\"id\":5,\"what\":\"event.late\",\"route\":\"/v\"}", NULL},
	    {{.what = FAILURE_MESSAGE_FAILED,
		 .sid = SPAN("SM1"),
		 .error_code = SPAN("30008")},
		"{\"what\":\"message.failed\",\"sid\":\"SM1\",\"error\":\"unknown error "
		"of the carrier\",\"errorCode\":\"30008\"}",
		"message SM1"},
	    {{.what = FAILURE_MESSAGE_UNDELIVERED,
		 .error = SPAN("gone"),
		 .error_code = SPAN("30003")},
		"{\"what\":\"message.undelivered\",\"error\":\"gone\",\"errorCode\":"
		"\"30003\"}",
		NULL},
	    {{.what = FAILURE_JOB_DEAD,
		 .id = 9,
		 .queue = SPAN("q"),
		 .error = SPAN("x\xff")},
		"{\"id\":9,\"what\":\"job.dead\",\"queue\":\"q\",\"error\":"
		"\"x\xef\xbf\xbd\"}",
		NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct staging got = stage(*state, true, false, rows[i].failure);
		assert_null(got.writes);
		assert_non_null(got.jobs);
		assert_null(got.jobs->next);
		const struct store_job *job = &got.jobs->job;
		assert_int_equal(got.jobs->op, JOB_ENQUEUE);
		assert_span(job->queue, QUEUE_FAILURES);
		assert_span(job->payload, rows[i].want);
		assert_true(job->run_at_ms == noon_ms && job->created_at_ms == noon_ms);
		assert_true(span_eq(job->unique, span_of(rows[i].unique)));
		assert_int_equal(job->unique_ms > 0, rows[i].unique != NULL);
	}
}

PLAY_TEST(the_events_own_id_comes_with_its_commit)
{
	struct play *play = *state;
	struct store_job job = {.event_id = 12, .payload = SPAN("{\"what\":\"w\"}")};
	assert_span(failure_payload(&job, play->arena), "{\"id\":12,\"what\":\"w\"}");
	job.event_id = 0;
	assert_span(failure_payload(&job, play->arena), "{\"what\":\"w\"}");
	job.event_id = 12;
	job.payload = SPAN("{\"id\":9,\"what\":\"job.dead\"}");
	assert_span(
	    failure_payload(&job, play->arena), "{\"id\":9,\"what\":\"job.dead\"}");
}

PLAY_TEST(failures_of_one_cause_are_one_group)
{
	static char long_route[300];

	const struct {
		struct failure failure;
		const char *want; /* what its beginning is */
		size_t len;
	} rows[] = {
	    {{.what = FAILURE_EVENT_FAILED, .route = SPAN("/twilio/sms")},
		"event.failed /twilio/sms", 24},
	    {{.what = FAILURE_EVENT_LATE, .route = SPAN("/orders/:id")},
		"event.late /orders/:id", 22},
	    {{.what = FAILURE_MESSAGE_UNDELIVERED, .error_code = SPAN("30003")},
		"message.undelivered 30003", 25},
	    {{.what = FAILURE_MESSAGE_FAILED}, "message.failed 0", 16},
	    {{.what = FAILURE_MESSAGE_FAILED, .error_code = SPAN("+15551234567")},
		"message.failed 0", 16},
	    {{.what = FAILURE_MESSAGE_FAILED, .error_code = SPAN("1234567")},
		"message.failed 0", 16},
	    {{.what = FAILURE_JOB_DEAD, .queue = SPAN("processSms")},
		"job.dead processSms", 19},
	    {{.what = FAILURE_WEBHOOKS_REFUSED, .count = 12}, "webhook.refused", 15},
	    {{.what = FAILURE_EVENT_FAILED, .route = {long_route, 298}},
		"event.failed \xc3\xa9", 199},
	};

	for (size_t i = 0; i + 2 < sizeof(long_route); i += 2)
		(void)strcpy(long_route + i, "\xc3\xa9");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct staging got = stage(*state, false, true, rows[i].failure);
		struct span group = got.jobs->job.unique;
		assert_true(span_starts(group, span_of(rows[i].want)));
		assert_int_equal(group.len, rows[i].len);
		assert_true(span_eq(got.writes->key, group));
	}
}

PLAY_TEST(a_groups_job_waits_for_more_of_it)
{
	struct staging got = stage(*state, false, true,
	    (struct failure){.what = FAILURE_JOB_DEAD, .queue = SPAN("q")});
	assert_null(got.jobs->next);
	assert_span(got.jobs->job.queue, QUEUE_ALERTS);
	assert_span(got.jobs->job.payload, "{\"group\":\"job.dead q\"}");
	assert_true(got.jobs->job.created_at_ms == noon_ms);
	assert_true(got.jobs->job.run_at_ms == noon_ms + 10000);
	assert_true(got.jobs->job.unique_ms == 0);
}

PLAY_TEST(what_was_staged_before_stays)
{
	struct play *play = *state;
	const struct failure_listeners listeners = {true, true, 0};
	struct store_write write = {0};
	struct store_job_write job = {0};
	struct store_write *writes = &write;
	struct store_job_write *jobs = &job;
	failure_stage(&listeners,
	    &(struct failure){.at_ms = noon_ms, .queue = SPAN("q")}, &writes, &jobs,
	    play->arena);
	assert_ptr_equal(writes, &write);
	assert_ptr_equal(jobs, &job);
	assert_non_null(write.next);
	assert_span(job.next->job.queue, QUEUE_FAILURES);
	assert_span(job.next->next->job.queue, QUEUE_ALERTS);
	assert_null(job.next->next->next);
}

static void fail_once(
    struct play *play, const char *error, const char *sid, int64_t at_ms)
{
	struct staging got = stage(play, false, true,
	    (struct failure){.what = FAILURE_EVENT_FAILED,
		.at_ms = at_ms,
		.sid = span_of(sid),
		.route = SPAN("/a"),
		.error = span_of(error)});
	struct store_txn txn = {.writes = got.writes};
	assert_int_equal(store_commit(play->store, &txn), STORE_OK);
}

PLAY_STORE_TEST(a_groups_failures_are_counted)
{
	struct play *play = *state;
	json_t *doc = NULL;
	fail_once(play, "first", "SM1", noon_ms);
	fail_once(play, "second", NULL, noon_ms + 1500);
	assert_int_equal(store_get(play->reader, COLLECTION_ALERTS,
			     SPAN("event.failed /a"), false, &doc, NULL),
	    1);
	json_object_del(doc, "_id");
	json_t *want = json_pack("{s:s, s:s, s:i, s:i, s:s, s:s, s:s, s:n, s:n, s:n}",
	    "group", "event.failed /a", "what", "event.failed", "count", 2, "total", 2,
	    "firstAt", "2026-01-31T12:00:00.000Z", "lastAt", "2026-01-31T12:00:01.500Z",
	    "lastError", "second", "lastId", "lastSid", "sentAt");
	assert_true(json_equal(doc, want));
	json_decref(want);
	json_decref(doc);
}

/* One is open at a time, and the next failure after its end makes another. */
PLAY_STORE_TEST(a_group_has_one_open_job)
{
	struct play *play = *state;
	int64_t ids[2] = {0};
	for (size_t i = 0; i < 2; i++) {
		struct staging got = stage(play, false, true,
		    (struct failure){.what = FAILURE_JOB_DEAD, .queue = SPAN("q")});
		struct store_txn txn = {.writes = got.writes, .jobs = got.jobs};
		assert_int_equal(store_commit(play->store, &txn), STORE_OK);
		ids[i] = got.jobs->job.id;
	}
	assert_true(ids[0] > 0);
	assert_true(ids[1] == 0);
}
