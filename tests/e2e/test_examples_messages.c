/* The examples about messages, each driven as Twilio would: sms, status, multi, async,
 * idempotency, mms. */
#include <stdlib.h>
#include <string.h>

#include "talk_jobs.h"

#define ACCOUNT "&AccountSid=ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&ApiVersion=2010-04-01"
#define SID(n)  "SM0000000000000000000000000000000" n
#define FROM_TO "&From=%2B15551234567&To=%2B15559876543"
#define MESSAGE(n, body)                                                               \
	"MessageSid=" SID(n) FROM_TO ACCOUNT "&NumMedia=0&SmsStatus=received&Body=" body
#define STATUS(n, status) "MessageSid=" SID(n) FROM_TO ACCOUNT "&MessageStatus=" status

/* ---- sms ---- */

TEST(sms_stores_the_message_and_answers_with_its_words)
{
	struct talk talk;
	talk_start_example(&talk, "sms");
	talk_expect_text(&talk, "/twilio/sms", MESSAGE("1", "Hi+%3Cb%3E+%26+bye"),
	    "<Message>Thanks for your message! We received: \"Hi &lt;b&gt; &amp; "
	    "bye\"</Message>");
	assert_string_equal(talk_field(&talk, "sms_messages",
				"{\"messageSid\": \"" SID("1") "\"}", "body"),
	    "Hi <b> & bye");
	assert_string_equal(
	    talk_field(&talk, "sms_messages", "{\"direction\": \"inbound\"}", "from"),
	    "+15551234567");
	talk_end(&talk);
}

/* faults 2.3 */
TEST(sms_stores_a_message_without_words)
{
	struct talk talk;
	talk_start_example(&talk, "sms");
	talk_expect_text(&talk, "/twilio/sms", "MessageSid=" SID("1") FROM_TO ACCOUNT,
	    "<Message>Thanks for your message! We received: \"\"</Message>");
	assert_string_equal(
	    talk_field(&talk, "sms_messages", "{\"direction\": \"inbound\"}", "body"),
	    "");
	talk_end(&talk);
}

/* faults 2.2 */
TEST(sms_stores_all_of_a_message_that_has_a_nul)
{
	struct talk talk;
	talk_start_example(&talk, "sms");
	talk_expect_text(&talk, "/twilio/sms", MESSAGE("1", "x.yy%00live.com"),
	    "We received: \"x.yy\xEF\xBF\xBDlive.com\"</Message>");
	assert_string_equal(
	    talk_field(&talk, "sms_messages", "{\"direction\": \"inbound\"}", "body"),
	    "x.yy\xEF\xBF\xBDlive.com");
	talk_end(&talk);
}

TEST(sms_answers_nobody_without_a_signature)
{
	struct talk talk;
	struct answer answer;
	struct buf request = {0};
	talk_start_example(&talk, "sms");
	talk_request(&request, "/twilio/sms",
	    "X-Twilio-Signature: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n", MESSAGE("1", "Hi"));
	talk_once(&talk, &answer, &request);
	assert_int_equal(answer.status, 403);
	answer_clear(&answer);
	buf_free(&request);
	talk_expect(&talk, "/twilio/sms", MESSAGE("2", "Hi"), 200);
	assert_int_equal(talk_count(&talk, "sms_messages", "{}"), 1);
	talk_end(&talk);
}

/* ---- status ---- */

/* The example keeps the status of messages that the sending program has stored. */
TEST(status_alerts_and_queues_a_retry_when_not_delivered)
{
	struct talk talk;
	talk_start_example(&talk, "status");
	talk_expect(&talk, "/twilio/status", STATUS("1", "sent"), 204);
	talk_expect(&talk, "/twilio/status",
	    STATUS("1", "undelivered") "&ErrorCode=30003&ErrorMessage=Unreachable",
	    204);
	assert_string_equal(talk_field(&talk, "alerts",
				"{\"messageSid\": \"" SID("1") "\"}", "errorCode"),
	    "30003");
	talk_await(&talk, "resend", "waiting", 1);
	talk_end(&talk);
}

TEST(status_does_not_retry_who_has_opted_out)
{
	struct talk talk;
	talk_start_example(&talk, "status");
	talk_expect(
	    &talk, "/twilio/status", STATUS("1", "failed") "&ErrorCode=30003", 204);
	talk_expect(
	    &talk, "/twilio/status", STATUS("2", "failed") "&ErrorCode=21610", 204);
	assert_int_equal(talk_count(&talk, "alerts", "{}"), 2);
	talk_await(&talk, "resend", "waiting", 1);
	talk_end(&talk);
}

/* faults 2.7 */
TEST(status_keeps_delivered_when_sent_comes_late_and_then_read)
{
	struct talk talk;
	/* The message itself: stored by the example that knows how. */
	talk_start_example(&talk, "sms");
	talk_expect(&talk, "/twilio/sms", MESSAGE("1", "Hi"), 200);
	talk_stop(&talk);
	talk_use_example(&talk, "status");
	talk_again(&talk);
	talk_expect(&talk, "/twilio/status", STATUS("1", "delivered"), 204);
	talk_expect(&talk, "/twilio/status", STATUS("1", "sent"), 204);
	assert_string_equal(talk_field(&talk, "sms_messages",
				"{\"messageSid\": \"" SID("1") "\"}", "status"),
	    "delivered");
	talk_expect(&talk, "/twilio/status", STATUS("1", "read"), 204);
	talk_expect(&talk, "/twilio/status", STATUS("1", "delivered") "&late=yes", 204);
	assert_string_equal(talk_field(&talk, "sms_messages",
				"{\"messageSid\": \"" SID("1") "\"}", "status"),
	    "read");
	talk_end(&talk);
}

