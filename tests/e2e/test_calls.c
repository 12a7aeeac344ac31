/* Calls: the first document, its recording and transcription, statuses. */
#include "conversation.h"

#include <stdio.h>
#include <string.h>

#define CALL                                                                           \
	"CallSid=CA00000000000000000000000000000001&From=%2B15551230001"               \
	"&To=%2B15559990000&Direction=inbound&ApiVersion=2010-04-01&AccountSid="       \
	"AC00000000000000000000000000000001"
#define BY_SID    "{\"callSid\":\"CA00000000000000000000000000000001\"}"
#define RECORDING "RecordingSid=RE00000000000000000000000000000001&"

TEST(a_call_is_answered_with_say_and_record)
{
	struct talk *talk = *state;
	struct answer answer;
	talk_post(talk, &answer, "/twilio/voice", CALL "&CallStatus=ringing");
	assert_int_equal(answer.status, 200);
	assert_non_null(strstr(answer.body.ptr, "<Say voice=\"alice\">"));
	assert_non_null(strstr(answer.body.ptr, "<Record "));
	assert_non_null(strstr(answer.body.ptr, "action=\"/twilio/voice/recording\""));
	answer_clear(&answer);
	assert_string_equal(talk_field(talk, "calls", BY_SID, "status"), "ringing");
	assert_string_equal(talk_field(talk, "calls", BY_SID, "direction"), "inbound");
}

TEST(a_record_action_thanks_and_hangs_up)
{
	struct talk *talk = *state;
	struct answer answer;
	talk_post(talk, &answer, "/twilio/voice/recording",
	    CALL "&CallStatus=in-progress&RecordingUrl=https%3A%2F%2Fapi.twilio.com%2F"
		 "RE00000000000000000000000000000001&" RECORDING
		 "RecordingDuration=4&Digits=hangup");
	assert_int_equal(answer.status, 200);
	assert_non_null(strstr(answer.body.ptr, "<Hangup/>"));
	answer_clear(&answer);
}

TEST(recording_and_transcription_end_up_on_the_call)
{
	struct talk *talk = *state;
	talk_expect(talk, "/twilio/voice/recording",
	    CALL "&" RECORDING "RecordingStatus=completed&RecordingDuration=4"
		 "&RecordingUrl=https%3A%2F%2Fapi.twilio.com%2Fx",
	    204);
	talk_expect(talk, "/twilio/voice/recording",
	    CALL "&" RECORDING "RecordingStatus=in-progress", 204);
	talk_expect(talk, "/twilio/voice/transcription",
	    CALL "&" RECORDING "TranscriptionSid=TR00000000000000000000000000000001"
		 "&TranscriptionStatus=completed&TranscriptionText=call+me",
	    204);
	json_t *found = talk_query(talk, "calls", BY_SID);
	json_t *recordings = json_object_get(json_array_get(found, 0), "recordings");
	assert_int_equal(json_array_size(recordings), 1);
	const char *status, *text, *url;
	int seconds;
	assert_int_equal(
	    json_unpack(json_array_get(recordings, 0), "{s:s, s:s, s:s, s:i}", "status",
		&status, "transcriptionText", &text, "url", &url, "duration", &seconds),
	    0);
	assert_string_equal(status, "completed");
	assert_string_equal(text, "call me");
	assert_string_equal(url, "https://api.twilio.com/x");
	assert_int_equal(seconds, 4);
	json_decref(found);
}

