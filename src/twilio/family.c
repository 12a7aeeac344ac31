#include "twilio/family.h"

/* What only the action URL of a verb is told. */
#define OF_ACTION                                                                      \
	"|Digits|SpeechResult|RecordingUrl|DialCallStatus|QueueResult|HandoffData|"    \
	"PaymentToken|PayResult|VirtualAgentStatus|ReferCallStatus"

/* The order decides: a status of a conference also names one of its calls, a
 * conversation's event a message. */
static const struct family families[] = {
    {"call.status", EVENT_CALL_STATUS, {"CallbackSource=call-progress-events"},
	.sids = {"CallSid"}},

    /* https://www.twilio.com/docs/conversations/conversations-webhooks: times out at 5 s. */
    {"conversation.event", EVENT_OTHER, {"EventType", "ConversationSid"},
	.sids = {"MessageSid", "ParticipantSid", "ConversationSid"},
	.conversation = "ConversationSid", .deadline_ms = 4000},
    /* Programmable Chat, which Conversations took the place of. */
    {"chat.event", EVENT_OTHER, {"EventType", "ChannelSid"},
	.sids = {"MessageSid", "MemberSid", "ChannelSid"},
	.conversation = "ChannelSid"},
    /* https://www.twilio.com/docs/taskrouter/api/event/reference */
    {"taskrouter.event", EVENT_OTHER, {"EventType", "WorkspaceSid"},
	.sids = {"Sid", "TaskSid", "WorkerSid", "WorkspaceSid"},
	.conversation = "TaskSid"},
    /* https://www.twilio.com/docs/taskrouter/handle-assignment-callbacks */
    {"taskrouter.assignment", EVENT_OTHER, {"ReservationSid", "WorkspaceSid"},
	.sids = {"ReservationSid", "TaskSid"}, .conversation = "TaskSid"},
    /* https://www.twilio.com/docs/sync/webhooks */
    {"sync.event", EVENT_OTHER, {"EventType", "ServiceSid"},
	.sids = {"DocumentSid", "ListSid", "MapSid", "StreamSid"},
	.conversation = "ServiceSid"},

    /* https://www.twilio.com/docs/voice/twiml/transcription */
    {"transcription.realtime", EVENT_OTHER, {"TranscriptionEvent"},
	.sids = {"TranscriptionSid", "CallSid"}},
    /* https://www.twilio.com/docs/voice/twiml/record, transcribeCallback */
    {"transcription", EVENT_TRANSCRIPTION, {"TranscriptionSid"},
	.sids = {"TranscriptionSid"}},
    /* https://www.twilio.com/docs/voice/twiml/stream */
    {"stream.status", EVENT_OTHER, {"StreamSid", "StreamEvent"}, .sids = {"StreamSid"}},
    /* https://www.twilio.com/docs/voice/twiml/siprec */
    {"siprec.status", EVENT_OTHER, {"SiprecSid"}, .sids = {"SiprecSid"}},
    /* https://www.twilio.com/docs/voice/twiml/pay, statusCallback */
    {"pay.status", EVENT_OTHER, {"For", "PaymentMethod", "Sid"},
	.sids = {"Sid", "CallSid"}},
    /* https://www.twilio.com/docs/voice/twiml/conference, statusCallback */
    {"conference.status", EVENT_OTHER, {"ConferenceSid", "StatusCallbackEvent"},
	.sids = {"ConferenceSid"}, .conversation = "ConferenceSid"},
    /* https://www.twilio.com/docs/video/api/compositions-resource and
     * https://www.twilio.com/docs/video/api/status-callbacks */
    {"video.composition", EVENT_OTHER, {"CompositionSid"}, .sids = {"CompositionSid"},
	.conversation = "RoomSid"},
    {"video.status", EVENT_OTHER, {"RoomSid"}, .sids = {"RoomSid"},
	.conversation = "RoomSid"},
    {"recording.status", EVENT_RECORDING_STATUS, {"RecordingSid", "RecordingStatus"},
	.sids = {"RecordingSid"}},
    /* https://www.twilio.com/docs/voice/answering-machine-detection, asynchronous */
    {"amd.status", EVENT_OTHER,
	{"AnsweredBy", "MachineDetectionDuration", "!CallStatus"}, .sids = {"CallSid"}},

    /* https://www.twilio.com/docs/usage/troubleshooting/debugging-event-webhooks */
    {"debugger.event", EVENT_OTHER, {"PayloadType", "Level"}, .sids = {"Sid"},
	.conversation = "AccountSid"},
    /* https://www.twilio.com/docs/messaging/features/link-shortening */
    {"link.event", EVENT_OTHER, {"event_type", "sms_sid"}, .sids = {"sms_sid"},
	.conversation = "sms_sid"},
    /* https://www.twilio.com/docs/usage/api/usage-trigger */
    {"usage.trigger", EVENT_OTHER, {"UsageTriggerSid"}, .sids = {"UsageTriggerSid"},
	.conversation = "AccountSid"},
    /* https://www.twilio.com/docs/proxy/api/webhooks */
    {"proxy.interaction", EVENT_OTHER, {"interactionSid"}, .sids = {"interactionSid"},
	.conversation = "interactionSessionSid"},
    {"fax.status", EVENT_OTHER, {"FaxSid"}, .sids = {"FaxSid"}},

    /* https://www.twilio.com/docs/messaging/guides/webhook-request; "received" is no
     * status. <Sms> sends SmsSid and SmsStatus alone. */
    {"sms.received", EVENT_SMS_RECEIVED, {"|MessageSid|SmsSid", "SmsStatus=received"},
	.sids = {"MessageSid", "SmsSid"}},
    {"sms.received", EVENT_SMS_RECEIVED, {"|MessageSid|SmsSid", "SmsStatus=receiving"},
	.sids = {"MessageSid", "SmsSid"}},
    {"sms.received", EVENT_SMS_RECEIVED,
	{"|MessageSid|SmsSid", "MessageStatus=received"},
	.sids = {"MessageSid", "SmsSid"}},
    {"sms.status", EVENT_SMS_STATUS, {"|MessageSid|SmsSid", "MessageStatus"},
	.sids = {"MessageSid", "SmsSid"}},
    {"sms.status", EVENT_SMS_STATUS, {"|MessageSid|SmsSid", "SmsStatus"},
	.sids = {"MessageSid", "SmsSid"}},
    {"sms.received", EVENT_SMS_RECEIVED, {"MessageSid"},
	.sids = {"MessageSid", "SmsSid"}, .route_decides = true},
    {"sms.received", EVENT_SMS_RECEIVED, {"SmsSid"}, .sids = {"SmsSid"},
	.route_decides = true},

    /* https://www.twilio.com/docs/voice/twiml/gather, partialResultCallback */
    {"call.partial", EVENT_OTHER,
	{"CallSid", "|UnstableSpeechResult|StableSpeechResult"}, .sids = {"CallSid"}},
    {"call.action", EVENT_CALL_ACTION, {"CallSid", OF_ACTION}, .sids = {"CallSid"},
	.route_decides = true},
    {"call.received", EVENT_CALL_RECEIVED, {"CallSid"}, .sids = {"CallSid"},
	.route_decides = true},

    /* Told by no mark of their own: */
    {"json", EVENT_JSON, {"!"}, .sids = {NULL}},
    {"other", EVENT_OTHER, {NULL},
	.sids = {"ConferenceSid", "RecordingSid", "MessageSid", "Sid"},
	.route_decides = true},
};

