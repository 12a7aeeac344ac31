#include "test.h"

#include "twilio/event.h"

#include <stdlib.h>

#include "util/text.h"

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
	    .route_kind = family_find(span_of(words[0]))->kind,
	    .in_query = strcmp(words[1], "GET") == 0,
	    .target = span_of(words[2]),
	    .params = json ? NULL : &params,
	    .body = body,
	    .token = span_of(words[4]),
	    .prefix = SPAN("/hooks"),
	};
	event_read(out, &source, arena);
}

static void kind_is(const char *webhook, enum event_kind want)
{
	struct arena *arena = arena_new();
	struct event event;
	read_webhook(&event, webhook, arena);
	if (event.kind != want)
		fail_msg("%s: got %s, want %s", webhook, event.name,
		    family_of_kind(want)->name);
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
	    "CF1", "CF1");
	is_about("other POST /p Sid=NO1", "NO1", "");
	is_about("other POST /p {}", "", "");
}

#define CALL "CA0123456789abcdef0123456789ABCDEF"
#define LEG  "CA0123456789abcdef0123456789abcdee"

static bool are_same(const char *first, const char *second, bool tokened)
{
	struct arena *arena = arena_new();
	struct event a, b;
	read_webhook(&a, first, arena);
	read_webhook(&b, second, arena);
	bool same = tokened ? a.has_token && b.has_token &&
				  memcmp(a.tokened, b.tokened, EVENT_KEY_SIZE) == 0
			    : memcmp(a.sameness, b.sameness, EVENT_KEY_SIZE) == 0;
	arena_free(arena);
	return same;
}

static void same(const char *first, const char *second)
{
	if (!are_same(first, second, false))
		fail_msg("%s and %s: are not the same", first, second);
}

static void different(const char *first, const char *second)
{
	if (are_same(first, second, false))
		fail_msg("%s and %s: are the same", first, second);
}

TEST(inbound_messages_are_the_same_by_sid_and_target)
{
	same("sms.received POST /a MessageSid=SM1 t",
	    "sms.received POST /a MessageSid=SM1&x=1 u");
	same("sms.received POST /a MessageSid=MM1&SmsStatus=received",
	    "other POST /a MessageSid=MM1");
	same("sms.received POST /a MessageSid=SM1", "sms.received POST /a SmsSid=SM1");
	different("sms.received POST /a MessageSid=SM1",
	    "sms.received POST /a MessageSid=SM2");
	different("sms.received POST /a MessageSid=SM1",
	    "sms.received POST /b MessageSid=SM1");
	different("sms.received POST /a MessageSid=SM1",
	    "sms.received POST /a?x MessageSid=SM1");
	different(
	    "sms.received POST /a MessageSid=SM1", "sms.status POST /a MessageSid=SM1");
	different(
	    "other POST /a MessageSid=IM1&x=1", "other POST /a MessageSid=IM1&x=2");
	different(
	    "other POST /a EventType=onMessageAdded&ConversationSid=CH1&MessageSid=SM1",
	    "other POST /a EventType=onMessageUpdated&ConversationSid=CH1&MessageSid=SM1");
}

