#include "twilio/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "util/text.h"

/* The names of the values in the bodies below. */
static const char *const value_names[SAMPLE_VALUES] = {[SAMPLE_SID] = "{sid}",
    [SAMPLE_CALL_SID] = "{call}",
    [SAMPLE_RECORDING_SID] = "{recording}",
    [SAMPLE_ACCOUNT_SID] = "{account}",
    [SAMPLE_FROM] = "{from}",
    [SAMPLE_TO] = "{to}",
    [SAMPLE_BODY] = "{body}",
    [SAMPLE_MESSAGE_STATUS] = "{status}",
    [SAMPLE_CALL_STATE] = "{state}",
    [SAMPLE_ERROR_CODE] = "{error}",
    [SAMPLE_DIGITS] = "{digits}",
    [SAMPLE_SPEECH] = "{speech}",
    [SAMPLE_DURATION] = "{seconds}",
    [SAMPLE_SEQUENCE] = "{sequence}",
    [SAMPLE_TIME] = "{time}",
    [SAMPLE_ISO_TIME] = "{iso}",
    [SAMPLE_MINUTES] = "{minutes}",
    [SAMPLE_SIP_CODE] = "{sip}",
    [SAMPLE_CONFIDENCE] = "{confidence}",
    [SAMPLE_DLR_DATE] = "{dlr}",
    [SAMPLE_RECORDING_URL] = "{recording-url}",
    [SAMPLE_TRANSCRIPTION_URL] = "{transcription-url}",
    [SAMPLE_NUM_MEDIA] = "{media}"};

/* In its place come MediaContentType0 … and MediaUrl0 …. */
static const char media_types[] = "{types}", media_urls[] = "{urls}";

/* Bodies in the order in which Twilio sends them, with {values}; a parameter whose
 * value is absent is left out. */
#define MESSAGE                                                                        \
	"ToCountry=US&{types}&ToState=CA&SmsMessageSid={sid}&NumMedia={media}&"        \
	"ToCity=&FromZip=94105&SmsSid={sid}&FromState=CA&SmsStatus=received&"          \
	"FromCity=SAN FRANCISCO&Body={body}&FromCountry=US&To={to}&ToZip=&"            \
	"NumSegments=1&MessageSid={sid}&AccountSid={account}&From={from}&{urls}&"      \
	"ApiVersion=2010-04-01"

#define MESSAGE_STATUS                                                                 \
	"ErrorCode={error}&RawDlrDoneDate={dlr}&SmsSid={sid}&SmsStatus={status}&"      \
	"MessageStatus={status}&To={to}&MessageSid={sid}&AccountSid={account}&"        \
	"From={from}&ApiVersion=2010-04-01"

#define CALL                                                                           \
	"Called={to}&ToState=CA&CallerCountry=US&Direction=inbound&CallerState=CA&"    \
	"ToZip=&CallSid={sid}&To={to}&CallerZip=94105&ToCountry=US&"                   \
	"StirVerstat=TN-Validation-Passed-A&ApiVersion=2010-04-01&CalledZip=&"         \
	"CalledCity=&CallStatus={state}&From={from}&AccountSid={account}&"             \
	"CalledCountry=US&CallerCity=SAN FRANCISCO&Caller={from}&FromCountry=US&"      \
	"ToCity=&FromCity=SAN FRANCISCO&CalledState=CA&FromZip=94105&FromState=CA"

#define CALL_STATUS                                                                    \
	"Called={to}&ToState=CA&CallerCountry=US&Direction=inbound&"                   \
	"Timestamp={time}&CallbackSource=call-progress-events&"                        \
	"SipResponseCode={sip}&CallerState=CA&ToZip=&SequenceNumber={sequence}&"       \
	"CallSid={sid}&To={to}&CallerZip=94105&ToCountry=US&CalledZip=&"               \
	"ApiVersion=2010-04-01&CalledCity=&CallStatus={state}&Duration={minutes}&"     \
	"From={from}&CallDuration={seconds}&AccountSid={account}&CalledCountry=US&"    \
	"CallerCity=SAN FRANCISCO&ToCity=&FromCountry=US&Caller={from}&"               \
	"FromCity=SAN FRANCISCO&CalledState=CA&FromZip=94105&FromState=CA"