enum { FAMILIES = sizeof(families) / sizeof(families[0]) };

static uint64_t family_bit(char letter)
{
	return UINT64_C(1) << ((unsigned char)letter & 63);
}

static bool family_any(const struct params *params, const char *names)
{
	struct span rest = span_of(names + 1);
	while (rest.len > 0) {
		struct span name = span_head(rest, span_find(rest, '|'));
		if (params_find(params, name) != NULL)
			return true;
		rest = span_from(rest, name.len < rest.len ? name.len + 1 : name.len);
	}
	return false;
}

/* letters: with which letters names begin, a bit each; most marks are told by that. */
static bool family_mark_fits(
    const struct params *params, uint64_t letters, const char *mark)
{
	if (*mark == '!')
		return mark[1] != '\0' &&
		       params_get_filled(params, mark + 1).ptr == NULL;
	if (*mark == '|')
		return family_any(params, mark);
	if ((letters & family_bit(*mark)) == 0)
		return false;
	struct span whole = span_of(mark);
	struct span name = span_head(whole, span_find(whole, '='));
	const struct pair *param = params_find(params, name);
	if (param == NULL)
		return false;
	return name.len == whole.len
		   ? param->value.len > 0
		   : span_eq(param->value, span_from(whole, name.len + 1));
}

const struct family *family_of(const struct params *params)
{
	uint64_t letters = 0;
	for (size_t i = 0; i < params->count; i++)
		if (params->items[i].name.len > 0)
			letters |= family_bit(params->items[i].name.ptr[0]);
	for (size_t i = 0; i + 1 < FAMILIES; i++) {
		size_t fit = 0;
		while (fit < FAMILY_MARKS && families[i].marks[fit] != NULL &&
		       family_mark_fits(params, letters, families[i].marks[fit]))
			fit++;
		if (fit == FAMILY_MARKS || families[i].marks[fit] == NULL)
			return &families[i];
	}
	return &families[FAMILIES - 1];
}

const struct family *family_of_kind(enum event_kind kind)
{
	size_t i = kind == EVENT_OTHER ? FAMILIES - 1 : 0;
	while (families[i].kind != kind)
		i++;
	return &families[i];
}

struct span family_sid(const struct family *family, const struct params *params)
{
	for (size_t i = 0; i < FAMILY_SIDS && family->sids[i] != NULL; i++) {
		struct span sid = params_get_filled(params, family->sids[i]);
		if (sid.ptr != NULL)
			return sid;
	}
	return SPAN("");
}

const struct family *family_find(struct span name)
{
	for (size_t i = 0; i < FAMILIES; i++)
		if (span_is(name, families[i].name))
			return &families[i];
	return NULL;
}

const struct family *family_at(size_t index)
{
	return index < FAMILIES ? &families[index] : NULL;
}
