#include "test.h"

#include "twilio/event.h"

#include <stdlib.h>

/* Reads a webhook written as "ROUTE-KIND METHOD TARGET BODY [TOKEN]"; a body that
 * begins with { or [ is JSON. What out points to lives in the arena. */
static void read_webhook(struct event *out, const char *text, struct arena *arena)
{
	char *words[5] = {NULL};
	char *rest = arena_strdup(arena, text);
	for (size_t i = 0; i < 5; i++)
		words[i] = strtok_r(rest, " ", &rest);
	assert_non_null(words[3]);
	struct span body = span_of(words[3]);
	bool json = body.ptr[0] == '{' || body.ptr[0] == '[';
	struct params params;
	assert_int_equal(
	    params_parse(&params, json ? SPAN("") : body, arena), PARAMS_OK);
	struct event_source source = {
	    .route_kind = event_kind_find(span_of(words[0])),
	    .method = span_of(words[1]),
	    .target = span_of(words[2]),
	    .params = json ? NULL : &params,
	    .body = body,
	    .token = span_of(words[4]),
	    .prefix = SPAN("/hooks"),
	};
	assert_int_not_equal(source.route_kind, EVENT_KINDS);
	event_read(out, &source, arena);
}

static void kind_is(const char *webhook, enum event_kind want)
{
	struct arena *arena = arena_new();
	struct event event;
	read_webhook(&event, webhook, arena);
	if (event.kind != want)
		fail_msg("%s: got %s, want %s", webhook, event_kind_name(event.kind),
		    event_kind_name(want));
	arena_free(arena);
}

TEST(the_route_and_the_parameters_decide_the_kind)
{
	kind_is("sms.received POST /p MessageSid=SM1&SmsStatus=received&Body=x",
	    EVENT_SMS_RECEIVED);
	kind_is(
	    "sms.received POST /p MessageSid=SM1&MessageStatus=sent", EVENT_SMS_STATUS);
	kind_is("sms.received POST /p MessageSid=MM1&NumMedia=2&From=whatsapp:%2B1",
	    EVENT_SMS_RECEIVED);
	kind_is("sms.received POST /p x=1", EVENT_SMS_RECEIVED);
	kind_is("sms.status POST /p MessageSid=SM1&SmsStatus=sent", EVENT_SMS_STATUS);
	kind_is("call.received POST /p CallSid=CA1&CallStatus=ringing",
	    EVENT_CALL_RECEIVED);
	kind_is("call.received POST /p CallSid=CA1&CallStatus=completed",
	    EVENT_CALL_RECEIVED);
	kind_is("call.received POST /p CallSid=CA1&Digits=1", EVENT_CALL_ACTION);
	kind_is("call.received POST /p CallSid=CA1&Digits=", EVENT_CALL_ACTION);
	kind_is("call.received POST /p CallSid=CA1&SpeechResult=hi", EVENT_CALL_ACTION);
	kind_is("call.received POST /p CallSid=CA1&RecordingUrl=u", EVENT_CALL_ACTION);
	kind_is(
	    "call.received POST /p CallSid=CA1&DialCallStatus=busy", EVENT_CALL_ACTION);
	kind_is(
	    "call.received POST /p CallSid=CA1&CallStatus=ringing&CallbackSource=call-progress-events",
	    EVENT_CALL_STATUS);
	kind_is("call.action POST /p CallSid=CA1&CallStatus=completed&RecordingUrl=u",
	    EVENT_CALL_ACTION);
	kind_is("call.action POST /p RecordingSid=RE1&RecordingStatus=completed",
	    EVENT_RECORDING_STATUS);
	kind_is("recording.status POST /p RecordingSid=RE1&RecordingStatus=completed",
	    EVENT_RECORDING_STATUS);
	kind_is("recording.status POST /p CallSid=CA1&RecordingUrl=u&Digits=hangup",
	    EVENT_CALL_ACTION);
	kind_is("call.status POST /p CallSid=CA1&AnsweredBy=human", EVENT_CALL_STATUS);
	kind_is("transcription POST /p TranscriptionSid=TR1", EVENT_TRANSCRIPTION);
	kind_is("sms.received POST /p {}", EVENT_JSON);
	kind_is("other POST /p {}", EVENT_JSON);
	kind_is("other POST /p MessageSid=SM1&MessageStatus=sent", EVENT_SMS_STATUS);
	kind_is("other POST /p MessageSid=SM1&SmsStatus=received", EVENT_SMS_RECEIVED);
	kind_is("other POST /p SmsSid=SM1&Body=x", EVENT_SMS_RECEIVED);
	kind_is("other POST /p RecordingSid=RE1&RecordingStatus=completed&CallSid=CA1",
	    EVENT_RECORDING_STATUS);
	kind_is("other POST /p TranscriptionSid=TR1&CallSid=CA1", EVENT_TRANSCRIPTION);
	kind_is("other POST /p CallSid=CA1&CallbackSource=call-progress-events",
	    EVENT_CALL_STATUS);
	kind_is("other POST /p CallSid=CA1&Digits=1", EVENT_CALL_ACTION);
	kind_is("other POST /p CallSid=CA1", EVENT_CALL_RECEIVED);
	kind_is("other POST /p ConferenceSid=CF1&CallSid=CA1&StatusCallbackEvent=join",
	    EVENT_OTHER);
	kind_is("other POST /p Sid=NO1&Level=Error", EVENT_OTHER);
	kind_is("other POST /p x=1", EVENT_OTHER);
}