TEST(all_else_is_the_same_by_everything_it_says)
{
	same("other POST /a x=1&y=2", "other POST /a y=2&x=1");
	same("other POST /a x=1&RetryCount=0", "other POST /a x=1&RetryCount=1");
	same("other POST /a x=1&RetryCount=0", "other POST /a x=1");
	same("other POST /a x=1 t", "other POST /a x=1 u");
	same("sms.status POST /a MessageSid=SM1&MessageStatus=sent",
	    "sms.received POST /a MessageSid=SM1&MessageStatus=sent");
	different("sms.status POST /a MessageSid=SM1&MessageStatus=sent",
	    "sms.status POST /a MessageSid=SM1&MessageStatus=delivered");
	different("sms.status POST /a SmsSid=SM1&SmsStatus=sent",
	    "sms.status POST /a SmsSid=SM1&SmsStatus=delivered");
	different("sms.status POST /a MessageSid=SM1&MessageStatus=failed",
	    "sms.status POST /a MessageSid=SM1&MessageStatus=failed&ErrorCode=30003");
	different("call.status POST /a CallSid=" CALL "&AnsweredBy=human",
	    "call.status POST /a CallSid=" CALL "&AnsweredBy=fax");
	different("other POST /a x=1&y=2", "other POST /a x=1&y=3");
	different("other POST /a x=1&x=2", "other POST /a x=12");
	different("other POST /a x=1&x=1", "other POST /a x=1");
	different("other POST /a x=12", "other POST /a x1=2");
	different("other POST /a x=1", "other POST /b x=1");
	different("other POST /a x=1", "other POST /a?q x=1");
	same("other GET /a?x=1&y=2 x=1&y=2", "other GET /a?y=2&x=1 y=2&x=1");
	different("other GET /a?x=1 x=1", "other GET /b?x=1 x=1");
}

TEST(json_is_the_same_by_target_and_body)
{
	same("other POST /a {}", "other POST /a {} t");
	same("other POST /a?bodySHA256=x {}", "other POST /a {}");
	same("other POST /a?bodySHA256=x&bodySHA256=x&q=1 {}", "other POST /a?q=1 {}");
	different("other POST /a {}", "other POST /a []");
	different("other POST /a {}", "other POST /b {}");
	different("other POST /a?q=1 {}", "other POST /a?q=2 {}");
}

static void is_document(const char *webhook, bool document, bool token)
{
	struct arena *arena = arena_new();
	struct event event;
	read_webhook(&event, webhook, arena);
	if (event.is_document != document || event.has_token != token)
		fail_msg("%s", webhook);
	arena_free(arena);
}

TEST(only_what_asks_for_a_calls_twiml_may_say_the_same_twice)
{
	is_document("call.received POST /a CallSid=" CALL, true, false);
	is_document("call.received POST /a CallSid=" CALL " t", true, true);
	is_document("call.action POST /a CallSid=" CALL "&Digits=1 t", true, true);
	is_document("call.received POST /a CallSid=CA1 t", false, false);
	is_document("call.received POST /a CallSid=" CALL "0 t", false, false);
	is_document(
	    "call.received POST /a CallSid=SM0123456789abcdef0123456789abcdef t", false,
	    false);
	is_document("call.status POST /a CallSid=" CALL " t", false, false);
	is_document(
	    "other POST /a CallSid=" CALL "&UnstableSpeechResult=x t", false, false);
	is_document("sms.received POST /a MessageSid=SM1 t", false, false);
	is_document("other POST /a {} t", false, false);
}

TEST(documents_of_a_live_call_are_the_same_by_what_they_say_and_their_token)
{
	static const char first[] = "call.received POST /a CallSid=" CALL "&Digits=1 t";
	assert_true(
	    are_same(first, "call.action POST /a Digits=1&CallSid=" CALL " t", true));
	assert_false(
	    are_same(first, "call.received POST /a CallSid=" CALL "&Digits=1 u", true));
	assert_false(
	    are_same(first, "call.received POST /a CallSid=" CALL "&Digits=1", true));
	assert_false(
	    are_same(first, "call.received POST /a CallSid=" CALL "&Digits=2 t", true));
	assert_false(
	    are_same(first, "call.received POST /b CallSid=" CALL "&Digits=1 t", true));
	assert_false(
	    are_same(first, "call.received POST /a CallSid=" LEG "&Digits=1 t", true));
	same(first, "call.received POST /a CallSid=" CALL "&Digits=1 u");
}

#define FALLBACK(url) "&ErrorCode=11200&ErrorUrl=" url

