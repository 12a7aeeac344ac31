/* oh_event: what a handler is told. */
#include "unit/host/play.h"

static int looks(oh_event *event, oh_twiml *reply)
{
	size_t len = 0;
	const char *name = NULL;
	const char *value = NULL;
	(void)reply;
	assert_string_equal(oh_param(event, "Body"), "H\xC3\xA9llo");
	assert_string_equal(oh_param(event, "Bad"), "a\xEF\xBF\xBD");
	assert_memory_equal(oh_param_raw(event, "Bad", &len), "a\xFF", 3);
	assert_int_equal(len, 2);
	assert_string_equal(oh_param(event, "Nul"), "x.yy\xEF\xBF\xBDlive.com");
	assert_string_equal(oh_param(event, "body"), "");
	assert_null(oh_param_or(event, "body", NULL));
	assert_string_equal(oh_param_or(event, "body", "else"), "else");
	assert_string_equal(oh_param_or(event, "NumMedia", "else"), "2");
	assert_null(oh_param_raw(event, "Nothing", NULL));
	assert_int_equal(oh_param_at(event, 1, &name, &value), 1);
	assert_string_equal(name, "Bad");
	assert_string_equal(value, "a\xEF\xBF\xBD");
	assert_int_equal(oh_param_at(event, 99, &name, &value), 0);
	assert_string_equal(name, "");
	assert_string_equal(value, "");
	assert_int_equal(oh_param_int(event, "NumMedia", -1), 2);
	assert_int_equal(oh_param_int(event, "Body", -1), -1);
	assert_string_equal(oh_path_param(event, "id"), "42");
	assert_string_equal(oh_path_param(event, "other"), "");
	assert_string_equal(oh_header(event, "user-agent"), "TwilioProxy/1.1");
	assert_string_equal(oh_header(event, "Cookie"), "");
	assert_null(oh_header_or(event, "Cookie", NULL));
	return OH_OK;
}

static void fill(struct play *play)
{
	play_param(play, "Body", SPAN("H\xC3\xA9llo"));
	play_param(play, "Bad", SPAN("a\xFF"));
	play_param(play, "Nul", SPAN("x.yy\0live.com"));
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

/* faults 2.2, 2.3 */
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
	assert_string_equal(oh_media_type(event, 1), "");
	assert_string_equal(oh_media_url(event, 2), "");
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
	assert_string_equal(oh_media_url(event, 0), "");
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

static int reads_query(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_string_equal(oh_query(event, "a"), "1");
	assert_string_equal(oh_query(event, "city"), "S\xC3\xA3o Paulo");
	assert_string_equal(oh_query(event, "nul"), "a\xEF\xBF\xBD"
						    "b");
	assert_string_equal(oh_query(event, "bad"), "\xEF\xBF\xBD");
	assert_string_equal(oh_query(event, "empty"), "");
	assert_string_equal(oh_query_or(event, "empty", NULL), "");
	assert_string_equal(oh_query(event, "none"), "");
	assert_null(oh_query_or(event, "none", NULL));
	assert_string_equal(oh_param(event, "a"), "");
	return OH_OK;
}

static int reads_no_query(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_string_equal(oh_query(event, "a"), "");
	assert_null(oh_query_or(event, "a", NULL));
	return OH_OK;
}

/* faults 2.1 */
PLAY_TEST(the_query_is_told_of_any_method)
{
	static const char *const without[] = {
	    "/twilio/sms", "/twilio/sms?", "/x?a=%zz"};
	struct play *play = *state;
	play->event.target =
	    SPAN("/status?a=1&city=S%C3%A3o+Paulo&a=2&nul=a%00b&bad=%FF&empty=");
	assert_true(play_run(play, OH_MESSAGE_STATUS, reads_query)->ok);
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		play->event.target = span_of(without[i]);
		assert_true(play_run(play, OH_MESSAGE_STATUS, reads_no_query)->ok);
	}
}

static int keeps_all(oh_event *event, oh_twiml *reply)
{
	json_t *doc;
	(void)reply;
	const char *id = oh_insert(event, "all", oh_params(event));
	doc = oh_get(event, "all", id);
	assert_string_equal(json_string_value(json_object_get(doc, "Body")),
	    "x.yy\xEF\xBF\xBDlive.com");
	assert_string_equal(
	    json_string_value(json_object_get(doc, "a\xEF\xBF\xBD")), "1");
	json_decref(doc);
	return OH_OK;
}

/* faults 2.2 */
PLAY_STORE_TEST(parameters_with_a_nul_are_a_document)
{
	struct play *play = *state;
	play_param(play, "Body", SPAN("x.yy\0live.com"));
	play->params[play->event.param_count++] = (struct pair){SPAN("a\0"), SPAN("1")};
	play_well(play, keeps_all);
}