#define ACTION_HEAD                                                                    \
	"AccountSid={account}&ApiVersion=2010-04-01&CallSid={sid}&CallStatus={state}&" \
	"Called={to}&CalledCity=&CalledCountry=US&CalledState=CA&CalledZip=&"          \
	"Caller={from}&CallerCity=SAN FRANCISCO&CallerCountry=US&CallerState=CA&"      \
	"CallerZip=94105&"
#define ACTION_FROM                                                                    \
	"From={from}&FromCity=SAN FRANCISCO&FromCountry=US&FromState=CA&"              \
	"FromZip=94105&"
#define ACTION_TO "To={to}&ToCity=&ToCountry=US&ToState=CA&ToZip="

#define GATHER                                                                         \
	ACTION_HEAD "Confidence={confidence}&Digits={digits}&Direction=inbound&"       \
		    "FinishedOnKey=&" ACTION_FROM "SpeechResult={speech}&" ACTION_TO   \
		    "&msg=Gather End"

#define RECORD                                                                         \
	ACTION_HEAD "Digits={digits}&Direction=inbound&" ACTION_FROM                   \
		    "RecordingDuration={seconds}&RecordingSid={recording}&"            \
		    "RecordingUrl={recording-url}&" ACTION_TO

#define RECORDING                                                                      \
	"RecordingSource=RecordVerb&RecordingSid={sid}&RecordingUrl={recording-url}&"  \
	"RecordingStatus=completed&RecordingChannels=1&ErrorCode=0&CallSid={call}&"    \
	"RecordingStartTime={time}&AccountSid={account}&RecordingDuration={seconds}"

#define TRANSCRIPTION                                                                  \
	"ApiVersion=2010-04-01&TranscriptionType=fast&"                                \
	"TranscriptionUrl={transcription-url}&TranscriptionSid={sid}&Called={to}&"     \
	"RecordingSid={recording}&CallStatus={state}&RecordingUrl={recording-url}&"    \
	"From={from}&Direction=inbound&AccountSid={account}&"                          \
	"TranscriptionText={body}&Caller={from}&TranscriptionStatus=completed&"        \
	"CallSid={call}&To={to}"

