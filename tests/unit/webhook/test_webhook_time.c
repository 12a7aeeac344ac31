/* A webhook that has to wait: deadlines, late handlers, turns of a conversation. */
#include "test.h"

#include "webhook_play.h"

/* ---- the deadline ---- */

WEBHOOK_TEST(a_late_handler_loses_its_reply_and_keeps_its_writes)
{
	struct webhook *webhook = start_held(&route, FORM);
	assert_int_equal(webhook->timer.due_us, FIRST_BYTE_US + 10 * SECOND_US);
	fire(webhook);
	assert_int_equal(play.txn->event.state, EVENT_LATE);
	assert_null(play.txn->writes);
	store_answers(STORE_OK);
	expect_reply(200, FALLBACK);
	handler_ends(webhook, HANDLED_OK);
	assert_true(play.txn->writes != NULL && play.txn->revised_event == 7);
	assert_true(play.txn->event.kind == NULL && play.txn->key_count == 0);
	assert_int_equal(play.released, 0);
	store_answers(STORE_OK);
	assert_true(play.released == 1 && play.replies == 1 && play.unclaimed == 0);
}

WEBHOOK_TEST(a_late_handlers_writes_wait_for_its_event)
{
	struct webhook *webhook = start_held(&route, FORM);
	fire(webhook);
	handler_ends(webhook, HANDLED_OK);
	assert_true(play.submitted == 1 && play.replies == 0);
	store_answers(STORE_OK);
	expect_reply(200, FALLBACK);
	assert_int_equal(play.txn->revised_event, 7);
	store_answers(STORE_CONFLICT); /* a retry was faster: they are lost */
	assert_true(play.released == 1 && play.submitted == 2);
}

WEBHOOK_TEST(a_late_handlers_writes_need_its_event_and_its_success)
{
	static const struct {
		enum store_result event;
		enum handled handled;
		bool full;
	} rows[] = {{STORE_OK, HANDLED_FAILED, false},
	    {STORE_FAILED, HANDLED_OK, false}, {STORE_OK, HANDLED_OK, true}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct webhook *webhook = start_held(&route, FORM);
		fire(webhook);
		store_answers(rows[i].event);
		play.full = rows[i].full;
		handler_ends(webhook, rows[i].handled);
		play.full = false;
		assert_null(play.txn);
		assert_int_equal(play.released, i + 1);
	}
}

/* faults 3.5 */
WEBHOOK_TEST(a_late_handler_of_an_unsigned_route_leaves_nothing)
{
	static const struct route open = {
	    .path = "/open", .is_unsigned = true, .handle = handle};
	struct webhook *webhook = start_held(&open, FORM);
	fire(webhook);
	expect_reply(503, "no reply in time");
	assert_int_equal(play.released, 0);
	handler_ends(webhook, HANDLED_OK);
	assert_true(play.submitted == 0 && play.released == 1);
}

WEBHOOK_TEST(a_first_copy_that_takes_too_long_is_503)
{
	play.asks_disk = true;
	start_on(&route, FORM);
	fire(container_of(play.claim, struct webhook, claim));
	expect_reply(503, "not stored in time");
	play.claimed = CLAIM_NEW;
	store_answers_claim();
	assert_true(play.unclaimed == 1 && play.runs == 0 && play.replies == 1);
}

WEBHOOK_TEST(a_commit_gets_a_little_more_time_and_then_503)
{
	static const enum store_result then[] = {
	    STORE_OK, STORE_FAILED, STORE_CONFLICT};

	for (size_t i = 0; i < 3; i++) {
		play.replies = 0;
		struct webhook *webhook = start_held(&route, FORM);
		handler_ends(webhook, HANDLED_OK);
		int64_t now_us = clock_mono_us();
		fire(webhook);
		assert_int_equal(play.replies, 0);
		assert_true(webhook->timer.due_us >= now_us + 2 * SECOND_US);
		fire(webhook);
		expect_reply(503, "not stored in time");
		store_answers(then[i]);
		assert_int_equal(play.released, i + 1);
		assert_int_equal(play.unclaimed, then[i] == STORE_CONFLICT ? 1 : 0);
	}
}

WEBHOOK_TEST(a_commit_past_the_deadline_still_sends_the_reply)
{
	struct webhook *webhook = start_held(&route, FORM);
	handler_ends(webhook, HANDLED_OK);
	fire(webhook);
	store_answers(STORE_OK);
	expect_reply(200, "hello");
}

