#include "test.h"

#include <ctype.h>

#include "twilio/family.h"
#include "twilio/sample.h"
#include "twilio/signature.h"
#include "util/buf.h"

#define ACCOUNT "AC00000000000000000000000000000000"

/* "Name=value&…", decoded, for comparing orders. */
static const char *text_of(const struct params *params, struct arena *arena)
{
	struct buf out = {0};
	for (size_t i = 0; i < params->count; i++)
		buf_printf(&out, "%s%.*s=%.*s", i > 0 ? "&" : "",
		    SPAN_ARG(params->items[i].name), SPAN_ARG(params->items[i].value));
	char *text = arena_strdup(arena, buf_text(&out));
	buf_free(&out);
	return text;
}

static struct params made(
    enum sample_kind kind, struct sample *sample, struct arena *arena)
{
	struct params params;
	sample_complete(sample, kind, arena);
	sample_make(&params, kind, sample, arena);
	return params;
}

TEST(names_lead_to_kinds_and_back)
{
	for (enum sample_kind kind = SAMPLE_SMS; kind < SAMPLE_KINDS; kind++) {
		assert_int_equal(sample_find(span_of(sample_name(kind))), kind);
		assert_int_equal(sample_path(kind)[0], '/');
	}
	assert_int_equal(sample_find(SPAN("smoke signal")), SAMPLE_KINDS);
}

TEST(each_is_of_the_family_it_stands_for)
{
	static const char *const families[SAMPLE_KINDS] = {"sms.received",
	    "sms.received", "sms.status", "call.received", "call.status", "call.action",
	    "call.action", "recording.status", "transcription", "call.partial",
	    "transcription.realtime", "stream.status", "siprec.status", "pay.status",
	    "amd.status", "conference.status", "conversation.event", "chat.event",
	    "taskrouter.event", "taskrouter.assignment", "sync.event", "video.status",
	    "video.composition", "debugger.event", "link.event", "usage.trigger",
	    "proxy.interaction", "fax.status"};
	for (enum sample_kind kind = SAMPLE_SMS; kind < SAMPLE_KINDS; kind++) {
		struct arena *arena = arena_new();
		struct sample sample = {0};
		struct params params = made(kind, &sample, arena);
		const struct family *family = family_of(&params);
		assert_string_equal(family->name, families[kind]);
		assert_true(
		    span_eq(family_sid(family, &params), sample.values[SAMPLE_SID]));
		arena_free(arena);
	}
}

