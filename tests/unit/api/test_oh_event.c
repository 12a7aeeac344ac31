/* api_event: what a handler is told. */
#include "unit/host/play.h"

static int looks(oh_event *event, oh_twiml *reply)
{
	size_t len = 0;
	const char *name = NULL;
	(void)reply;
	assert_string_equal(oh_param(event, "Body"), "H\xC3\xA9llo");
	assert_string_equal(oh_param(event, "Bad"), "a\xEF\xBF\xBD");
	assert_memory_equal(oh_param_raw(event, "Bad", &len), "a\xFF", 3);
	assert_int_equal(len, 2);
	assert_null(oh_param(event, "body"));
	assert_null(oh_param_raw(event, "Nothing", NULL));
	assert_string_equal(oh_param_at(event, 1, &name), "a\xEF\xBF\xBD");
	assert_string_equal(name, "Bad");
	assert_null(oh_param_at(event, 99, &name));
	assert_int_equal(oh_param_int(event, "NumMedia", -1), 2);
	assert_int_equal(oh_param_int(event, "Body", -1), -1);
	assert_string_equal(oh_path_param(event, "id"), "42");
	assert_null(oh_path_param(event, "other"));
	assert_string_equal(oh_header(event, "user-agent"), "TwilioProxy/1.1");
	assert_null(oh_header(event, "Cookie"));
	return OH_OK;
}

static void fill(struct play *play)
{
	play_param(play, "Body", SPAN("H\xC3\xA9llo"));
	play_param(play, "Bad", SPAN("a\xFF"));
	play_param(play, "NumMedia", SPAN("2"));
	play_param(play, "MediaUrl0", SPAN("https://api.twilio.com/0"));
	play_param(play, "MediaContentType0", SPAN("image/jpeg"));
	play_param(play, "MediaUrl1", SPAN("https://api.twilio.com/1"));
	play_param(play, "Body", SPAN("again"));
	play->headers[0] = (struct pair){SPAN("User-Agent"), SPAN("TwilioProxy/1.1")};
	play->event.header_count = 1;
	play->path[0] = (struct pair){SPAN("id"), SPAN("42")};
	play->event.path_param_count = 1;
}

PLAY_TEST(parameters_are_valid_text_and_raw_bytes)
{
	struct play *play = *state;
	fill(play);
	assert_true(play_run(play, OH_MESSAGE, looks)->ok);
}

static int reads_request(oh_event *event, oh_twiml *reply)
{
	size_t len = 0;
	(void)reply;
	assert_string_equal(oh_method(event), "POST");
	assert_string_equal(oh_path(event), "/twilio/sms");
	assert_string_equal(oh_body(event, &len), "Body=Hello");
	assert_int_equal(len, 10);
	assert_null(oh_json(event));
	assert_string_equal(oh_kind(event), "sms.received");
	assert_string_equal(oh_sid(event), "SM00000000000000000000000000000001");
	assert_string_equal(
	    oh_account_sid(event), "AC00000000000000000000000000000001");
	assert_int_equal(oh_time_ms(event), 1769860800000);
	assert_string_equal(oh_time(event), "2026-01-31T12:00:00.000Z");
	return OH_OK;
}

PLAY_TEST(the_request_is_told_as_it_came)
{
	assert_true(play_run(*state, OH_MESSAGE, reads_request)->ok);
}

static int reads_media(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_int_equal(oh_media_count(event), 2);
	assert_string_equal(oh_media_url(event, 0), "https://api.twilio.com/0");
	assert_string_equal(oh_media_type(event, 0), "image/jpeg");
	assert_string_equal(oh_media_url(event, 1), "https://api.twilio.com/1");
	assert_null(oh_media_type(event, 1));
	assert_null(oh_media_url(event, 2));
	return OH_OK;
}

PLAY_TEST(media_are_counted_from_0)
{
	fill(*state);
	assert_true(play_run(*state, OH_MESSAGE, reads_media)->ok);
}

static int finds_no_media(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_int_equal(oh_media_count(event), 0);
	assert_null(oh_media_url(event, 0));
	return OH_OK;
}

PLAY_TEST(a_claim_of_fewer_than_no_media_is_none)
{
	play_param(*state, "NumMedia", SPAN("-3"));
	assert_true(play_run(*state, OH_MESSAGE, finds_no_media)->ok);
}

static int takes_all(oh_event *event, oh_twiml *reply)
{
	json_t *all = oh_params(event);
	char *text = json_dumps(all, JSON_COMPACT);
	(void)reply;
	assert_string_equal(
	    text, "{\"A\":[\"1\",\"2\",\"3\"],\"B\":\"x\xEF\xBF\xBD\"}");
	free(text);
	json_decref(all);
	return OH_OK;
}

PLAY_TEST(all_parameters_are_one_object)
{
	play_param(*state, "A", SPAN("1"));
	play_param(*state, "B", SPAN("x\xFE"));
	play_param(*state, "A", SPAN("2"));
	play_param(*state, "A", SPAN("3"));
	assert_true(play_run(*state, OH_MESSAGE, takes_all)->ok);
}

static int reads_json(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_int_equal(json_integer_value(json_object_get(oh_json(event), "n")), 3);
	assert_ptr_equal(oh_json(event), oh_json(event));
	return OH_OK;
}

PLAY_TEST(a_json_body_is_parsed)
{
	struct play *play = *state;
	play->event.body = SPAN("{\"n\": 3}");
	assert_true(play_run(play, OH_SIGNED, reads_json)->ok);
}
