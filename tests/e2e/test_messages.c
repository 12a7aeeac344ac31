/* Messages: an SMS and an MMS in, TwiML out, statuses afterwards, what is stored. */
#include "conversation.h"

#include <stdio.h>
#include <string.h>

#define ACCOUNT "AccountSid=AC00000000000000000000000000000001&ApiVersion=2010-04-01"
#define SMS                                                                            \
	"MessageSid=SM00000000000000000000000000000001&From=%2B15551230001"            \
	"&To=%2B15559990000&Body=Hello+%26+%3Cgoodbye%3E&NumMedia=0&SmsStatus="        \
	"received&" ACCOUNT
#define BY_SID "{\"messageSid\":\"SM00000000000000000000000000000001\"}"

TEST(an_sms_is_answered_and_stored)
{
	struct talk *talk = *state;
	struct answer answer;
	talk_post(talk, &answer, "/twilio/sms", SMS);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.type, "text/xml; charset=utf-8");
	assert_int_equal(answer.body.ptr[0], '<');
	assert_non_null(strstr(answer.body.ptr, "Hello &amp; &lt;goodbye&gt;"));
	answer_clear(&answer);

	json_t *found = talk_query(talk, "sms_messages", BY_SID);
	assert_int_equal(json_array_size(found), 1);
	json_t *doc = json_array_get(found, 0);
	json_t *media = NULL;
	const char *from, *to, *body, *direction, *received_at, *status;
	int count = -1;
	json_error_t error;
	assert_int_equal(
	    json_unpack_ex(doc, &error, JSON_VALIDATE_ONLY, "{s:s, s:n, s:n, s:n}",
		"_id", "errorCode", "errorMessage", "updatedAt"),
	    0);
	assert_int_equal(
	    json_unpack_ex(doc, &error, 0, "{s:s, s:s, s:s, s:s, s:i, s:o, s:s, s:s}",
		"from", &from, "to", &to, "body", &body, "direction", &direction,
		"numMedia", &count, "media", &media, "receivedAt", &received_at,
		"status", &status),
	    0);
	assert_string_equal(from, "+15551230001");
	assert_string_equal(to, "+15559990000");
	assert_string_equal(body, "Hello & <goodbye>");
	assert_string_equal(direction, "inbound");
	assert_string_equal(status, "received");
	assert_int_equal(count, 0);
	assert_int_equal(json_array_size(media), 0);
	assert_int_equal(strlen(received_at), 24);
	json_decref(found);
}

TEST(an_mms_keeps_its_media)
{
	struct talk *talk = *state;
	talk_expect(talk, "/twilio/sms",
	    "MessageSid=MM00000000000000000000000000000002&From=%2B15551230002"
	    "&To=%2B15559990000&Body=&NumMedia=2&MediaUrl0=https%3A%2F%2Fapi.twilio.com"
	    "%2Fa&MediaContentType0=image%2Fjpeg&MediaUrl1=https%3A%2F%2Fapi.twilio.com"
	    "%2Fb&MediaContentType1=image%2Fpng&" ACCOUNT,
	    200);
	json_t *found =
	    talk_query(talk, "sms_messages", "{\"media.contentType\":\"image/png\"}");
	assert_int_equal(json_array_size(found), 1);
	json_t *media = json_object_get(json_array_get(found, 0), "media");
	assert_int_equal(json_array_size(media), 2);
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(media, 1), "url")),
	    "https://api.twilio.com/b");
	json_decref(found);
}

static void status(struct talk *talk, const char *sid, const char *value)
{
	char form[400];
	(void)snprintf(form, sizeof(form),
	    "MessageSid=%s&MessageStatus=%s&SmsStatus=%s&To=%%2B15551230001"
	    "&From=%%2B15559990000&%s%s",
	    sid, value, value, ACCOUNT,
	    strcmp(value, "undelivered") == 0 ? "&ErrorCode=30003" : "");
	talk_expect(talk, "/twilio/sms/status", form, 204);
}

/* faults 2.8 */
TEST(what_advanced_opt_out_has_answered_is_kept_and_not_answered_again)
{
	static const struct {
		const char *type, *want;
	} rows[] = {
	    {"STOP", "<Response/>"},
	    {"START", "<Response/>"},
	    {"HELP", "<Response/>"},
	    {"", "Thanks for your message!"},
	};
	struct talk *talk = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char form[200], filter[80];
		(void)snprintf(form, sizeof(form),
		    "MessageSid=SM000000000000000000000000000008%02zu&From=%%2B1555"
		    "&Body=x&OptOutType=%s",
		    i, rows[i].type);
		talk_expect_text(talk, "/twilio/sms", form, rows[i].want);
		(void)snprintf(filter, sizeof(filter),
		    "{\"messageSid\":\"SM000000000000000000000000000008%02zu\"}", i);
		assert_int_equal(talk_count(talk, "sms_messages", filter), 1);
	}
}