/* In the order of enum sample_kind. */
static const struct sample_form {
	const char *name, *path;
	const char *sid;   /* the letters its SID begins with */
	const char *state; /* the usual CallStatus; NULL: it has none */
	const char *body;
} forms[SAMPLE_KINDS] = {
    {"sms", "/twilio/sms", "SM", NULL, MESSAGE},
    {"mms", "/twilio/sms", "MM", NULL, MESSAGE},
    {"status", "/twilio/sms/status", "SM", NULL, MESSAGE_STATUS},
    {"call", "/twilio/voice", "CA", "ringing", CALL},
    {"call-status", "/twilio/voice/status", "CA", "completed", CALL_STATUS},
    {"gather", "/twilio/voice/gather", "CA", "in-progress", GATHER},
    {"record", "/twilio/voice/recording", "CA", "in-progress", RECORD},
    {"recording", "/twilio/voice/recording", "RE", NULL, RECORDING},
    {"transcription", "/twilio/voice/transcription", "TR", "completed", TRANSCRIPTION},
    {"partial", "/twilio/voice/status", "CA", NULL,
	"CallSid={sid}&AccountSid={account}&SequenceNumber={sequence}&"
	"UnstableSpeechResult={speech}&Stability=0.8&From={from}&To={to}"},
    {"realtime", "/twilio/voice/status", "GT", NULL,
	"LanguageCode=en-US&TranscriptionSid={sid}&"
	"TranscriptionEvent=transcription-content&CallSid={call}&"
	"Timestamp={iso}&AccountSid={account}&SequenceId={sequence}&"
	"Track=inbound_track&Final=true&TranscriptionData={body}"},
    {"stream", "/twilio/voice/status", "MZ", NULL,
	"StreamSid={sid}&StreamName=offhook&StreamEvent=stream-started&"
	"CallSid={call}&AccountSid={account}&Timestamp={iso}"},
    {"siprec", "/twilio/voice/status", "SR", NULL,
	"SiprecSid={sid}&SiprecEvent=siprec-started&CallSid={call}&"
	"AccountSid={account}&Timestamp={iso}"},
    {"pay", "/twilio/voice/status", "PK", NULL,
	"Sid={sid}&CallSid={call}&AccountSid={account}&"
	"ApiVersion=2010-04-01&PaymentMethod=credit-card&"
	"For=payment-card-number&Attempt=1&PartialResult=true&"
	"PaymentCardNumber=xxxxxxxxxxxx1111&PaymentCardType=visa&"
	"DateUpdated={iso}"},
    {"amd", "/twilio/voice/status", "CA", NULL,
	"CallSid={sid}&AccountSid={account}&AnsweredBy=human&"
	"MachineDetectionDuration=2100"},
    {"conference", "/twilio/voice/status", "CF", NULL,
	"ConferenceSid={sid}&FriendlyName=room&AccountSid={account}&"
	"SequenceNumber={sequence}&Timestamp={time}&"
	"StatusCallbackEvent=participant-join&CallSid={call}&Muted=false&"
	"Hold=false"},
    {"conversation", "/twilio/status", "IM", NULL,
	"AccountSid={account}&"
	"ConversationSid=CH00000000000000000000000000000000&"
	"EventType=onMessageAdded&Source=SDK&RetryCount=0&MessageSid={sid}&"
	"Index=0&Body={body}&Author={from}&DateCreated={iso}"},
    {"chat", "/twilio/status", "IM", NULL,
	"AccountSid={account}&"
	"InstanceSid=IS00000000000000000000000000000000&"
	"ChannelSid=CH00000000000000000000000000000000&"
	"EventType=onMessageSent&MessageSid={sid}&ClientIdentity=ann&"
	"RetryCount=0&Body={body}"},
    {"taskrouter", "/twilio/status", "EV", NULL,
	"Sid={sid}&AccountSid={account}&"
	"WorkspaceSid=WS00000000000000000000000000000000&WorkspaceName=w&"
	"EventType=task.created&ResourceType=task&Timestamp={iso}&"
	"TaskSid=WT00000000000000000000000000000000&TaskAge=0&"
	"TaskPriority=0&TaskAssignmentStatus=pending"},
    {"assignment", "/twilio/status", "WR", NULL,
	"AccountSid={account}&"
	"WorkspaceSid=WS00000000000000000000000000000000&"
	"WorkflowSid=WW00000000000000000000000000000000&"
	"TaskQueueSid=WQ00000000000000000000000000000000&"
	"WorkerSid=WK00000000000000000000000000000000&ReservationSid={sid}&"
	"TaskSid=WT00000000000000000000000000000000&TaskAge=1&"
	"TaskPriority=0&TaskAttributes={}&WorkerAttributes={}"},
    {"sync", "/twilio/status", "ET", NULL,
	"AccountSid={account}&"
	"ServiceSid=IS00000000000000000000000000000000&"
	"EventType=document_updated&DocumentSid={sid}&DocumentUniqueName=d&"
	"DocumentRevision={sequence}&DocumentData={}&EndpointId=e&"
	"RetryCount=0"},
    {"video", "/twilio/status", "RM", NULL,
	"AccountSid={account}&RoomSid={sid}&RoomName=r&"
	"RoomStatus=in-progress&RoomType=group&"
	"StatusCallbackEvent=room-created&SequenceNumber={sequence}&"
	"Timestamp={iso}"},
    {"composition", "/twilio/status", "CJ", NULL,
	"AccountSid={account}&RoomSid=RM00000000000000000000000000000000&"
	"CompositionSid={sid}&Timestamp={iso}&"
	"StatusCallbackEvent=composition-available"},
    {"debugger", "/twilio/status", "NO", NULL,
	"AccountSid={account}&Sid={sid}&Level=ERROR&"
	"PayloadType=application/json&Timestamp={iso}&ParentAccountSid=&"
	"Payload={body}"},
    {"link", "/twilio/status", "SM", NULL,
	"event_type=click&sms_sid={sid}&to={to}&from={from}&"
	"link=https://e.example/1&click_time={iso}&account_sid={account}&"
	"user_agent=x"},
    {"usage", "/twilio/status", "UT", NULL,
	"AccountSid={account}&UsageTriggerSid={sid}&Recurring=daily&"
	"UsageCategory=sms&TriggerBy=count&TriggerValue=100&"
	"CurrentValue=101&DateFired={time}"},
    {"proxy", "/twilio/status", "KI", NULL,
	"interactionSid={sid}&interactionAccountSid={account}&"
	"interactionSessionSid=KC00000000000000000000000000000000&"
	"interactionType=Message&interactionDateCreated={iso}&"
	"interactionData={body}&outboundResourceStatus=sent"},
    {"fax", "/twilio/status", "FX", NULL,
	"AccountSid={account}&FaxSid={sid}&FaxStatus=received&From={from}&"
	"To={to}&ApiVersion=v1"},
};

