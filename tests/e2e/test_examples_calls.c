/* The examples about calls, each driven through whole calls: voice, ivr, oncall. */
#include <stdlib.h>
#include <string.h>

#include "talk_jobs.h"

#define CALL_SID "CA00000000000000000000000000000001"
#define CALL                                                                           \
	"CallSid=" CALL_SID "&From=%2B15551234567&To=%2B15559876543"                   \
	"&AccountSid=ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&Direction=inbound"
#define RINGING CALL "&CallStatus=ringing"
#define TALKING CALL "&CallStatus=in-progress"
#define THIS    "{\"callSid\": \"" CALL_SID "\"}"

/* ---- voice ---- */

TEST(voice_records_and_keeps_what_was_said)
{
	struct talk talk;
	talk_start_example(&talk, "voice");
	talk_expect_text(&talk, "/twilio/voice", RINGING,
	    "<Say voice=\"alice\">Hello! Thank you for calling. Please leave a message "
	    "after the beep.</Say><Record ");
	assert_string_equal(talk_field(&talk, "calls", THIS, "status"), "ringing");
	talk_expect_text(&talk, "/twilio/voice/recorded",
	    TALKING "&RecordingUrl=https%3A%2F%2Fa.example%2FRE1&RecordingDuration=9",
	    "<Hangup/>");
	assert_string_equal(
	    talk_field(&talk, "calls", THIS, "recordingUrl"), "https://a.example/RE1");
	talk_expect(&talk, "/twilio/voice/transcription",
	    CALL "&TranscriptionSid=TR00000000000000000000000000000001"
		 "&TranscriptionStatus=completed&TranscriptionText=Call+me",
	    204);
	assert_string_equal(
	    talk_field(&talk, "calls", THIS, "transcription"), "Call me");
	talk_end(&talk);
}

TEST(voice_record_has_all_that_keeps_it_from_looping)
{
	struct talk talk;
	talk_start_example(&talk, "voice");
	talk_expect_text(&talk, "/twilio/voice", RINGING, "maxLength=\"60\"");
	talk_expect_text(&talk, "/twilio/voice", RINGING, "transcribe=\"true\"");
	talk_expect_text(&talk, "/twilio/voice", RINGING,
	    "action=\"https://example.com/twilio/voice/recorded\"");
	talk_expect_text(&talk, "/twilio/voice", RINGING,
	    "<Say>We did not receive a recording. Goodbye.</Say>");
	talk_end(&talk);
}

/* ---- ivr ---- */

static void start_ivr(struct talk *talk, const char *hours)
{
	(void)setenv("OPEN_HOURS", hours, 1);
	talk_start_example(talk, "ivr");
	(void)unsetenv("OPEN_HOURS");
}

TEST(ivr_offers_the_menu_only_when_open)
{
	struct talk open;
	struct talk closed;
	struct answer answer;
	start_ivr(&open, "always");
	talk_expect_text(&open, "/twilio/voice", RINGING,
	    "<Say>For sales, press 1. For support, press 2. To leave a message, press 3."
	    "</Say></Gather>");
	talk_end(&open);
	start_ivr(&closed, "0-0");
	talk_post(&closed, &answer, "/twilio/voice", RINGING);
	assert_non_null(strstr(buf_text(&answer.body), "Our office is closed."));
	assert_null(strstr(buf_text(&answer.body), "<Gather"));
	answer_clear(&answer);
	talk_end(&closed);
}

TEST(ivr_keys_lead_where_the_menu_says)
{
	struct talk talk;
	start_ivr(&talk, "always");
	talk_expect_text(
	    &talk, "/twilio/menu", TALKING "&Digits=1", ">+15550100001</Dial>");
	talk_expect_text(
	    &talk, "/twilio/menu", TALKING "&Digits=2", ">+15550100002</Dial>");
	talk_expect_text(&talk, "/twilio/menu", TALKING "&Digits=3",
	    "action=\"https://example.com/twilio/voicemail\"");
	talk_expect_text(
	    &talk, "/twilio/menu", TALKING "&Digits=9", "That is not on the menu.");
	talk_end(&talk);
}

TEST(ivr_takes_a_voicemail_when_nobody_answers)
{
	struct talk talk;
	start_ivr(&talk, "always");
	talk_expect_text(&talk, "/twilio/dialed", TALKING "&DialCallStatus=no-answer",
	    "Nobody can take your call right now.");
	talk_expect_text(
	    &talk, "/twilio/dialed", TALKING "&DialCallStatus=completed", "<Hangup/>");
	talk_expect_text(&talk, "/twilio/voicemail",
	    TALKING "&RecordingUrl=https%3A%2F%2Fa.example%2FRE1&RecordingDuration=7",
	    "We will call you back.");
	assert_int_equal(talk_count(&talk, "voicemails", "{\"seconds\": 7}"), 1);
	assert_null(talk_field(&talk, "voicemails", THIS, "text"));
	talk_expect(&talk, "/twilio/voicemail/text",
	    CALL "&TranscriptionSid=TR00000000000000000000000000000001"
		 "&TranscriptionStatus=completed&TranscriptionText=Call+me",
	    204);
	assert_string_equal(talk_field(&talk, "voicemails", THIS, "text"), "Call me");
	talk_end(&talk);
}

/* ---- oncall ---- */

static void start_oncall(struct talk *talk)
{
	(void)setenv("ONCALL", "+15550100001,+15550100002", 1);
	talk_start_example(talk, "oncall");
	(void)unsetenv("ONCALL");
}

TEST(oncall_rings_one_after_the_other_and_then_escalates)
{
	struct talk talk;
	start_oncall(&talk);
	talk_expect_text(&talk, "/twilio/voice", RINGING,
	    "<Number url=\"https://example.com/twilio/whisper\">+15550100001</Number>");
	talk_expect_text(&talk, "/twilio/next/1", TALKING "&DialCallStatus=no-answer",
	    "<Number url=\"https://example.com/twilio/whisper\">+15550100002</Number>");
	assert_string_equal(talk_field(&talk, "alerts", THIS, "state"), "ringing");
	talk_expect_text(
	    &talk, "/twilio/next/2", TALKING "&DialCallStatus=busy", "<Record ");
	assert_string_equal(talk_field(&talk, "alerts", THIS, "state"), "unanswered");
	talk_await(&talk, "escalate", "", 1);
	talk_expect_text(&talk, "/twilio/message",
	    TALKING "&RecordingUrl=https%3A%2F%2Fa.example%2FRE1",
	    "Your alert has been escalated.");
	assert_string_equal(
	    talk_field(&talk, "alerts", THIS, "recordingUrl"), "https://a.example/RE1");
	talk_end(&talk);
}

TEST(oncall_counts_only_who_took_the_call)
{
	struct talk talk;
	start_oncall(&talk);
	talk_expect(&talk, "/twilio/voice", RINGING, 200);
	talk_expect_text(&talk, "/twilio/whisper", TALKING,
	    "<Say>An alert. Press 1 to take it.</Say>");
	talk_expect_text(&talk, "/twilio/accept", TALKING "&Digits=2", "<Hangup/>");
	/* A voicemail picked up: completed, but never connected. */
	talk_expect_text(&talk, "/twilio/next/1",
	    TALKING "&DialCallStatus=completed&DialBridged=false", "+15550100002");
	talk_expect_text(&talk, "/twilio/next/2",
	    TALKING "&DialCallStatus=completed&DialBridged=true", "<Hangup/>");
	assert_string_equal(talk_field(&talk, "alerts", THIS, "state"), "answered");
	talk_end(&talk);
}
