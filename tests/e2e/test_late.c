/* In time: a handler that does not answer costs its webhook the reply, nothing else.
 * Runs the app in this process, with handlers of the test's own behind the same seam
 * that handler processes will use. */
#include "conversation.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "webhook/webhook.h"

static struct webhook *_Atomic held;
static struct loop_task release_task;
static atomic_bool released;
static atomic_int runs;

static void reply_text(struct webhook *webhook, const char *text)
{
	buf_puts(&webhook->out, text);
	webhook_reply_twiml(webhook);
}

static void hang(struct webhook *webhook)
{
	atomic_fetch_add(&runs, 1);
	atomic_store(&held, webhook);
}

static void fail_it(struct webhook *webhook)
{
	webhook_fail(webhook, "division by cucumber");
	struct store_write *write = webhook_write(webhook, STORE_INSERT, "things");
	write->doc = SPAN("{\"never\":\"stored\"}");
	webhook_handled(webhook, HANDLED_FAILED);
}

static int leave(const void *ctx, json_t *doc, struct error *err)
{
	(void)ctx;
	(void)doc;
	(void)err;
	return 0;
}

/* Expects what is not there: run again, and at last failed. */
static void conflict(struct webhook *webhook)
{
	atomic_fetch_add(&runs, 1);
	struct store_write *write = webhook_write(webhook, STORE_UPDATE, "calls");
	write->key = SPAN("nobody");
	write->edit = leave;
	write->expect = 1;
	reply_text(webhook, "<Response><Message>never sent</Message></Response>");
	webhook_handled(webhook, HANDLED_OK);
}

static int fall_back(struct webhook *webhook, enum fallback fallback, struct error *err)
{
	(void)fallback;
	(void)err;
	buf_puts(&webhook->out, "<Response><!-- fallback --></Response>");
	return 0;
}

#define ROUTE(its_path, on)                                                            \
	{                                                                              \
		.path = (its_path), .kind = EVENT_SMS_RECEIVED, .handle = (on),        \
		.fall_back = fall_back                                                 \
	}

static const struct route routes[] = {
    ROUTE("/hang", hang), ROUTE("/fail", fail_it), ROUTE("/conflict", conflict), {0}};

static void release(struct loop_task *task)
{
	(void)task;
	webhook_handled(atomic_load(&held), HANDLED_OK);
	atomic_store(&released, true);
}

struct here {
	struct talk talk;
	struct config config;
	struct app *app;
};

static void expect_fallback(struct here *here, const char *path, const char *sid)
{
	char form[100];
	struct answer answer;
	(void)snprintf(form, sizeof(form), "MessageSid=%s&Body=x", sid);
	talk_post(&here->talk, &answer, path, form);
	assert_int_equal(answer.status, 200);
	assert_non_null(strstr(answer.body.ptr, "fallback"));
	answer_clear(&answer);
}

static void expect_state(struct here *here, const char *sid, const char *want)
{
	json_t *events = talk_events(&here->talk);
	size_t index;
	json_t *event;
	bool found = false;
	json_array_foreach(events, index, event) {
		const char *this_sid = json_string_value(json_object_get(event, "sid"));
		if (strcmp(this_sid, sid) != 0)
			continue;
		found = true;
		assert_string_equal(
		    json_string_value(json_object_get(event, "state")), want);
	}
	assert_true(found);
	json_decref(events);
}

TEST(a_hanging_handler_costs_its_webhook_the_reply_only)
{
	struct here *here = *state;
	expect_fallback(here, "/hang", "SM1");
	expect_state(here, "SM1", "late");
	expect_fallback(here, "/hang", "SM1"); /* a repeat: the stored reply */
	assert_int_equal(atomic_load(&runs), 1);
	release_task.run = release;
	loop_post(atomic_load(&held)->loop, &release_task);
	while (!atomic_load(&released))
		(void)usleep(1000);
	expect_state(here, "SM1", "late");
}

TEST(a_failing_handler_leaves_its_event_and_no_writes)
{
	struct here *here = *state;
	expect_fallback(here, "/fail", "SM2");
	expect_state(here, "SM2", "failed");
	struct buf err = {0};
	const char *words[] = {"query", "--data", here->talk.data, "things", NULL};
	assert_int_equal(talk_run(NULL, &err, words), 1);
	assert_non_null(strstr(buf_text(&err), "no collection \"things\""));
	buf_free(&err);
}

TEST(a_conflict_runs_the_handler_again_and_then_fails)
{
	struct here *here = *state;
	atomic_store(&runs, 0);
	expect_fallback(here, "/conflict", "SM3");
	expect_state(here, "SM3", "failed");
	assert_int_equal(atomic_load(&runs), 3);
}

static int start(void **state)
{
	static struct here here;
	struct error err = {0};
	(void)snprintf(
	    here.talk.dir, sizeof(here.talk.dir), "/tmp/offhook-test-XXXXXX");
	if (mkdtemp(here.talk.dir) == NULL)
		return -1;
	(void)snprintf(
	    here.talk.data, sizeof(here.talk.data), "%s/data", here.talk.dir);
	static char token[] = "TWILIO_AUTH_TOKEN=" TALK_TOKEN;
	char *const environment[] = {token, NULL};
	const struct config_flag flags[] = {{"listen", "127.0.0.1:0"},
	    {"data", here.talk.data}, {"public-url", TALK_URL}, {"deadline", "300ms"},
	    {"log-level", "error"}};
	struct config_input input = {.flags = flags,
	    .flag_count = sizeof(flags) / sizeof(flags[0]),
	    .environment = environment};
	if (config_load(&here.config, &input, &err) < 0 ||
	    app_open_routes(&here.app, &here.config, routes, &err) < 0) {
		print_error("%s\n", err.text);
		return -1;
	}
	(void)snprintf(
	    here.talk.address, sizeof(here.talk.address), "%s", app_address(here.app));
	*state = &here;
	return 0;
}

static int stop(void **state)
{
	struct here *here = *state;
	app_close(here->app);
	config_clear(&here->config);
	talk_end(&here->talk);
	return 0;
}

TEST_GROUP(start, stop)