const char *sample_name(enum sample_kind kind)
{
	return forms[kind].name;
}

const char *sample_path(enum sample_kind kind)
{
	return forms[kind].path;
}

enum sample_kind sample_find(struct span name)
{
	enum sample_kind kind = SAMPLE_SMS;
	while (kind < SAMPLE_KINDS && !span_is(name, forms[kind].name))
		kind++;
	return kind;
}

static void random_bytes(unsigned char *out, size_t len)
{
	if (getrandom(out, len, 0) != (ssize_t)len)
		abort(); /* Linux always gives so few bytes */
}

char *sample_sid(char out[SAMPLE_SID_SIZE], const char *letters)
{
	unsigned char bytes[16];
	random_bytes(bytes, sizeof(bytes));
	memcpy(out, letters, 2);
	text_hex(out + 2, bytes, sizeof(bytes));
	return out;
}

char *sample_uuid(char out[SAMPLE_UUID_SIZE])
{
	unsigned char bytes[16];
	char hex[33];
	random_bytes(bytes, sizeof(bytes));
	bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
	bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
	text_hex(hex, bytes, sizeof(bytes));
	snprintf(out, SAMPLE_UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
	    hex + 12, hex + 16, hex + 20);
	return out;
}

/* --- completing --- */

static void choose(struct sample *sample, enum sample_value value, struct span text)
{
	if (sample->values[value].ptr == NULL)
		sample->values[value] = text;
}

static void choose_sid(struct sample *sample, enum sample_value value,
    const char *letters, struct arena *arena)
{
	char sid[SAMPLE_SID_SIZE];
	if (sample->values[value].ptr == NULL)
		sample->values[value] =
		    span_of(arena_strdup(arena, sample_sid(sid, letters)));
}

static bool is_one_of(struct span text, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (span_is(text, *words))
			return true;
	}
	return false;
}

static void complete_times(struct sample *sample, struct arena *arena)
{
	static const char *const reported[] = {"delivered", "undelivered", NULL};
	char text[64];
	struct tm utc;
	time_t now = time(NULL);
	gmtime_r(&now, &utc);
	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000", &utc);
	choose(sample, SAMPLE_TIME, span_of(arena_strdup(arena, text)));
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	choose(sample, SAMPLE_ISO_TIME, span_of(arena_strdup(arena, text)));
	snprintf(text, sizeof(text), "%02d%02d%02d%02d%02d", utc.tm_year % 100,
	    utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min);
	if (is_one_of(sample->values[SAMPLE_MESSAGE_STATUS], reported))
		choose(sample, SAMPLE_DLR_DATE, span_of(arena_strdup(arena, text)));
}