TEST(parameters_come_in_twilios_order)
{

	static const struct {
		enum sample_kind kind;
		const char *sid, *want;
	} rows[] = {
	    {SAMPLE_SMS, "SM1",
		"ToCountry=US&ToState=CA&SmsMessageSid=SM1&NumMedia=0&ToCity=&FromZip="
		"94105&SmsSid=SM1&FromState=CA&SmsStatus=received&FromCity=SAN FRANCISCO"
		"&Body=Hi&FromCountry=US&To=+2&ToZip=&NumSegments=1&MessageSid=SM1&"
		"AccountSid=" ACCOUNT "&From=+1&ApiVersion=2010-04-01"},
	    {SAMPLE_STATUS, "SM1",
		"RawDlrDoneDate=2611231005&SmsSid=SM1&SmsStatus=delivered&MessageStatus="
		"delivered&To=+2&MessageSid=SM1&AccountSid=" ACCOUNT
		"&From=+1&ApiVersion=2010-04-01"},
	    {SAMPLE_RECORDING, "RE1",
		"RecordingSource=RecordVerb&RecordingSid=RE1&RecordingUrl=https://"
		"api.twilio.com/2010-04-01/Accounts/" ACCOUNT
		"/Recordings/RE1&RecordingStatus=completed&RecordingChannels=1&ErrorCode="
		"0&CallSid=CA1&RecordingStartTime=now&AccountSid=" ACCOUNT
		"&RecordingDuration=7"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_new();
		struct sample sample = {0};
		sample.values[SAMPLE_SID] = span_of(rows[i].sid);
		sample.values[SAMPLE_CALL_SID] = SPAN("CA1");
		sample.values[SAMPLE_FROM] = SPAN("+1");
		sample.values[SAMPLE_TO] = SPAN("+2");
		sample.values[SAMPLE_BODY] = SPAN("Hi");
		sample.values[SAMPLE_TIME] = SPAN("now");
		sample.values[SAMPLE_DLR_DATE] = SPAN("2611231005");
		struct params params = made(rows[i].kind, &sample, arena);
		assert_string_equal(text_of(&params, arena), rows[i].want);
		arena_free(arena);
	}
}

TEST(media_are_numbered_and_stand_where_twilio_puts_them)
{
	struct arena *arena = arena_new();
	struct sample sample = {.media_count = 2};
	sample.media[1] =
	    (struct sample_media){SPAN("https://example.com/a.png"), SPAN("image/png")};
	struct params params = made(SAMPLE_MMS, &sample, arena);
	assert_true(span_is(params_get(&params, "NumMedia"), "2"));
	assert_true(span_is(params.items[1].name, "MediaContentType0"));
	assert_true(span_is(params.items[1].value, "image/jpeg"));
	assert_true(span_is(params.items[2].name, "MediaContentType1"));
	assert_true(span_is(params.items[2].value, "image/png"));
	assert_true(span_is(params.items[params.count - 3].name, "MediaUrl0"));
	assert_true(span_starts(params.items[params.count - 3].value,
	    SPAN(
		"https://api.twilio.com/2010-04-01/Accounts/" ACCOUNT "/Messages/MM")));
	assert_true(
	    span_is(params_get(&params, "MediaUrl1"), "https://example.com/a.png"));
	arena_free(arena);
}

/* Which parameters follow from a status. */
TEST(a_status_brings_what_belongs_to_it)
{

	static const struct {
		enum sample_kind kind;
		const char *status, *name, *want; /* NULL: not there */
	} rows[] = {
	    {SAMPLE_STATUS, "sent", "ErrorCode", NULL},
	    {SAMPLE_STATUS, "sent", "RawDlrDoneDate", NULL},
	    {SAMPLE_STATUS, "failed", "ErrorCode", "30003"},
	    {SAMPLE_STATUS, "undelivered", "ErrorCode", "30003"},
	    {SAMPLE_CALL_STATUS, "initiated", "SequenceNumber", "0"},
	    {SAMPLE_CALL_STATUS, "ringing", "SequenceNumber", "1"},
	    {SAMPLE_CALL_STATUS, "ringing", "CallDuration", NULL},
	    {SAMPLE_CALL_STATUS, "completed", "CallDuration", "42"},
	    {SAMPLE_CALL_STATUS, "completed", "Duration", "1"},
	    {SAMPLE_CALL_STATUS, "busy", "SipResponseCode", "486"},
	    {SAMPLE_CALL_STATUS, "busy", "CallDuration", "0"},
	    {SAMPLE_CALL_STATUS, "new-status", "SequenceNumber", "0"},
	    {SAMPLE_CALL_STATUS, "ringing", "CallbackSource", "call-progress-events"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_new();
		struct sample sample = {0};
		sample.values[rows[i].kind == SAMPLE_STATUS ? SAMPLE_MESSAGE_STATUS
							    : SAMPLE_CALL_STATE] =
		    span_of(rows[i].status);
		struct params params = made(rows[i].kind, &sample, arena);
		struct span got = params_get(&params, rows[i].name);
		if (rows[i].want == NULL)
			assert_null(got.ptr);
		else
			assert_true(span_is(got, rows[i].want));
		arena_free(arena);
	}
}

TEST(gather_sends_keys_or_speech)
{
	struct arena *arena = arena_new();
	struct sample keys = {0}, speech = {0};
	speech.values[SAMPLE_SPEECH] = SPAN("sales please");
	struct params params = made(SAMPLE_GATHER, &keys, arena);
	assert_true(span_is(params_get(&params, "Digits"), "1"));
	assert_null(params_get(&params, "SpeechResult").ptr);
	assert_null(params_get(&params, "Confidence").ptr);
	params = made(SAMPLE_GATHER, &speech, arena);
	assert_null(params_get(&params, "Digits").ptr);
	assert_true(span_is(params_get(&params, "SpeechResult"), "sales please"));
	assert_non_null(params_get(&params, "Confidence").ptr);
	arena_free(arena);
}

TEST(a_set_parameter_keeps_its_place_and_a_new_one_comes_last)
{
	struct arena *arena = arena_new();
	struct sample sample = {0};
	struct params params = made(SAMPLE_SMS, &sample, arena);
	size_t count = params.count;
	sample_set(&params, SPAN("ToState"), SPAN("NY"), arena);
	assert_int_equal(params.count, count);
	assert_true(span_is(params.items[1].value, "NY"));
	sample_set(&params, SPAN("OptOutType"), SPAN("STOP"), arena);
	sample_set(&params, SPAN("WaId"), SPAN("1"), arena);
	assert_int_equal(params.count, count + 2);
	assert_true(span_is(params.items[count].name, "OptOutType"));
	assert_true(span_is(params.items[count + 1].name, "WaId"));
	arena_free(arena);
}

TEST(sids_and_tokens_have_twilios_shape_and_are_new_each_time)
{
	char a[SAMPLE_SID_SIZE], b[SAMPLE_SID_SIZE];
	char uuid[SAMPLE_UUID_SIZE], other[SAMPLE_UUID_SIZE];
	assert_int_equal(strlen(sample_sid(a, "SM")), 34);
	assert_int_equal(strncmp(a, "SM", 2), 0);
	for (size_t i = 2; i < 34; i++)
		assert_true(
		    isdigit((unsigned char)a[i]) || (a[i] >= 'a' && a[i] <= 'f'));
	assert_string_not_equal(a, sample_sid(b, "SM"));
	assert_int_equal(strlen(sample_uuid(uuid)), 36);
	assert_int_equal(uuid[8], '-');
	assert_int_equal(uuid[14], '4');
	assert_non_null(strchr("89ab", uuid[19]));
	assert_string_not_equal(uuid, sample_uuid(other));
}

/* Encoded, decoded and signed, as it goes over the wire. */
TEST(every_sample_is_genuine_after_its_way)
{
	struct tokens *tokens = tokens_new();
	assert_int_equal(
	    tokens_add(tokens, SPAN("0123456789abcdef0123456789abcdef"), NULL), 0);
	struct verifier *verifier = verifier_new(tokens);
	for (enum sample_kind kind = SAMPLE_SMS; kind < SAMPLE_KINDS; kind++) {
		struct arena *arena = arena_new();
		struct sample sample = {0};
		struct params received;
		struct buf body = {0};
		char signature[SIGNATURE_SIZE];
		sample.values[SAMPLE_BODY] = SPAN("ä & b = c + \xF0\x9F\x98\x80\n");
		struct params params = made(kind, &sample, arena);
		signature_make(signature, SPAN("0123456789abcdef0123456789abcdef"),
		    SPAN("https://example.com/x?y=z"), &params);
		params_encode(&body, &params);
		assert_int_equal(
		    params_parse(&received, buf_span(&body), arena), PARAMS_OK);
		assert_true(verifier_check(verifier,
		    &(struct signed_request){.scheme = SPAN("https"),
			.host = SPAN("example.com"),
			.target = SPAN("/x?y=z"),
			.params = &received,
			.signature = span_of(signature),
			.account_sid = params_get(&received, "AccountSid")},
		    arena));
		buf_free(&body);
		arena_free(arena);
	}
	verifier_free(verifier);
	tokens_free(tokens);
}