TEST(a_status_never_goes_backwards)
{
	struct talk *talk = *state;

	static const struct {
		const char *arrives, *want;
	} rows[] = {{"queued", "queued"}, {"delivered", "delivered"},
	    {"sent", "delivered"}, {"undelivered", "delivered"},
	    {"sparkling", "delivered"}, {"read", "read"}, {"delivered", "read"}};

	const char *sid = "SM0000000000000000000000000000000a";
	const char *filter = "{\"messageSid\":\"SM0000000000000000000000000000000a\"}";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		status(talk, sid, rows[i].arrives);
		assert_string_equal(
		    talk_field(talk, "sms_messages", filter, "status"), rows[i].want);
	}
	assert_string_equal(
	    talk_field(talk, "sms_messages", filter, "direction"), "outbound");
}

TEST(a_failure_keeps_its_code_as_text)
{
	struct talk *talk = *state;
	status(talk, "SM0000000000000000000000000000000b", "undelivered");
	assert_string_equal(
	    talk_field(talk, "sms_messages",
		"{\"messageSid\":\"SM0000000000000000000000000000000b\"}", "errorCode"),
	    "30003");
}

/* faults 1.10 */
TEST(a_reason_that_comes_later_is_kept)
{
	struct talk *talk = *state;
	const char *filter = "{\"messageSid\":\"SM0000000000000000000000000000000d\"}";
	const char *form = "MessageSid=SM0000000000000000000000000000000d&" ACCOUNT
			   "&MessageStatus=failed";
	talk_expect(talk, "/twilio/sms/status", form, 204);
	assert_string_equal(
	    talk_field(talk, "sms_messages", filter, "status"), "failed");
	talk_expect(talk, "/twilio/sms/status",
	    "MessageSid=SM0000000000000000000000000000000d&" ACCOUNT
	    "&MessageStatus=failed&ErrorCode=30003",
	    204);
	assert_string_equal(
	    talk_field(talk, "sms_messages", filter, "errorCode"), "30003");
	talk_expect(talk, "/twilio/sms/status",
	    "MessageSid=SM0000000000000000000000000000000d&" ACCOUNT
	    "&MessageStatus=failed&ErrorCode=30005",
	    204);
	assert_string_equal(
	    talk_field(talk, "sms_messages", filter, "errorCode"), "30003");
}

TEST(a_status_on_the_message_route_is_no_message)
{
	struct talk *talk = *state;
	talk_expect(talk, "/twilio/sms",
	    "MessageSid=SM0000000000000000000000000000000c&MessageStatus=sent&" ACCOUNT,
	    204);
	assert_string_equal(
	    talk_field(talk, "sms_messages",
		"{\"messageSid\":\"SM0000000000000000000000000000000c\"}", "status"),
	    "sent");
}

TEST(a_long_body_is_cut_so_that_the_reply_fits)
{
	struct talk *talk = *state;
	char form[3000] = "MessageSid=SM0000000000000000000000000000000d&Body=";
	memset(form + strlen(form), 'x', 1600);
	struct answer answer;
	talk_post(talk, &answer, "/twilio/sms", form);
	assert_int_equal(answer.status, 200);
	assert_true(answer.body.len < 1900);
	assert_non_null(strstr(answer.body.ptr, "…"));
	answer_clear(&answer);
}

TEST(a_get_webhook_is_as_good_as_a_post)
{
	struct talk *talk = *state;
	char signature[64];
	struct buf request = {0};
	struct answer answer;
	const char *target = "/twilio/sms?MessageSid=SM0000000000000000000000000000000e"
			     "&Body=by+GET&From=%2B1555";
	char url[300];
	(void)snprintf(url, sizeof(url), TALK_URL "%s", target);
	talk_signature(signature, TALK_TOKEN, url, NULL);
	buf_printf(&request, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", target, signature);
	talk_once(talk, &answer, &request);
	assert_int_equal(answer.status, 200);
	assert_non_null(strstr(answer.body.ptr, "by GET"));
	answer_clear(&answer);
	buf_free(&request);
}

TEST(events_tell_what_came)
{
	struct talk *talk = *state;
	json_t *events = talk_events(talk);
	json_t *first = json_array_get(events, 0);
	const char *kind, *sid, *route, *event_state, *body;
	int reply_status;
	assert_int_equal(
	    json_unpack(first, "{s:s, s:s, s:s, s:s, s:{s:i}, s:{s:s}}", "kind", &kind,
		"sid", &sid, "route", &route, "state", &event_state, "reply", "status",
		&reply_status, "params", "Body", &body),
	    0);
	assert_string_equal(kind, "sms.received");
	assert_string_equal(sid, "SM00000000000000000000000000000001");
	assert_string_equal(route, "/twilio/sms");
	assert_string_equal(event_state, "done");
	assert_string_equal(body, "Hello & <goodbye>");
	assert_int_equal(reply_status, 200);
	json_decref(events);
}

TEST_GROUP(talk_setup, talk_teardown)
