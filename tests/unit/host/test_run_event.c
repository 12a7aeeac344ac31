/* run: filters, handler, and what becomes of their reply. */
#include "play.h"

static int does_nothing(oh_event *event, oh_twiml *reply)
{
	(void)event;
	(void)reply;
	return OH_OK;
}

static int greets(oh_event *event, oh_twiml *reply)
{
	(void)event;
	oh_message(reply, "Hello & <welcome>");
	return OH_OK;
}

static int says(oh_event *event, oh_twiml *reply)
{
	(void)event;
	oh_say(reply, "Hello", .voice = "alice");
	return OH_OK;
}

#define XML_START "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"

PLAY_TEST(a_reply_is_what_its_route_is_for)
{
	static const struct {
		enum oh_route_kind kind;
		oh_handler handler;
		uint32_t status;
		const char *body;
	} table[] = {
	    {OH_MESSAGE, greets, 200,
		"<Response><Message>Hello &amp; &lt;welcome&gt;</Message></Response>"},
	    {OH_MESSAGE, does_nothing, 200, "<Response"},
	    {OH_CALL, does_nothing, 200, "<Response"},
	    {OH_CALL, says, 200, "<Say voice=\"alice\">Hello</Say>"},
	    {OH_CALL_ACTION, says, 200, "<Say voice=\"alice\">Hello</Say>"},
	    {OH_SIGNED, says, 200, "<Say voice=\"alice\">Hello</Say>"},
	    {OH_MESSAGE_STATUS, does_nothing, 204, NULL},
	    {OH_CALL_STATUS, does_nothing, 204, NULL},
	    {OH_RECORDING, does_nothing, 204, NULL},
	    {OH_TRANSCRIPTION, does_nothing, 204, NULL},
	    {OH_UNSIGNED, does_nothing, 204, NULL},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct frame_result *result =
		    play_run(*state, table[i].kind, table[i].handler);
		assert_true(result->ok);
		assert_int_equal(result->id, 7);
		assert_int_equal(result->status, table[i].status);
		if (table[i].body == NULL) {
			assert_null(result->body.ptr);
			continue;
		}
		assert_memory_equal(result->body.ptr, XML_START, strlen(XML_START));
		assert_non_null(strstr(result->body.ptr, table[i].body));
		assert_string_equal(
		    result->content_type.ptr, "text/xml; charset=utf-8");
	}
}

static int misspells(oh_event *event, oh_twiml *reply)
{
	(void)event;
	oh_pause(reply);
	oh_message(reply, "");
	return OH_OK;
}

static int fails(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	return oh_fail(event, "no order %d", 5);
}

static int fails_and_goes_on(oh_event *event, oh_twiml *reply)
{
	(void)oh_fail(event, "first");
	(void)oh_fail(event, "second");
	oh_message(reply, "fine");
	return OH_OK;
}

static int fails_in_silence(oh_event *event, oh_twiml *reply)
{
	(void)event;
	(void)reply;
	return OH_FAILED;
}

static int passes(oh_event *event, oh_twiml *reply)
{
	(void)event;
	(void)reply;
	return OH_PASS;
}

static int returns_77(oh_event *event, oh_twiml *reply)
{
	(void)event;
	(void)reply;
	return 77;
}