static void is_about(const char *webhook, const char *sid, const char *conversation)
{
	struct arena *arena = arena_new();
	struct event event;
	read_webhook(&event, webhook, arena);
	if (!span_is(event.sid, sid) || !span_is(event.conversation, conversation))
		fail_msg("%s: got \"%.*s\" in \"%.*s\"", webhook, SPAN_ARG(event.sid),
		    SPAN_ARG(event.conversation));
	arena_free(arena);
}

TEST(an_event_names_its_sid_and_its_conversation)
{
	is_about(
	    "sms.received POST /p MessageSid=SM1&SmsSid=SM2&From=a&To=b", "SM1", "a b");
	is_about(
	    "sms.received POST /p MessageSid=&SmsSid=SM2&From=a&To=b", "SM2", "a b");
	is_about(
	    "sms.status POST /p MessageSid=SM1&MessageStatus=sent&From=a", "SM1", "a ");
	is_about("sms.received POST /p Body=x", "", "");
	is_about("call.received POST /p CallSid=CA1&From=a&To=b", "CA1", "CA1");
	is_about(
	    "recording.status POST /p RecordingSid=RE1&RecordingStatus=x&CallSid=CA1",
	    "RE1", "CA1");
	is_about(
	    "recording.status POST /p RecordingSid=RE1&RecordingStatus=x&ConferenceSid=CF1",
	    "RE1", "");
	is_about("transcription POST /p TranscriptionSid=TR1&CallSid=CA1&From=a", "TR1",
	    "CA1");
	is_about("other POST /p ConferenceSid=CF1&CallSid=CA1&StatusCallbackEvent=x",
	    "CF1", "CA1");
	is_about("other POST /p Sid=NO1", "NO1", "");
	is_about("other POST /p {}", "", "");
}

enum { SAME, SAME_CONTENT, DIFFERENT };

static int compare(const char *first, const char *second)
{
	struct arena *arena = arena_new();
	struct event a;
	struct event b;
	read_webhook(&a, first, arena);
	read_webhook(&b, second, arena);
	int got = memcmp(a.key, b.key, EVENT_KEY_SIZE) == 0           ? SAME
		  : memcmp(a.content, b.content, EVENT_KEY_SIZE) == 0 ? SAME_CONTENT
								      : DIFFERENT;
	arena_free(arena);
	return got;
}

