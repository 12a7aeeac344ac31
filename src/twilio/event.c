#include "twilio/event.h"

#include "twilio/event_key.h"
#include "util/text.h"

static const char *const names[EVENT_KINDS] = {
    [EVENT_SMS_RECEIVED] = "sms.received",
    [EVENT_SMS_STATUS] = "sms.status",
    [EVENT_CALL_RECEIVED] = "call.received",
    [EVENT_CALL_ACTION] = "call.action",
    [EVENT_CALL_STATUS] = "call.status",
    [EVENT_RECORDING_STATUS] = "recording.status",
    [EVENT_TRANSCRIPTION] = "transcription",
    [EVENT_JSON] = "json",
    [EVENT_OTHER] = "other",
};

const char *event_kind_name(enum event_kind kind)
{
	return names[kind];
}

enum event_kind event_kind_find(struct span name)
{
	int kind = 0;
	while (kind < EVENT_KINDS && !span_is(name, names[kind]))
		kind++;
	return (enum event_kind)kind;
}

static bool has(const struct params *params, const char *name)
{
	return params_get(params, name).ptr != NULL;
}

static bool is_filled(const struct params *params, const char *name)
{
	return params_get_filled(params, name).ptr != NULL;
}

static struct span first_filled(
    const struct params *params, const char *const *wanted, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_filled(params, wanted[i]))
			return params_get(params, wanted[i]);
	return SPAN("");
}

static struct span message_sid(const struct params *params)
{
	static const char *const wanted[] = {"MessageSid", "SmsSid"};
	return first_filled(params, wanted, 2);
}

/* Parameters that only a verb's action URL gets. */
static bool is_action(const struct params *params)
{
	static const char *const wanted[] = {"Digits", "SpeechResult",
	    "UnstableSpeechResult", "RecordingUrl", "DialCallStatus", "QueueResult"};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (has(params, wanted[i]))
			return true;
	return false;
}

static enum event_kind document_kind(const struct params *params)
{
	return is_action(params) ? EVENT_CALL_ACTION : EVENT_CALL_RECEIVED;
}

/* On a route for anything only the parameters tell the kind. */
static enum event_kind guess_kind(const struct params *params)
{
	if (message_sid(params).len > 0)
		return is_filled(params, "MessageStatus") ? EVENT_SMS_STATUS
							  : EVENT_SMS_RECEIVED;
	if (is_filled(params, "RecordingSid") && is_filled(params, "RecordingStatus"))
		return EVENT_RECORDING_STATUS;
	if (is_filled(params, "TranscriptionSid"))
		return EVENT_TRANSCRIPTION;
	if (is_filled(params, "CallbackSource"))
		return EVENT_CALL_STATUS;
	/* A conference's status callback names one of its calls. */
	bool conference = is_filled(params, "StatusCallbackEvent");
	if (is_filled(params, "CallSid") && !conference)
		return document_kind(params);
	return EVENT_OTHER;
}

static enum event_kind read_kind(
    enum event_kind route_kind, const struct params *params)
{
	if (params == NULL)
		return EVENT_JSON;
	if (span_is(params_get(params, "CallbackSource"), "call-progress-events"))
		return EVENT_CALL_STATUS;
	switch (route_kind) {
	case EVENT_SMS_RECEIVED:
		return is_filled(params, "MessageStatus") ? EVENT_SMS_STATUS
							  : EVENT_SMS_RECEIVED;
	case EVENT_CALL_RECEIVED:
		return document_kind(params);
	case EVENT_CALL_ACTION:
	case EVENT_RECORDING_STATUS:
		return is_filled(params, "RecordingStatus") ? EVENT_RECORDING_STATUS
							    : EVENT_CALL_ACTION;
	case EVENT_SMS_STATUS:
	case EVENT_CALL_STATUS:
	case EVENT_TRANSCRIPTION:
	case EVENT_JSON:
		return route_kind;
	case EVENT_OTHER:
	case EVENT_KINDS:
		break;
	}
	return guess_kind(params);
}

static struct span read_sid(enum event_kind kind, const struct params *params)
{
	static const char *const call[] = {"CallSid"};
	static const char *const recording[] = {"RecordingSid"};
	static const char *const transcription[] = {"TranscriptionSid"};
	static const char *const others[] = {
	    "ConferenceSid", "CallSid", "RecordingSid", "MessageSid", "Sid"};
	switch (kind) {
	case EVENT_SMS_RECEIVED:
	case EVENT_SMS_STATUS:
		return message_sid(params);
	case EVENT_CALL_RECEIVED:
	case EVENT_CALL_ACTION:
	case EVENT_CALL_STATUS:
		return first_filled(params, call, 1);
	case EVENT_RECORDING_STATUS:
		return first_filled(params, recording, 1);
	case EVENT_TRANSCRIPTION:
		return first_filled(params, transcription, 1);
	case EVENT_JSON:
	case EVENT_OTHER:
	case EVENT_KINDS:
		break;
	}
	return first_filled(params, others, sizeof(others) / sizeof(others[0]));
}

/* Joined by a blank, which no address contains, so that no two pairs look the same. */
static struct span read_conversation(const struct params *params, struct arena *arena)
{
	struct span call = params_get(params, "CallSid");
	struct span from = params_get(params, "From");
	struct span to = params_get(params, "To");
	if (call.len > 0)
		return call;
	if (from.len == 0 && to.len == 0)
		return SPAN("");
	char *joined = arena_alloc(arena, from.len + 1 + to.len);
	if (from.len > 0)
		memcpy(joined, from.ptr, from.len);
	joined[from.len] = ' ';
	if (to.len > 0)
		memcpy(joined + from.len + 1, to.ptr, to.len);
	return (struct span){joined, from.len + 1 + to.len};
}

void event_read(
    struct event *out, const struct event_source *source, struct arena *arena)
{
	static const struct params none = {0};
	const struct params *params = source->params != NULL ? source->params : &none;
	int64_t error = 0;
	*out = (struct event){.kind = read_kind(source->route_kind, source->params)};
	out->sid = read_sid(out->kind, params);
	out->conversation = read_conversation(params, arena);
	out->is_fallback = is_filled(params, "ErrorUrl");
	out->reply_rejected =
	    out->is_fallback &&
	    text_int(params_get(params, "ErrorCode"), 12000, 14999, &error);
	event_key_make(out, source, arena);
}

struct rank {
	const char *status;
	int rank;
};

static int rank_of(const struct rank *ranks, size_t count, struct span status)
{
	for (size_t i = 0; i < count; i++)
		if (span_is(status, ranks[i].status))
			return ranks[i].rank;
	return -1;
}

int event_message_rank(struct span status)
{
	static const struct rank ranks[] = {
	    {"accepted", 0},
	    {"scheduled", 0},
	    {"receiving", 0},
	    {"received", 0},
	    {"queued", 1},
	    {"sending", 2},
	    {"sent", 3},
	    {"delivered", 4},
	    {"undelivered", 4},
	    {"failed", 4},
	    {"canceled", 4},
	    {"read", 5},
	};
	return rank_of(ranks, sizeof(ranks) / sizeof(ranks[0]), status);
}

int event_call_rank(struct span status)
{
	static const struct rank ranks[] = {
	    {"queued", 0},
	    {"initiated", 0},
	    {"ringing", 1},
	    {"in-progress", 2},
	    {"completed", 3},
	    {"busy", 3},
	    {"failed", 3},
	    {"no-answer", 3},
	    {"canceled", 3},
	};
	return rank_of(ranks, sizeof(ranks) / sizeof(ranks[0]), status);
}
