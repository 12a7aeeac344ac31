/* One webhook from request to reply, step by step. */
#include "test.h"

#include <unistd.h>

#include "webhook_play.h"

/* ---- new, repeated, refused ---- */

WEBHOOK_TEST(the_reply_leaves_after_the_commit)
{
	start_on(&route, FORM);
	assert_int_equal(play.runs, 1);
	assert_int_equal(play.replies, 0);
	assert_true(play.txn->key_count == 2 && play.txn->writes != NULL);
	assert_int_equal(play.txn->event.state, EVENT_DONE);
	store_answers(STORE_OK);
	expect_reply(200, "hello");
	assert_true(play.released == 1 && play.unclaimed == 0 && play.submitted == 1);
}

WEBHOOK_TEST(a_repeat_gets_the_first_reply_and_runs_nothing)
{
	for (int later = 0; later < 2; later++) {
		play.replies = 0;
		play.asks_disk = later == 1;
		play.claimed = CLAIM_REPEAT;
		play.first_reply =
		    (struct store_reply){201, SPAN("text/plain"), SPAN("as before")};
		start_on(&route, FORM);
		if (later == 1)
			store_answers_claim();
		expect_reply(201, "as before");
		assert_true(play.runs + play.submitted + play.unclaimed == 0);
	}
}

WEBHOOK_TEST(a_reply_that_twilio_rejected_is_not_repeated)
{
	play.claimed = CLAIM_REPEAT;
	play.first_reply = (struct store_reply){200, SPAN("text/xml"), SPAN("<Bad>")};
	start_on(
	    &route, FORM "&ErrorUrl=http%3A%2F%2Fhook.example%2Fsms&ErrorCode=12100");
	expect_reply(200, FALLBACK);
	assert_int_equal(play.runs, 0);
}

WEBHOOK_TEST(a_claim_that_failed_is_sent_again_by_twilio)
{
	play.claimed = CLAIM_FAILED;
	start_on(&route, FORM);
	expect_reply(503, "the first copy");
	assert_true(play.runs + play.submitted + play.unclaimed == 0);
}

WEBHOOK_TEST(what_is_not_twilios_is_not_claimed)
{
	struct request *request = request_signed("/sms", FORM);
	request->body = SPAN("MessageSid=SM2");
	webhook_start(&play.fixture.lane, request, &route);
	expect_reply(403, "does not match");
	assert_null(play.claim);
}

WEBHOOK_TEST(an_overloaded_store_is_503_and_the_key_is_free_again)
{
	play.full = true;
	start_on(&route, FORM);
	expect_reply(503, "overloaded");
	assert_true(play.runs == 1 && play.unclaimed == 1 && play.released == 1);
}

WEBHOOK_TEST(a_store_that_fails_is_503)
{
	start_on(&route, FORM);
	store_answers(STORE_FAILED);
	expect_reply(503, "could not be stored");
	assert_int_equal(play.unclaimed, 0); /* the store has ended the claim */
}

/* ---- the handler ---- */

WEBHOOK_TEST(a_handler_may_answer_later)
{
	struct webhook *webhook = start_held(&route, FORM);
	assert_null(play.txn);
	handler_ends(webhook, HANDLED_OK);
	store_answers(STORE_OK);
	expect_reply(200, "hello");
	assert_int_equal(play.released, 1);
}

WEBHOOK_TEST(a_failed_handlers_event_is_stored_without_its_writes)
{
	for (int later = 0; later < 2; later++) {
		play.replies = 0;
		play.plays = PLAYS_FAILED;
		if (later == 1)
			handler_ends(start_held(&route, FORM), HANDLED_FAILED);
		else
			start_on(&route, FORM);
		assert_int_equal(play.txn->event.state, EVENT_FAILED);
		assert_null(play.txn->writes);
		assert_true(span_is(play.txn->event.failure, "division by cucumber"));
		store_answers(STORE_OK);
		expect_reply(200, FALLBACK);
	}
}

WEBHOOK_TEST(writes_that_conflict_run_the_handler_again)
{
	start_on(&route, FORM);
	store_answers(STORE_CONFLICT);
	assert_true(play.runs == 2 && play.replies == 0);
	store_answers(STORE_OK);
	expect_reply(200, "hello");
}

WEBHOOK_TEST(writes_that_keep_conflicting_have_failed)
{
	start_on(&route, FORM);
	for (int i = 0; i < 3; i++)
		store_answers(STORE_CONFLICT);
	assert_int_equal(play.runs, 3);
	assert_int_equal(play.txn->event.state, EVENT_FAILED);
	assert_null(play.txn->writes);
	assert_true(span_is(play.txn->event.failure, "the store's reason"));
	store_answers(STORE_OK);
	expect_reply(200, FALLBACK);
}

/* ---- the trace ---- */

WEBHOOK_TEST(debug_lines_show_each_step)
{
	static const char *const want[] = {"decode", "verify", "name", "claim",
	    "claimed", "turn", "handle", "commit", "wait", "committed", "send", "sent",
	    "end"};
	char line[1000];
	size_t count = 0;
	FILE *file = tmpfile();
	assert_non_null(file);
	int before = dup(STDERR_FILENO);
	log_setup(LOG_JSON, LOG_DEBUG);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	start_on(&route, FORM);
	store_answers(STORE_OK);
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	(void)close(before);
	rewind(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		char step[64];
		if (strstr(line, "\"msg\":\"step\"") == NULL)
			continue;
		assert_true(count < sizeof(want) / sizeof(want[0]));
		(void)snprintf(step, sizeof(step), "\"step\":\"%s\"", want[count]);
		if (strstr(line, step) == NULL)
			fail_msg("step %zu: %s has no %s", count, line, step);
		/* Its SID is known once it has a name. */
		bool named = strstr(line, "\"sid\":\"SM1\"") != NULL;
		assert_int_equal(named, count > 2);
		count++;
	}
	assert_int_equal(count, sizeof(want) / sizeof(want[0]));
	(void)fclose(file);
}