static void check_pair(const char *first, const char *second, int want)
{
	static const char *const words[] = {"same", "same content", "different"};
	int got = compare(first, second);
	if (got != want)
		fail_msg("%s and %s: got %s, want %s", first, second, words[got],
		    words[want]);
}

static void same(const char *first, const char *second)
{
	check_pair(first, second, SAME);
}

/* But for the token they came with. */
static void same_content(const char *first, const char *second)
{
	check_pair(first, second, SAME_CONTENT);
}

static void different(const char *first, const char *second)
{
	check_pair(first, second, DIFFERENT);
}

TEST(messages_are_the_same_by_sid_status_and_target)
{
	same("sms.received POST /a MessageSid=S t",
	    "sms.received POST /a MessageSid=S&x=1 u");
	same("sms.received POST /a MessageSid=S", "other POST /a MessageSid=S");
	same("sms.received POST /a MessageSid=S", "sms.received POST /a SmsSid=S");
	different(
	    "sms.received POST /a MessageSid=S", "sms.received POST /a MessageSid=T");
	different(
	    "sms.received POST /a MessageSid=S", "sms.received POST /b MessageSid=S");
	different(
	    "sms.received POST /a MessageSid=S", "sms.received POST /a?x MessageSid=S");
	different(
	    "sms.received POST /a MessageSid=S", "sms.status POST /a MessageSid=S");
	same("sms.status POST /a MessageSid=S&MessageStatus=sent",
	    "sms.status POST /a SmsSid=S&MessageStatus=sent&x=1 u");
	same("sms.status POST /a MessageSid=S&MessageStatus=sent",
	    "sms.received POST /a MessageSid=S&MessageStatus=sent");
	different("sms.status POST /a MessageSid=S&MessageStatus=sent",
	    "sms.status POST /a MessageSid=S&MessageStatus=delivered");
	different(
	    "sms.status POST /a MessageSid=S&MessageStatus=failed&ErrorCode=30003",
	    "sms.status POST /a MessageSid=S&MessageStatus=failed&ErrorCode=30005");
	different("sms.status POST /a MessageSid=S&SmsStatus=sent",
	    "sms.status POST /a MessageSid=S&SmsStatus=queued");
}

TEST(statuses_of_calls_recordings_and_transcriptions)
{
	same("call.status POST /a CallSid=C&CallStatus=busy&SequenceNumber=1",
	    "call.status POST /a CallSid=C&CallStatus=busy&SequenceNumber=1&z=1 u");
	different("call.status POST /a CallSid=C&CallStatus=busy&SequenceNumber=1",
	    "call.status POST /a CallSid=C&CallStatus=busy&SequenceNumber=2");
	different("call.status POST /a CallSid=C&CallStatus=busy",
	    "call.status POST /a CallSid=C&CallStatus=ringing");
	different("call.status POST /a CallSid=C&CallStatus=busy",
	    "call.status POST /a CallSid=D&CallStatus=busy");
	different("call.status POST /a CallSid=C&CallStatus=busy",
	    "call.status POST /b CallSid=C&CallStatus=busy");
	same("recording.status POST /a RecordingSid=R&RecordingStatus=completed t",
	    "recording.status POST /a RecordingSid=R&RecordingStatus=completed&x=1 u");
	different("recording.status POST /a RecordingSid=R&RecordingStatus=completed",
	    "recording.status POST /a RecordingSid=R&RecordingStatus=in-progress");
	different("recording.status POST /a RecordingSid=R&RecordingStatus=completed",
	    "recording.status POST /a RecordingSid=Q&RecordingStatus=completed");
	same("transcription POST /a TranscriptionSid=T&TranscriptionStatus=completed t",
	    "transcription POST /a TranscriptionSid=T&TranscriptionStatus=completed&x u");
	different(
	    "transcription POST /a TranscriptionSid=T&TranscriptionStatus=completed",
	    "transcription POST /a TranscriptionSid=T&TranscriptionStatus=failed");
}

