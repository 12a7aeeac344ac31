/* One webhook from request to reply, step by step: the store, the loop and the client are
 * this test's own (they take the place of the real ones when it is linked), and answer
 * when it says so. */
#include "test.h"

#include <stdio.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/container.h"
#include "webhook_fixture.h"

#define FORM     "MessageSid=SM1&From=%2B1&To=%2B2&Body=x"
#define FALLBACK "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>"

enum { SECOND_US = 1000000, MAX_TASKS = 16, MAX_HELD = 4 };

/* What a handler does when it is called. */
enum plays { PLAYS_OK, PLAYS_FAILED, PLAYS_HELD };

static struct play {
	struct fixture fixture;
	struct loop_task *tasks[MAX_TASKS];
	size_t task_count;

	/* the store */
	bool asks_disk; /* a claim is answered later */
	enum store_claimed claimed;
	struct store_reply first_reply; /* of a repeat */
	struct store_claim *claim;
	bool full; /* it takes no transaction */
	struct store_txn *txn;
	int submitted, unclaimed;

	/* the handler */
	enum plays plays;
	int runs, released;
	struct webhook *held[MAX_HELD];
	size_t held_count;

	/* the client */
	int replies, status;
	char body[256];
} play;

/* ---- in place of the store ---- */

static void answer(struct store_claim *claim)
{
	claim->outcome = play.claimed;
	claim->reply = play.first_reply;
}

bool store_claim(struct store *store, struct store_claim *claim, bool count)
{
	(void)store;
	assert_true(count);
	play.claim = claim;
	if (!play.asks_disk)
		answer(claim);
	return !play.asks_disk;
}

void store_unclaim(struct store *store, const unsigned char key[STORE_KEY_SIZE])
{
	(void)store;
	(void)key;
	play.unclaimed++;
}

bool store_submit(struct store *store, struct store_txn *txn)
{
	(void)store;
	if (play.full)
		return false;
	assert_null(play.txn); /* one at a time */
	play.txn = txn;
	play.submitted++;
	return true;
}

void store_flush(struct store *store)
{
	(void)store;
}

/* ---- in place of the loop ---- */

void loop_post(struct loop *loop, struct loop_task *task)
{
	(void)loop;
	assert_true(play.task_count < MAX_TASKS);
	play.tasks[play.task_count++] = task;
}

void loop_at_round_end(struct loop *loop, struct loop_task *task)
{
	loop_post(loop, task);
}

void loop_timer_start(struct loop *loop, struct loop_timer *timer, int64_t due_us)
{
	(void)loop;
	timer->due_us = due_us;
	timer->armed = true;
}

void loop_timer_stop(struct loop *loop, struct loop_timer *timer)
{
	(void)loop;
	timer->armed = false;
}

static void run_posted(void)
{
	for (size_t i = 0; i < play.task_count; i++)
		play.tasks[i]->run(play.tasks[i]);
	play.task_count = 0;
}

static void fire(struct webhook *webhook)
{
	assert_true(webhook->timer.armed);
	webhook->timer.armed = false;
	webhook->timer.fire(&webhook->timer);
}

static void store_answers_claim(void)
{
	answer(play.claim);
	play.claim->done(play.claim);
	run_posted();
}

static void store_answers(enum store_result result)
{
	struct store_txn *txn = play.txn;
	assert_non_null(txn);
	play.txn = NULL;
	txn->result = result;
	txn->event.id = 7;
	if (result != STORE_OK)
		(void)error_set(&txn->error, "the store's reason");
	txn->done(txn);
	run_posted();
}

/* ---- in place of the client ---- */

void request_reply(struct request *request, const struct reply *reply)
{
	play.replies++;
	play.status = reply->status;
	(void)snprintf(play.body, sizeof(play.body), "%.*s", SPAN_ARG(reply->body));
	assert_null(request->arena); /* the webhook has it */
	request_drop(request);
}

static void expect_reply(int status, const char *body)
{
	assert_int_equal(play.replies, 1);
	assert_int_equal(play.status, status);
	if (strstr(play.body, body) == NULL)
		fail_msg("%s has no %s", play.body, body);
}

/* ---- the handler ---- */

static void release(struct webhook *webhook)
{
	(void)webhook;
	play.released++;
}

static void handle(struct webhook *webhook)
{
	play.runs++;
	webhook->release = release;
	struct store_write *write = webhook_write(webhook, STORE_INSERT, "things");
	write->doc = SPAN("{}");
	switch (play.plays) {
	case PLAYS_OK:
		buf_puts(&webhook->out, "<Response>hello</Response>");
		webhook_reply_twiml(webhook);
		webhook_handled(webhook, HANDLED_OK);
		break;
	case PLAYS_FAILED:
		(void)error_set(&webhook->failure, "division by cucumber");
		webhook_handled(webhook, HANDLED_FAILED);
		break;
	case PLAYS_HELD:
		assert_true(play.held_count < MAX_HELD);
		play.held[play.held_count++] = webhook;
		break;
	}
}

/* What a handler process does for a late one, too: its writes come with the call. */
static void handler_ends(struct webhook *webhook, enum handled outcome)
{
	if (outcome == HANDLED_OK && webhook->writes == NULL)
		webhook_write(webhook, STORE_INSERT, "things")->doc = SPAN("{}");
	if (outcome == HANDLED_OK && webhook->state != EVENT_LATE) {
		buf_puts(&webhook->out, "<Response>hello</Response>");
		webhook_reply_twiml(webhook);
	}
	webhook_handled(webhook, outcome);
}

static const struct route route = {
    .path = "/sms", .kind = EVENT_SMS_RECEIVED, .handle = handle, .ordered = true};

static void start_on(const struct route *on, const char *form)
{
	webhook_start(&play.fixture.lane, request_signed(on->path, form), on);
}

/* With a handler that is held; the webhook is then play.held's last. */
static struct webhook *start_held(const struct route *on, const char *form)
{
	play.plays = PLAYS_HELD;
	start_on(on, form);
	assert_true(play.held_count > 0);
	return play.held[play.held_count - 1];
}

static int begin(void **state)
{
	(void)state;
	memset(&play, 0, sizeof(play));
	fixture_open(&play.fixture);
	return 0;
}

static int end(void **state)
{
	(void)state;
	fixture_close(&play.fixture);
	return 0;
}

#define WEBHOOK_TEST(name) TEST_WITH(name, begin, end)

/* ---- new, repeated, refused ---- */

WEBHOOK_TEST(the_reply_leaves_after_the_commit)
{
	start_on(&route, FORM);
	assert_int_equal(play.runs, 1);
	assert_int_equal(play.replies, 0);
	assert_true(play.txn->keyed && play.txn->writes != NULL);
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
		assert_true(play.txn->event.failure.ptr != NULL);
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
	assert_true(play.txn->event.kind == NULL && !play.txn->keyed);
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