static void complete_urls(struct sample *sample, struct arena *arena)
{
	struct span account = sample->values[SAMPLE_ACCOUNT_SID];
	struct span recording = sample->values[SAMPLE_RECORDING_SID];
	const char *url = arena_printf(arena,
	    "https://api.twilio.com/2010-04-01/Accounts/%.*s/Recordings/%.*s",
	    SPAN_ARG(account), SPAN_ARG(recording));
	choose(sample, SAMPLE_RECORDING_URL, span_of(url));
	url = arena_printf(
	    arena, "%s/Transcriptions/%.*s", url, SPAN_ARG(sample->values[SAMPLE_SID]));
	choose(sample, SAMPLE_TRANSCRIPTION_URL, span_of(url));
	for (size_t i = 0; i < sample->media_count; i++) {
		struct sample_media *media = &sample->media[i];
		char sid[SAMPLE_SID_SIZE];
		if (media->url.len == 0)
			media->url = span_of(arena_printf(arena,
			    "https://api.twilio.com/2010-04-01/Accounts/%.*s/Messages/"
			    "%.*s/Media/%s",
			    SPAN_ARG(account), SPAN_ARG(sample->values[SAMPLE_SID]),
			    sample_sid(sid, "ME")));
		if (media->type.len == 0)
			media->type = SPAN("image/jpeg");
	}
	choose(sample, SAMPLE_NUM_MEDIA,
	    span_of(arena_printf(arena, "%zu", sample->media_count)));
}

static void complete_call_status(struct sample *sample, struct arena *arena)
{
	static const struct {
		const char *state, *sequence, *sip, *seconds;
	} usual[] = {
	    {"queued", "0", NULL, NULL},
	    {"initiated", "0", NULL, NULL},
	    {"ringing", "1", NULL, NULL},
	    {"in-progress", "2", NULL, NULL},
	    {"completed", "3", "200", "42"},
	    {"busy", "2", "486", "0"},
	    {"failed", "2", "404", "0"},
	    {"no-answer", "2", "480", "0"},
	    {"canceled", "2", "487", "0"},
	};
	struct span state = sample->values[SAMPLE_CALL_STATE];
	int64_t seconds;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (!span_is(state, usual[i].state))
			continue;
		choose(sample, SAMPLE_SEQUENCE, span_of(usual[i].sequence));
		choose(sample, SAMPLE_SIP_CODE, span_of(usual[i].sip));
		choose(sample, SAMPLE_DURATION, span_of(usual[i].seconds));
	}
	choose(sample, SAMPLE_SEQUENCE, SPAN("0"));
	if (text_int(sample->values[SAMPLE_DURATION], 0, INT32_MAX, &seconds))
		choose(sample, SAMPLE_MINUTES,
		    span_of(arena_printf(arena, "%d", (int)((seconds + 59) / 60))));
}

static void complete_message_status(struct sample *sample)
{
	static const char *const failures[] = {"failed", "undelivered", NULL};
	choose(sample, SAMPLE_MESSAGE_STATUS, SPAN("delivered"));
	if (is_one_of(sample->values[SAMPLE_MESSAGE_STATUS], failures))
		choose(sample, SAMPLE_ERROR_CODE, SPAN("30003"));
}