TEST(voice_documents_are_the_same_by_token_and_content)
{
	same("call.received POST /a CallSid=C&Digits=1 t",
	    "call.received POST /a Digits=1&CallSid=C t");
	same("call.received POST /a CallSid=C&Digits=1 t",
	    "call.action POST /a CallSid=C&Digits=1 t");
	same_content("call.received POST /a CallSid=C&Digits=1 t",
	    "call.received POST /a CallSid=C&Digits=1 u");
	same_content("call.received POST /a CallSid=C&Digits=1 t",
	    "call.received POST /a CallSid=C&Digits=1");
	different("call.received POST /a CallSid=C&Digits=1 t",
	    "call.received POST /a CallSid=C&Digits=2 t");
	different("call.received POST /a CallSid=C&Digits=12",
	    "call.received POST /a CallSid=C&Digits1=2");
	different(
	    "call.received POST /a CallSid=C t", "call.received POST /b CallSid=C t");
	different(
	    "call.received POST /a CallSid=C t", "call.received POST /a CallSid=D t");
	different(
	    "call.received POST /a CallSid=C t", "call.received GET /a CallSid=C t");
}

TEST(anything_else_is_the_same_by_its_content)
{
	same("other POST /a x=1&y=2", "other POST /a y=2&x=1");
	different("other POST /a x=1&y=2", "other POST /a x=1&y=3");
	different("other POST /a x=1&x=2", "other POST /a x=12");
	same_content("other POST /a x=1 t", "other POST /a x=1 u");
	different("other POST /a x=1", "other POST /b x=1");
	different("other POST /a x=1", "other PUT /a x=1");
	different("other POST /a Sid=1&x=1", "other POST /a Sid=1&x=2");
	different("sms.received POST /a Body=x", "sms.received POST /a Body=y");
	same("sms.received POST /a Body=x", "sms.received POST /a Body=x");
	same("other POST /a {}", "other POST /a {}");
	different("other POST /a {}", "other POST /a []");
	different("other POST /a {}", "other POST /b {}");
	same_content("other POST /a {} t", "other POST /a {} u");
}

#define FALLBACK(url) "&ErrorCode=11200&ErrorUrl=" url

TEST(a_fallback_has_the_key_of_the_request_it_stands_for)
{
	same("sms.received POST /a?b=c MessageSid=S",
	    "other POST /f MessageSid=S" FALLBACK("https://h/a?b=c"));
	same("sms.received POST /a MessageSid=S",
	    "other POST /f MessageSid=S" FALLBACK("https://h/hooks/a%23rc=2"));
	same("sms.received POST /hooksa MessageSid=S",
	    "other POST /f MessageSid=S" FALLBACK("https://h/hooksa"));
	same("sms.received POST / MessageSid=S",
	    "other POST /f MessageSid=S" FALLBACK("https://u:p@h:1"));
	same("sms.received POST /?x MessageSid=S",
	    "other POST /f MessageSid=S" FALLBACK("https://h?x"));
	same("sms.received POST / MessageSid=S",
	    "other POST /f MessageSid=S" FALLBACK("https://h/hooks"));
	same("sms.received POST /a MessageSid=S",
	    "other POST /f MessageSid=S" FALLBACK("/a"));
	different("sms.received POST /a MessageSid=S",
	    "sms.received POST /a MessageSid=S" FALLBACK("/b"));
	same("call.received POST /a CallSid=C&x=1",
	    "other POST /f CallSid=C&x=1" FALLBACK("https://h/a"));
	same_content("call.action POST /a CallSid=C&x=1 t",
	    "other POST /f CallSid=C&x=1" FALLBACK("https://h/a") " u");
	different("call.received POST /a CallSid=C&x=1",
	    "other POST /f CallSid=C&x=2" FALLBACK("https://h/a"));
}