WEBHOOK_TEST(what_ends_after_its_503_is_not_committed)
{
	struct webhook *webhook = start_held(&route, FORM);
	handler_ends(webhook, HANDLED_OK);
	fire(webhook);
	store_answers(STORE_CONFLICT); /* the handler runs again, past the deadline */
	assert_int_equal(play.runs, 2);
	fire(webhook);
	expect_reply(503, "not stored in time");
	handler_ends(webhook, HANDLED_OK);
	assert_null(play.txn);
	assert_true(play.unclaimed == 1 && play.released == 1);
}

WEBHOOK_TEST(a_route_may_have_a_deadline_of_its_own)
{
	struct route hasty = route;
	hasty.deadline_ms = 4000;
	struct webhook *webhook = start_held(&hasty, FORM);
	assert_int_equal(webhook->timer.due_us, FIRST_BYTE_US + 4 * SECOND_US);
	handler_ends(webhook, HANDLED_OK);
	store_answers(STORE_OK);
}

/* ---- turns ---- */

/* The second webhook of a conversation whose first one's handler is held. */
static struct webhook *start_second(void)
{
	play.plays = PLAYS_HELD;
	start_on(&route, "MessageSid=SM2&From=%2B1&To=%2B2&Body=y");
	assert_int_equal(play.runs, 1);
	return container_of(play.claim, struct webhook, claim);
}

static void finish(struct webhook *webhook)
{
	handler_ends(webhook, HANDLED_OK);
	store_answers(STORE_OK);
}

WEBHOOK_TEST(the_next_of_a_conversation_waits_for_the_commit_before_it)
{
	struct webhook *first = start_held(&route, FORM);
	struct webhook *second = start_second();
	handler_ends(first, HANDLED_OK);
	assert_int_equal(play.runs, 1);
	store_answers(STORE_OK);
	assert_int_equal(play.runs, 2);
	assert_int_equal(second->timer.due_us, FIRST_BYTE_US + 10 * SECOND_US);
	finish(second);
	assert_true(play.replies == 2 && play.released == 2);
}

WEBHOOK_TEST(other_conversations_do_not_wait)
{
	struct webhook *first = start_held(&route, FORM);
	struct webhook *other =
	    start_held(&route, "MessageSid=SM3&From=%2B3&To=%2B2&Body=z");
	assert_int_equal(play.runs, 2);
	finish(other);
	finish(first);
}

WEBHOOK_TEST(half_of_the_deadline_is_the_longest_wait_for_a_turn)
{
	struct webhook *first = start_held(&route, FORM);
	struct webhook *second = start_second();
	assert_int_equal(second->timer.due_us, FIRST_BYTE_US + 5 * SECOND_US);
	fire(second);
	assert_int_equal(play.runs, 2);
	assert_int_equal(second->timer.due_us, FIRST_BYTE_US + 10 * SECOND_US);
	finish(second);
	finish(first);
	assert_true(play.replies == 2 && play.released == 2);
}

WEBHOOK_TEST(a_turn_that_comes_as_the_wait_for_it_ends_counts_once)
{
	struct webhook *first = start_held(&route, FORM);
	struct webhook *second = start_second();
	handler_ends(first, HANDLED_OK);
	struct store_txn *txn = play.txn;
	play.txn = NULL;
	txn->done(txn);
	assert_int_equal(
	    play.task_count, 2);           /* the hand-over, and the store's answer */
	play.tasks[1]->run(play.tasks[1]); /* grants the turn, which is posted */
	play.tasks[1] = play.tasks[2];
	play.task_count = 2;
	fire(second);
	assert_int_equal(play.runs, 1);
	run_posted();
	assert_int_equal(play.runs, 2);
	finish(second);
	assert_int_equal(play.released, 2);
}

WEBHOOK_TEST(a_late_webhook_that_never_had_its_turn_outlives_its_reply_until_it_comes)
{
	struct webhook *first = start_held(&route, FORM);
	struct webhook *second = start_second();
	handler_ends(first, HANDLED_OK);
	struct store_txn *txn = play.txn;
	play.txn = NULL;
	txn->done(txn);
	play.tasks[1]->run(play.tasks[1]);
	struct loop_task *turn = play.tasks[2];
	play.task_count = 0;
	fire(second); /* its turn is on the way */
	fire(second); /* its deadline */
	assert_int_equal(play.txn->event.state, EVENT_LATE);
	store_answers(STORE_OK);
	assert_int_equal(play.replies, 2);
	turn->run(turn);
	assert_int_equal(play.runs, 1);
}