TEST(a_fallback_has_the_key_of_the_request_it_stands_for)
{
	same("sms.received POST /a?b=c MessageSid=SM1",
	    "other POST /f MessageSid=SM1" FALLBACK("https://h/a?b=c"));
	same("sms.received POST /a MessageSid=SM1",
	    "other POST /f MessageSid=SM1" FALLBACK("https://h/hooks/a%23rc=2"));
	same("sms.received POST /hooksa MessageSid=SM1",
	    "other POST /f MessageSid=SM1" FALLBACK("https://h/hooksa"));
	same("sms.received POST / MessageSid=SM1",
	    "other POST /f MessageSid=SM1" FALLBACK("https://u:p@h:1"));
	same("sms.received POST /?x MessageSid=SM1",
	    "other POST /f MessageSid=SM1" FALLBACK("https://h?x"));
	same("sms.received POST / MessageSid=SM1",
	    "other POST /f MessageSid=SM1" FALLBACK("https://h/hooks"));
	same("sms.received POST /a MessageSid=SM1",
	    "other POST /f MessageSid=SM1" FALLBACK("/a"));
	different("sms.received POST /a MessageSid=SM1",
	    "sms.received POST /a MessageSid=SM1" FALLBACK("/b"));
	same("call.received POST /a CallSid=C&x=1",
	    "other POST /f CallSid=C&x=1" FALLBACK("https://h/a"));
	same("other GET /a?x=1&y=2 x=1&y=2",
	    "other GET /f?x=1&y=2 x=1&y=2" FALLBACK("https://h/a"));
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
	falls_back("other POST /f MessageSid=SM1", false, false);
	falls_back("other POST /f MessageSid=SM1&ErrorCode=12100", false, false);
	falls_back(
	    "other POST /f MessageSid=SM1&ErrorUrl=&ErrorCode=12100", false, false);
	falls_back("other POST /f MessageSid=SM1&ErrorUrl=u", true, false);
	falls_back(
	    "other POST /f MessageSid=SM1&ErrorUrl=u&ErrorCode=11200", true, false);
	falls_back(
	    "other POST /f MessageSid=SM1&ErrorUrl=u&ErrorCode=11999", true, false);
	falls_back(
	    "other POST /f MessageSid=SM1&ErrorUrl=u&ErrorCode=12000", true, true);
	falls_back(
	    "other POST /f MessageSid=SM1&ErrorUrl=u&ErrorCode=12300", true, true);
	falls_back(
	    "other POST /f MessageSid=SM1&ErrorUrl=u&ErrorCode=14999", true, true);
	falls_back(
	    "other POST /f MessageSid=SM1&ErrorUrl=u&ErrorCode=15000", true, false);
	falls_back(
	    "other POST /f MessageSid=SM1&ErrorUrl=u&ErrorCode=12x", true, false);
}

/* ---- the families: tests/data/webhooks.txt ---- */

struct recorded {
	struct span kind, sid, body;
};

enum { RECORDED_MAX = 200 };

static size_t read_recorded(struct recorded *out, struct arena *arena)
{
	size_t len = 0, count = 0;
	char *text = text_read_file(TEST_DATA_DIR "/webhooks.txt", 1 << 20, &len);
	assert_non_null(text);
	struct span rest = arena_copy(arena, (struct span){text, len});
	free(text);
	while (rest.len > 0) {
		struct span line = span_head(rest, span_find(rest, '\n'));
		rest = span_from(rest, line.len + 1);
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		struct recorded *one = &out[count++];
		assert_true(count <= RECORDED_MAX);
		one->kind = span_head(line, span_find(line, ' '));
		line = span_from(line, one->kind.len + 1);
		one->sid = span_head(line, span_find(line, ' '));
		one->body = span_from(line, one->sid.len + 1);
	}
	return count;
}

static void read_line(struct event *out, const struct recorded *line,
    enum event_kind route, struct arena *arena)
{
	struct params params;
	assert_int_equal(params_parse(&params, line->body, arena), PARAMS_OK);
	struct event_source source = {
	    .route_kind = route, .target = SPAN("/a"), .params = &params};
	event_read(out, &source, arena);
}