/* ---- multi ---- */

TEST(multi_keeps_each_kind_through_its_filter)
{
	struct talk talk;
	const char call[] =
	    "CallSid=CA00000000000000000000000000000001" FROM_TO ACCOUNT;
	struct buf form = {0};
	talk_start_example(&talk, "multi");
	talk_expect_text(
	    &talk, "/twilio/sms", MESSAGE("1", "Hi"), "Thanks! We got your message.");
	talk_expect(&talk, "/twilio/sms/status", STATUS("1", "delivered"), 204);
	buf_printf(&form, "%s&CallStatus=ringing&Direction=inbound", call);
	talk_expect_text(&talk, "/twilio/voice", buf_text(&form),
	    "<Say voice=\"alice\">Hello, thank you for calling!</Say><Hangup/>");
	buf_clear(&form);
	buf_printf(&form,
	    "%s&CallStatus=completed&CallDuration=42&CallbackSource=call-progress-events"
	    "&SequenceNumber=3",
	    call);
	talk_expect(&talk, "/twilio/voice/status", buf_text(&form), 204);
	buf_free(&form);
	assert_int_equal(talk_count(&talk, "webhooks", "{}"), 4);
	assert_string_equal(
	    talk_field(&talk, "webhooks", "{\"type\": \"call.status\"}", "duration"),
	    "42");
	assert_string_equal(
	    talk_field(&talk, "webhooks", "{\"type\": \"sms.status\"}", "status"),
	    "delivered");
	assert_string_equal(
	    talk_field(&talk, "webhooks", "{\"type\": \"sms.received\"}", "body"),
	    "Hi");
	talk_end(&talk);
}

TEST(multi_lets_no_other_account_through)
{
	struct talk talk;
	struct answer answer;
	(void)setenv("TWILIO_ACCOUNT_SID", "ACbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", 1);
	talk_start_example(&talk, "multi");
	(void)unsetenv("TWILIO_ACCOUNT_SID");
	talk_post(&talk, &answer, "/twilio/sms", MESSAGE("1", "Hi"));
	assert_int_equal(answer.status, 200);
	assert_null(strstr(buf_text(&answer.body), "Message"));
	answer_clear(&answer);
	json_t *events = talk_events(&talk);
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(events, 0), "state")),
	    "failed");
	json_decref(events);
	talk_end(&talk);
}

/* ---- async, idempotency ---- */

TEST(async_stores_the_job_with_the_message)
{
	struct talk talk;
	talk_start_example(&talk, "async");
	talk_expect_text(&talk, "/twilio/sms", MESSAGE("1", "Hi"),
	    "<Message>Got it! Processing your request...</Message>");
	assert_string_equal(talk_field(&talk, "sms_messages",
				"{\"messageSid\": \"" SID("1") "\"}", "body"),
	    "Hi");
	talk_await(&talk, "processSms", "done", 1);
	assert_int_equal(talk_count(&talk, "sms_messages", "{\"processed\": true}"), 1);
	talk_end(&talk);
}

TEST(idempotency_runs_the_handler_once_for_three_webhooks)
{
	struct talk talk;
	talk_start_example(&talk, "idempotency");
	for (int i = 0; i < 3; i++)
		talk_expect_text(&talk, "/twilio/sms", MESSAGE("1", "Two+pizzas"),
		    "Ordered, once: Two pizzas");
	assert_int_equal(talk_count(&talk, "orders", "{\"runs\": 1}"), 1);
	talk_expect(&talk, "/twilio/sms", MESSAGE("2", "Two+pizzas"), 200);
	assert_int_equal(talk_count(&talk, "orders", "{\"runs\": 1}"), 2);
	talk_end(&talk);
}

/* ---- mms ---- */

TEST(mms_keeps_the_media_and_sends_the_picture_back)
{
	struct talk talk;
	talk_start_example(&talk, "mms");
	talk_expect_text(&talk, "/twilio/sms",
	    "MessageSid=MM00000000000000000000000000000001" FROM_TO ACCOUNT
	    "&Body=Look&NumMedia=2"
	    "&MediaContentType0=image%2Fjpeg&MediaUrl0=https%3A%2F%2Fa.example%2F0"
	    "&MediaContentType1=video%2Fmp4&MediaUrl1=https%3A%2F%2Fa.example%2F1",
	    "<Message><Body>Got 2 of them. Here is your first one back:</Body>"
	    "<Media>https://a.example/0</Media></Message>");
	assert_int_equal(
	    talk_count(&talk, "album", "{\"media.contentType\": \"video/mp4\"}"), 1);
	talk_await(&talk, "fetchMedia", "", 2);
	talk_end(&talk);
}

TEST(mms_asks_for_a_picture_when_there_is_none)
{
	struct talk talk;
	talk_start_example(&talk, "mms");
	talk_expect_text(
	    &talk, "/twilio/sms", MESSAGE("1", "Hi"), "<Message>Send us a picture!");
	talk_end(&talk);
}