PLAY_TEST(a_mistake_fails_the_event_with_its_reason)
{
	static const struct {
		enum oh_route_kind kind;
		oh_handler handler;
		const char *reason;
	} table[] = {
	    {OH_MESSAGE_STATUS, greets, "this route is for a status"},
	    {OH_CALL_STATUS, greets, "<Message> is not allowed"},
	    {OH_MESSAGE, misspells, "<Pause> is not allowed"},
	    {OH_MESSAGE_STATUS, misspells, "<Pause> is not allowed"},
	    {OH_MESSAGE, fails, "no order 5"},
	    {OH_MESSAGE, fails_and_goes_on, "first"},
	    {OH_MESSAGE, fails_in_silence, "OH_FAILED without a reason"},
	    {OH_MESSAGE, passes, "nothing comes after it"},
	    {OH_MESSAGE, returns_77, "returned 77"},
	    {OH_MESSAGE, oh_builtin, "the table of routes"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct frame_result *result =
		    play_run(*state, table[i].kind, table[i].handler);
		assert_false(result->ok);
		assert_int_equal(result->id, 7);
		if (strstr(result->failure.ptr, table[i].reason) == NULL)
			fail_msg("\"%s\" has no \"%s\"", result->failure.ptr,
			    table[i].reason);
	}
}

/* ---- filters ---- */

static int turns_away(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_reply(event, 403, "text/plain", "not you");
	return OH_OK;
}

static int forgets_itself(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	(void)oh_fail(event, "could not check");
	return OH_PASS;
}

static int must_not_run(oh_event *event, oh_twiml *reply)
{
	(void)event;
	(void)reply;
	fail();
	return OH_OK;
}

PLAY_TEST(filters_pass_on_answer_or_fail)
{
	static const oh_handler pass[] = {passes, passes, NULL};
	static const oh_handler refuse[] = {passes, turns_away, must_not_run, NULL};
	static const oh_handler broken[] = {fails, must_not_run, NULL};
	static const oh_handler unsure[] = {forgets_itself, NULL};
	struct play *play = *state;
	play->routes[0].filters = pass;
	assert_int_equal(play_run(play, OH_MESSAGE, greets)->status, 200);
	play->routes[0].filters = refuse;
	assert_int_equal(play_run(play, OH_MESSAGE, must_not_run)->status, 403);
	assert_string_equal(play->result.body.ptr, "not you");
	play->routes[0].filters = broken;
	assert_false(play_run(play, OH_MESSAGE, must_not_run)->ok);
	play->routes[0].filters = unsure;
	play_badly(play, must_not_run, "could not check");
}

/* ---- answers other than a tree ---- */

static int answers_json(oh_event *event, oh_twiml *reply)
{
	oh_message(reply, "not this");
	oh_reply(event, 201, "application/json", "{}");
	return OH_OK;
}

static int answers_bytes(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_reply_raw(event, 200, "image/x", "\0\xFF", 2);
	return OH_OK;
}

static int answers_by_header(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_reply(event, 200, "text/plain\r\nX: y", "");
	return OH_OK;
}

static int answers_999(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_reply(event, 999, NULL, NULL);
	return OH_OK;
}

PLAY_TEST(an_answer_of_ones_own_replaces_the_tree)
{
	const struct frame_result *result = play_run(*state, OH_SIGNED, answers_json);
	assert_true(result->ok);
	assert_int_equal(result->status, 201);
	assert_string_equal(result->content_type.ptr, "application/json");
	assert_string_equal(result->body.ptr, "{}");
	result = play_run(*state, OH_UNSIGNED, answers_bytes);
	assert_true(result->ok);
	assert_int_equal(result->body.len, 2);
	assert_memory_equal(result->body.ptr, "\0\xFF", 2);
	play_badly(*state, answers_by_header, "content type");
	play_badly(*state, answers_999, "999");
}

/* What answers_as says; a handler has no other way to know. */
static struct {
	int status;
	const char *type, *body;
} answer;

static int answers_as(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_reply(event, answer.status, answer.type, answer.body);
	return OH_OK;
}

/* faults 2.6 */
PLAY_TEST(what_twilio_would_misread_is_a_mistake)
{
	static const struct {
		const char *type, *message, *call; /* the reason; NULL: it goes out */
	} rows[] = {
	    {"text/plain", "sends text/plain to the sender, as a message",
		"reads text/plain to the caller, and hangs up"},
	    {"Text/Plain ; charset=utf-8", "sends text/plain to the sender",
		"reads text/plain to the caller"},
	    {"text/html", "takes text/html for TwiML", "takes text/html for TwiML"},
	    {"Text/XML; charset=utf-8", "oh_reply_xml", "oh_reply_xml"},
	    {"application/xml", "oh_reply_xml", "oh_reply_xml"},
	    {"text/csv", "12300", "12300"},
	    {"application/json", "12300", "12300"},
	    {"text", "12300", "12300"},
	    {"audio/mpeg", "12300", NULL},
	    {"", "without a content type", "without a content type"},
	    {NULL, "without a content type", "without a content type"},
	};

	static const enum oh_route_kind kinds[] = {OH_MESSAGE, OH_CALL, OH_CALL_ACTION};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t k = 0; k < 3; k++)
			for (int status = 200; status <= 201; status++) {
				const char *want =
				    k == 0 ? rows[i].message : rows[i].call;
				answer.status = status;
				answer.type = rows[i].type;
				answer.body = "OK";
				const struct frame_result *result =
				    play_run(*state, kinds[k], answers_as);
				if (result->ok != (want == NULL))
					fail_msg("%s on %d", rows[i].type, kinds[k]);
				if (want != NULL &&
				    strstr(result->failure.ptr, want) == NULL)
					fail_msg("\"%s\" has no \"%s\"",
					    result->failure.ptr, want);
			}
}