TEST(every_family_is_told_and_knows_its_sid)
{
	struct arena *arena = arena_new();
	static struct recorded lines[RECORDED_MAX];
	size_t count = read_recorded(lines, arena);
	for (size_t i = 0; i < count; i++) {
		struct event event;
		read_line(&event, &lines[i], EVENT_OTHER, arena);
		if (!span_is(lines[i].kind, event.name))
			fail_msg("line %zu is %s, not %.*s", i, event.name,
			    SPAN_ARG(lines[i].kind));
		struct span want = span_is(lines[i].sid, "-") ? SPAN("") : lines[i].sid;
		if (!span_is(lines[i].sid, "*") && !span_eq(event.sid, want))
			fail_msg("line %zu is about %.*s", i, SPAN_ARG(event.sid));
	}
	arena_free(arena);
}

TEST(every_family_is_recorded)
{
	struct arena *arena = arena_new();
	static struct recorded lines[RECORDED_MAX];
	size_t count = read_recorded(lines, arena);
	for (size_t f = 0; family_at(f) != NULL; f++) {
		bool found = family_at(f)->kind == EVENT_JSON;
		for (size_t i = 0; i < count; i++)
			found = found || span_is(lines[i].kind, family_at(f)->name);
		if (!found)
			fail_msg("%s is not recorded", family_at(f)->name);
	}
	arena_free(arena);
}

/* faults 1.1 to 1.4 */
TEST(no_two_recorded_events_are_the_same_on_any_route)
{
	struct arena *arena = arena_new();
	static struct recorded lines[RECORDED_MAX];
	static struct event events[RECORDED_MAX];
	size_t count = read_recorded(lines, arena);
	for (int route = 0; route < EVENT_KINDS; route++) {
		for (size_t i = 0; i < count; i++)
			read_line(&events[i], &lines[i], (enum event_kind)route, arena);
		for (size_t i = 0; i < count; i++)
			for (size_t k = 0; k < i; k++)
				if (memcmp(events[i].sameness, events[k].sameness,
					EVENT_KEY_SIZE) == 0)
					fail_msg("%.*s %zu and %zu are the same",
					    SPAN_ARG(lines[i].kind), i, k);
	}
	arena_free(arena);
}

/* They are stored: the same webhook has the same keys in every version. One hash stands
 * for those of all recorded events, on every kind of route, and as what came to a
 * fallback URL. */
TEST(the_keys_of_recorded_events_never_change)
{
	struct arena *arena = arena_new();
	static struct recorded lines[RECORDED_MAX];
	struct buf keys = {0};
	size_t count = read_recorded(lines, arena);
	for (size_t i = 0; i < count; i++) {
		for (int route = 0; route < EVENT_KINDS; route++) {
			struct recorded again = lines[i];
			struct event event;
			read_line(&event, &again, (enum event_kind)route, arena);
			buf_add(&keys, event.sameness, EVENT_KEY_SIZE);
			again.body = arena_join(arena, lines[i].body,
			    SPAN("&ErrorCode=11200&ErrorUrl=https%3A%2F%2Fa.b%2Fc%3Fd"),
			    SPAN("&RetryCount=1&Body=%F0%9F%98%80+\"%0A&To="));
			read_line(&event, &again, (enum event_kind)route, arena);
			buf_add(&keys, event.sameness, EVENT_KEY_SIZE);
		}
	}
	unsigned char digest[32];
	char hex[2 * sizeof(digest) + 1];
	text_sha256(digest, buf_span(&keys));
	text_hex(hex, digest, sizeof(digest));
	assert_string_equal(
	    hex, "0217542dd7ea0d604268fbea4897858b50af53d6191ebb9d1f34317c0d5595e2");
	buf_free(&keys);
	arena_free(arena);
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
		const struct family *family = family_of_kind((enum event_kind)kind);
		assert_int_equal(family->kind, kind);
		assert_int_equal(family_find(span_of(family->name))->kind, kind);
	}
	assert_string_equal(family_of_kind(EVENT_SMS_RECEIVED)->name, "sms.received");
	assert_string_equal(family_of_kind(EVENT_OTHER)->name, "other");
	assert_null(family_find(SPAN("sms")));
}