void sample_complete(struct sample *sample, enum sample_kind kind, struct arena *arena)
{
	const struct sample_form *form = &forms[kind];
	choose_sid(sample, SAMPLE_SID, form->sid, arena);
	choose_sid(sample, SAMPLE_CALL_SID, "CA", arena);
	if (kind == SAMPLE_RECORDING)
		choose(sample, SAMPLE_RECORDING_SID, sample->values[SAMPLE_SID]);
	choose_sid(sample, SAMPLE_RECORDING_SID, "RE", arena);
	choose(sample, SAMPLE_ACCOUNT_SID, SPAN("AC00000000000000000000000000000000"));
	choose(sample, SAMPLE_FROM, SPAN("+15551234567"));
	choose(sample, SAMPLE_TO, SPAN("+15559876543"));
	choose(sample, SAMPLE_BODY,
	    kind == SAMPLE_TRANSCRIPTION ? SPAN("Hello, please call me back.")
					 : SPAN("Hello from Offhook"));
	choose(sample, SAMPLE_CALL_STATE, span_of(form->state));
	if (kind == SAMPLE_STATUS)
		complete_message_status(sample);
	if (kind == SAMPLE_CALL_STATUS)
		complete_call_status(sample, arena);
	if (kind == SAMPLE_RECORD || kind == SAMPLE_RECORDING)
		choose(sample, SAMPLE_DURATION, SPAN("7"));
	if (kind == SAMPLE_RECORD)
		choose(sample, SAMPLE_DIGITS, SPAN("hangup"));
	if (kind >= SAMPLE_PARTIAL)
		choose(sample, SAMPLE_SEQUENCE, SPAN("1"));
	if (kind == SAMPLE_PARTIAL)
		choose(sample, SAMPLE_SPEECH, SPAN("hello"));
	if (kind == SAMPLE_GATHER && sample->values[SAMPLE_SPEECH].ptr == NULL)
		choose(sample, SAMPLE_DIGITS, SPAN("1"));
	if (sample->values[SAMPLE_SPEECH].ptr != NULL)
		choose(sample, SAMPLE_CONFIDENCE, SPAN("0.93"));
	if (kind == SAMPLE_MMS && sample->media_count == 0)
		sample->media_count = 1;
	complete_times(sample, arena);
	complete_urls(sample, arena);
}

/* --- making --- */

static void add(struct params *params, struct span name, struct span value)
{
	params->items[params->count++] = (struct pair){name, value};
}

static void add_media(
    struct params *out, const struct sample *sample, bool types, struct arena *arena)
{
	for (size_t i = 0; i < sample->media_count; i++) {
		const struct sample_media *media = &sample->media[i];
		const char *name = arena_printf(
		    arena, "%s%zu", types ? "MediaContentType" : "MediaUrl", i);
		add(out, span_of(name), types ? media->type : media->url);
	}
}

/* The value of a {name}, or the text itself. */
static struct span value_of(const struct sample *sample, struct span text)
{
	for (size_t i = 0; i < SAMPLE_VALUES; i++) {
		if (span_is(text, value_names[i]))
			return sample->values[i];
	}
	return text;
}

void sample_make(struct params *out, enum sample_kind kind, const struct sample *sample,
    struct arena *arena)
{
	struct span rest = span_of(forms[kind].body);
	size_t room = 1 + 2 * SAMPLE_MAX_MEDIA;
	for (const char *c = forms[kind].body; *c != '\0'; c++)
		room += *c == '&';
	*out =
	    (struct params){.items = arena_alloc(arena, room * sizeof(out->items[0]))};
	while (rest.len > 0) {
		size_t end = span_find(rest, '&');
		struct span piece = span_head(rest, end);
		rest = span_from(rest, end < rest.len ? end + 1 : end);
		if (span_is(piece, media_types) || span_is(piece, media_urls)) {
			add_media(out, sample, span_is(piece, media_types), arena);
			continue;
		}
		size_t equals = span_find(piece, '=');
		struct span value = value_of(sample, span_from(piece, equals + 1));
		if (value.ptr != NULL)
			add(out, span_head(piece, equals), value);
	}
}

void sample_set(
    struct params *params, struct span name, struct span value, struct arena *arena)
{
	for (size_t i = 0; i < params->count; i++) {
		if (span_eq(params->items[i].name, name)) {
			params->items[i].value = value;
			params->told = NULL;
			return;
		}
	}
	struct pair *grown =
	    arena_alloc(arena, (params->count + 1) * sizeof(params->items[0]));
	memcpy(grown, params->items, params->count * sizeof(params->items[0]));
	params->items = grown;
	add(params, name, value);
}