/* faults 2.6 */
PLAY_TEST(what_twilio_does_not_read_goes_out)
{
	static const struct {
		enum oh_route_kind kind;
		int status;
		const char *type, *body;
	} rows[] = {
	    {OH_MESSAGE, 200, "text/plain", ""},
	    {OH_MESSAGE, 200, NULL, NULL},
	    {OH_CALL, 200, "application/json", NULL},
	    {OH_MESSAGE, 204, "text/plain", "OK"},
	    {OH_CALL, 204, NULL, NULL},
	    {OH_MESSAGE, 403, "text/plain", "Forbidden"},
	    {OH_CALL, 503, "application/json", "{}"},
	    {OH_SIGNED, 200, "text/plain", "OK"},
	    {OH_SIGNED, 200, "text/xml", "<xml/>"},
	    {OH_UNSIGNED, 200, "text/html", "<p>OK</p>"},
	    {OH_MESSAGE_STATUS, 200, "text/plain", "OK"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		answer.status = rows[i].status;
		answer.type = rows[i].type;
		answer.body = rows[i].body;
		const struct frame_result *result =
		    play_run(*state, rows[i].kind, answers_as);
		if (!result->ok)
			fail_msg("row %zu: %s", i, result->failure.ptr);
		assert_int_equal(result->status, rows[i].status);
	}
}

static int answers_xml(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_reply_xml(event, "<Response><Message>Hi {{From}}</Message></Response>");
	return OH_OK;
}

static int answers_bad_xml(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_reply_xml(event, "<Response><Mesage>Hi</Mesage></Response>");
	return OH_OK;
}

static int answers_no_xml(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_reply_xml(event, NULL);
	return OH_OK;
}

PLAY_TEST(twiml_as_text_is_checked_and_filled_in)
{
	play_param(*state, "From", SPAN("<b>"));
	const struct frame_result *result = play_run(*state, OH_MESSAGE, answers_xml);
	assert_true(result->ok);
	assert_non_null(strstr(result->body.ptr, "<Message>Hi &lt;b&gt;</Message>"));
	play_badly(*state, answers_bad_xml, "Mesage");
	play_badly(*state, answers_no_xml, "NULL");
}

/* ---- the log ---- */

static int logs(oh_event *event, oh_twiml *reply)
{
	const char *missing = NULL;
	(void)reply;
	oh_log(event, "order placed", "order", "5", "coupon", missing, "n", "1", NULL);
	oh_log(event, "alone", NULL);
	return OH_OK;
}

PLAY_TEST(lines_of_the_log_leave_out_what_is_null)
{
	struct play *play = *state;
	assert_true(play_run(play, OH_MESSAGE, logs)->ok);
	assert_string_equal(buf_text(&play->log), "order placed order=5 n=1\nalone\n");
}

static int asks_secrets(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_string_equal(oh_secret(event, "OH_TEST_SECRET"), "s3cret");
	assert_null(oh_secret(event, "OH_TEST_NO_SECRET"));
	assert_true(oh_ok(event));
	return OH_OK;
}

static int asks_another_secret(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_null(oh_secret(event, oh_param(event, "Body")));
	assert_null(oh_secret(event, NULL));
	return OH_OK;
}

PLAY_TEST(a_secret_is_what_the_server_sent_and_a_name_that_it_did_not_is_a_mistake)
{
	const struct pair pairs[] = {
	    {SPAN("OH_TEST_NO_SECRET"), {NULL, 0}},
	    {SPAN("OH_TEST_SECRET"), SPAN("s3cret")},
	};
	struct play *play = *state;
	play->world.secrets = (struct frame_settings){pairs, 2};
	assert_true(play_run(play, OH_MESSAGE, asks_secrets)->ok);
	const struct frame_result *result =
	    play_run(play, OH_MESSAGE, asks_another_secret);
	assert_false(result->ok);
	assert_non_null(memmem(
	    result->failure.ptr, result->failure.len, ".secrets", strlen(".secrets")));
}

PLAY_TEST(a_route_beyond_the_table_fails)
{
	struct play *play = *state;
	play->event.route = 1;
	assert_false(play_run(play, OH_MESSAGE, must_not_run)->ok);
}