static void falls_back(const char *webhook, bool fallback, bool rejected)
{
	struct arena *arena = arena_new();
	struct event event;
	read_webhook(&event, webhook, arena);
	if (event.is_fallback != fallback || event.reply_rejected != rejected)
		fail_msg("%s", webhook);
	arena_free(arena);
}

TEST(a_fallback_tells_whether_the_reply_was_rejected)
{
	falls_back("other POST /f MessageSid=S", false, false);
	falls_back("other POST /f MessageSid=S&ErrorCode=12100", false, false);
	falls_back(
	    "other POST /f MessageSid=S&ErrorUrl=&ErrorCode=12100", false, false);
	falls_back("other POST /f MessageSid=S&ErrorUrl=u", true, false);
	falls_back(
	    "other POST /f MessageSid=S&ErrorUrl=u&ErrorCode=11200", true, false);
	falls_back(
	    "other POST /f MessageSid=S&ErrorUrl=u&ErrorCode=11999", true, false);
	falls_back("other POST /f MessageSid=S&ErrorUrl=u&ErrorCode=12000", true, true);
	falls_back("other POST /f MessageSid=S&ErrorUrl=u&ErrorCode=12300", true, true);
	falls_back("other POST /f MessageSid=S&ErrorUrl=u&ErrorCode=14999", true, true);
	falls_back(
	    "other POST /f MessageSid=S&ErrorUrl=u&ErrorCode=15000", true, false);
	falls_back("other POST /f MessageSid=S&ErrorUrl=u&ErrorCode=12x", true, false);
}

static void is_unique(const char *webhook, bool want)
{
	struct arena *arena = arena_new();
	struct event event;
	read_webhook(&event, webhook, arena);
	if (event.unique != want)
		fail_msg("%s", webhook);
	arena_free(arena);
}

TEST(only_a_voice_document_without_a_token_is_not_unique)
{
	is_unique("call.received POST /a CallSid=C", false);
	is_unique("call.action POST /a CallSid=C&Digits=1", false);
	is_unique("call.action POST /a CallSid=C&Digits=1", false);
	is_unique("call.action POST /a CallSid=C&Digits=1 t", true);
	is_unique("call.status POST /a CallSid=C", true);
	is_unique("sms.received POST /a MessageSid=S", true);
	is_unique("sms.received POST /a Body=x", true);
	is_unique("other POST /a x=1", true);
}

TEST(statuses_have_ranks)
{

	static const struct {
		const char *status;
		int message, call;
	} rows[] = {
	    {"accepted", 0, -1},
	    {"scheduled", 0, -1},
	    {"receiving", 0, -1},
	    {"received", 0, -1},
	    {"queued", 1, 0},
	    {"sending", 2, -1},
	    {"sent", 3, -1},
	    {"delivered", 4, -1},
	    {"undelivered", 4, -1},
	    {"failed", 4, 3},
	    {"canceled", 4, 3},
	    {"read", 5, -1},
	    {"initiated", -1, 0},
	    {"ringing", -1, 1},
	    {"in-progress", -1, 2},
	    {"completed", -1, 3},
	    {"busy", -1, 3},
	    {"no-answer", -1, 3},
	    {"partially_delivered", -1, -1},
	    {"Sent", -1, -1},
	    {"", -1, -1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    event_message_rank(span_of(rows[i].status)), rows[i].message);
		assert_int_equal(
		    event_call_rank(span_of(rows[i].status)), rows[i].call);
	}
}

TEST(kinds_have_names)
{
	for (int kind = 0; kind < EVENT_KINDS; kind++) {
		const char *name = event_kind_name((enum event_kind)kind);
		assert_int_equal(event_kind_find(span_of(name)), kind);
	}
	assert_string_equal(event_kind_name(EVENT_SMS_RECEIVED), "sms.received");
	assert_int_equal(event_kind_find(SPAN("sms")), EVENT_KINDS);
}
