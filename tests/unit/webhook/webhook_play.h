/* webhook_play -- webhooks with a store, a loop, a handler and a client that do what a test
 * says. The functions without static take the place of the real ones when a test is
 * linked: include this in one file of a program. */
#ifndef OFFHOOK_TESTS_WEBHOOK_PLAY_H
#define OFFHOOK_TESTS_WEBHOOK_PLAY_H

#include "test.h"

#include <stdio.h>

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

void store_unclaim(struct store *store, const struct store_claim *claim)
{
	(void)store;
	(void)claim;
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

void loop_arena_back(struct loop *loop, struct arena *arena)
{
	(void)loop;
	arena_free(arena);
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

static inline void run_posted(void)
{
	for (size_t i = 0; i < play.task_count; i++)
		play.tasks[i]->run(play.tasks[i]);
	play.task_count = 0;
}

static inline void fire(struct webhook *webhook)
{
	assert_true(webhook->timer.armed);
	webhook->timer.armed = false;
	webhook->timer.fire(&webhook->timer);
}

static inline void store_answers_claim(void)
{
	answer(play.claim);
	play.claim->done(play.claim);
	run_posted();
}

static inline void store_answers(enum store_result result)
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

static inline void expect_reply(int status, const char *body)
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
		webhook_fail(webhook, "division by cucumber");
		webhook_handled(webhook, HANDLED_FAILED);
		break;
	case PLAYS_HELD:
		assert_true(play.held_count < MAX_HELD);
		play.held[play.held_count++] = webhook;
		break;
	}
}

/* What a handler process does for a late one, too: its writes come with the call. */
static inline void handler_ends(struct webhook *webhook, enum handled outcome)
{
	if (outcome == HANDLED_OK && webhook->writes == NULL)
		webhook_write(webhook, STORE_INSERT, "things")->doc = SPAN("{}");
	if (outcome == HANDLED_OK && webhook->state != EVENT_LATE) {
		buf_puts(&webhook->out, "<Response>hello</Response>");
		webhook_reply_twiml(webhook);
	}
	if (outcome == HANDLED_FAILED && webhook->state != EVENT_LATE)
		webhook_fail(webhook, "division by cucumber");
	webhook_handled(webhook, outcome);
}

static const struct route route = {
    .path = "/sms", .kind = EVENT_SMS_RECEIVED, .handle = handle, .ordered = true};

static inline void start_on(const struct route *on, const char *form)
{
	webhook_start(&play.fixture.lane, request_signed(on->path, form), on);
}

/* With a handler that is held; the webhook is then play.held's last. */
static inline struct webhook *start_held(const struct route *on, const char *form)
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

#endif
