/* oh_context: what events and jobs have in common. */
#include "unit/host/play.h"

/* ---- whether anything went wrong ---- */

static int asks_before_and_after(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_int_equal(oh_ok(event), 1);
	oh_insert(event, "orders", NULL);
	assert_int_equal(oh_ok(event), 0);
	return OH_OK;
}

static int asks_after_a_verb(oh_event *event, oh_twiml *reply)
{
	oh_message(reply, "Hi");
	assert_int_equal(oh_ok(event), 1);
	oh_say(reply, "no verb of messages");
	assert_int_equal(oh_ok(event), 0);
	return OH_OK;
}

static int asks_after_a_read(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_null(oh_get(event, "sms_messages", "SM1"));
	assert_int_equal(oh_ok(event), 0);
	return OH_OK;
}

static int asks_of_a_job(oh_job *job)
{
	assert_int_equal(oh_ok(job), 1);
	(void)oh_fail(job, "no stock");
	assert_int_equal(oh_ok(job), 0);
	return OH_OK;
}

PLAY_TEST(it_is_ok_until_the_first_mistake)
{
	struct play *play = *state;
	play_badly(play, asks_before_and_after, "the document is NULL");
	play_badly(play, asks_after_a_verb, "Say");
	play_badly(play, asks_after_a_read, "no store to read");
	assert_false(play_job(play, "{}", asks_of_a_job)->ok);
}

/* ---- the public URL of a route ---- */

static int makes_url(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_string_equal(oh_url(event, "/twilio/voice/menu"),
	    "https://sms.example.com/phone/twilio/voice/menu");
	return OH_OK;
}

static int makes_url_of_a_job(oh_job *job)
{
	assert_string_equal(
	    oh_url(job, "/a?b=1"), "https://sms.example.com/phone/a?b=1");
	return OH_OK;
}

static int makes_no_url(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_string_equal(oh_url(event, "menu"), "");
	return OH_OK;
}

static int makes_url_of_null(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_string_equal(oh_url(event, NULL), "");
	return OH_OK;
}

static int knows_no_address(oh_job *job)
{
	assert_string_equal(oh_url(job, "/a"), "");
	return OH_OK;
}

/* faults 2.4 */
PLAY_TEST(the_url_of_a_route_has_the_prefix)
{
	struct play *play = *state;
	play->event.base_url = SPAN("https://sms.example.com/phone");
	assert_true(play_run(play, OH_CALL, makes_url)->ok);
	play_badly(play, makes_no_url, "\"menu\" does not begin with /");
	play_badly(play, makes_url_of_null, "does not begin with /");
	play->job.base_url = play->event.base_url;
	assert_true(play_job(play, "{}", makes_url_of_a_job)->ok);
}

PLAY_TEST(a_url_needs_an_address)
{
	const struct frame_result *result = play_job(*state, "{}", knows_no_address);
	assert_false(result->ok);
	assert_non_null(strstr(result->failure.ptr, "set public-url"));
}

/* ---- a function for both ---- */

static void keep(oh_context *context)
{
	oh_insert(context, "kept", json_pack("{s:s}", "at", oh_time(context)));
}

static int keeps_event(oh_event *event, oh_twiml *reply)
{
	const oh_event *same = event;
	(void)reply;
	keep(oh_context_of(event));
	assert_ptr_equal(oh_context_of(same), oh_context_of(event));
	return OH_OK;
}

static int keeps_job(oh_job *job)
{
	keep(oh_context_of(job));
	return OH_OK;
}

PLAY_TEST(a_function_may_serve_events_and_jobs)
{
	assert_int_equal(play_run(*state, OH_MESSAGE, keeps_event)->write_count, 1);
	assert_int_equal(play_job(*state, "{}", keeps_job)->write_count, 1);
}