TEST(a_calls_status_rises_and_its_first_end_stays)
{
	struct talk *talk = *state;

	static const struct {
		const char *arrives, *want;
	} rows[] = {{"in-progress", "in-progress"}, {"ringing", "in-progress"},
	    {"completed", "completed"}, {"busy", "completed"},
	    {"in-progress", "completed"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char form[400];
		(void)snprintf(form, sizeof(form),
		    "%s&CallbackSource=call-progress-events&SequenceNumber=%zu"
		    "&CallStatus=%s%s",
		    CALL, i, rows[i].arrives,
		    strcmp(rows[i].arrives, "completed") == 0 ? "&CallDuration=49"
							      : "");
		talk_expect(talk, "/twilio/voice/status", form, 204);
		assert_string_equal(
		    talk_field(talk, "calls", BY_SID, "status"), rows[i].want);
	}
	json_t *found = talk_query(talk, "calls", "{\"duration\":49}");
	assert_int_equal(json_array_size(found), 1);
	json_decref(found);
}

/* Nothing signed tells a replay of a voice document from a caller; its call's end
 * does. */
TEST(a_voice_document_repeats_only_after_the_calls_end)
{
	struct talk *talk = *state;
	const char *form =
	    "CallSid=CA00000000000000000000000000000002&Digits=1&From=%2B1";
	json_t *events = talk_events(talk);
	size_t before = json_array_size(events);
	json_decref(events);
	talk_expect(talk, "/twilio/voice", form, 200);
	talk_expect(talk, "/twilio/voice", form, 200);
	events = talk_events(talk);
	assert_int_equal(json_array_size(events), before + 2);
	json_decref(events);
	talk_expect(talk, "/twilio/voice/status",
	    "CallSid=CA00000000000000000000000000000002&CallbackSource=call-progress-"
	    "events&CallStatus=completed&SequenceNumber=2",
	    204);
	talk_expect(talk, "/twilio/voice", form, 200);
	events = talk_events(talk);
	assert_int_equal(json_array_size(events), before + 3);
	json_decref(events);
}

static void post_with_token(
    const struct talk *talk, const char *form, const char *token, char reply[4096])
{
	char headers[256];
	char signature[64];
	struct buf request = {0};
	struct answer answer;
	talk_signature(signature, TALK_TOKEN, TALK_URL "/twilio/voice", form);
	(void)snprintf(headers, sizeof(headers), "%sI-Twilio-Idempotency-Token: %s\r\n",
	    signature, token);
	talk_request(&request, "/twilio/voice", headers, form);
	talk_once(talk, &answer, &request);
	assert_int_equal(answer.status, 200);
	(void)snprintf(reply, 4096, "%s", buf_text(&answer.body));
	answer_clear(&answer);
	buf_free(&request);
}

/* The token is not signed: while the call lives it tells a retry from a caller who
 * presses 1 again; once the call has ended another one is a replay. */
TEST(a_made_up_token_does_not_revive_an_ended_call)
{
	struct talk *talk = *state;
	const char *form =
	    "CallSid=CA00000000000000000000000000000004&Digits=1&From=%2B1";

	static const struct {
		const char *token;
		size_t events;
	} rows[] = {{"a", 1}, {"a", 1}, {"b", 2}, {"b", 2}, {NULL, 3}, {"a", 3},
	    {"c", 3}, {"d", 3}};

	char reply[4096];
	json_t *events = talk_events(talk);
	size_t before = json_array_size(events);
	json_decref(events);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].token == NULL)
			talk_expect(talk, "/twilio/voice/status",
			    "CallSid=CA00000000000000000000000000000004&CallbackSource="
			    "call-progress-events&CallStatus=completed&SequenceNumber=2",
			    204);
		else
			post_with_token(talk, form, rows[i].token, reply);
		events = talk_events(talk);
		assert_int_equal(json_array_size(events), before + rows[i].events);
		json_decref(events);
	}
}

TEST(the_fallback_apologises_to_callers_and_is_silent_for_messages)
{
	struct talk *talk = *state;
	struct answer answer;
	talk_post(talk, &answer, "/twilio/fallback",
	    "CallSid=CA00000000000000000000000000000003&ErrorCode=11200&ErrorUrl="
	    "https%3A%2F%2Felsewhere.example.com%2Fvoice");
	assert_int_equal(answer.status, 200);
	assert_non_null(strstr(answer.body.ptr, "<Say"));
	answer_clear(&answer);
	talk_post(talk, &answer, "/twilio/fallback",
	    "MessageSid=SM00000000000000000000000000000003&ErrorCode=11200&ErrorUrl="
	    "https%3A%2F%2Felsewhere.example.com%2Fsms&Body=hi&From=%2B1&To=%2B2");
	assert_int_equal(answer.status, 200);
	assert_non_null(strstr(answer.body.ptr, "<Response/>"));
	answer_clear(&answer);
	assert_string_equal(
	    talk_field(talk, "sms_messages",
		"{\"messageSid\":\"SM00000000000000000000000000000003\"}", "body"),
	    "hi");
}

TEST_GROUP(talk_setup, talk_teardown)
