#include "twilio/event.h"

#include "twilio/event_key.h"
#include "util/percent.h"
#include "util/text.h"

/* What a route is for decides where the parameters do not: a message callback without a
 * status, a call's parameters alone, or nothing that is known. */
static const struct family *event_family(
    enum event_kind route_kind, const struct params *params)
{
	const struct family *family = family_of(params);
	if (!family->route_decides)
		return family;
	switch (route_kind) {
	case EVENT_SMS_STATUS:
	case EVENT_CALL_STATUS:
	case EVENT_TRANSCRIPTION:
	case EVENT_JSON:
		return family_of_kind(route_kind);
	case EVENT_SMS_RECEIVED:
	case EVENT_CALL_RECEIVED:
		return family->kind == EVENT_OTHER ? family_of_kind(route_kind)
						   : family;
	case EVENT_CALL_ACTION:
	case EVENT_RECORDING_STATUS:
		return family_of_kind(EVENT_CALL_ACTION);
	case EVENT_OTHER:
	case EVENT_KINDS:
		break;
	}
	return family;
}

/* A blank stands in neither address, so that joining them stays unambiguous. */
static struct span event_conversation(
    const struct family *family, const struct params *params, struct arena *arena)
{
	if (family->conversation != NULL)
		return params_get(params, family->conversation);
	struct span call = params_get(params, "CallSid");
	struct span from = params_get(params, "From");
	struct span to = params_get(params, "To");
	if (call.len > 0)
		return call;
	if (from.len == 0 && to.len == 0)
		return SPAN("");
	return arena_join(arena, from, SPAN(" "), to);
}

/* CA and 32 hexadecimal digits: anything else is cut from other bytes, or no call's. */
static bool is_call_sid(struct span sid)
{
	if (sid.len != 34 || !span_starts(sid, SPAN("CA")))
		return false;
	for (size_t i = 2; i < sid.len; i++)
		if (percent_digit(sid.ptr[i]) < 0)
			return false;
	return true;
}

void event_read(
    struct event *out, const struct event_source *source, struct arena *arena)
{
	static const struct params none = {0};
	const struct params *params = source->params != NULL ? source->params : &none;
	const struct family *family = source->params != NULL
					  ? event_family(source->route_kind, params)
					  : family_of_kind(EVENT_JSON);
	int64_t error = 0;
	*out = (struct event){.kind = family->kind,
	    .name = family->name,
	    .deadline_ms = family->deadline_ms};
	out->sid = family_sid(family, params);
	out->conversation = event_conversation(family, params, arena);
	out->is_document =
	    (out->kind == EVENT_CALL_RECEIVED || out->kind == EVENT_CALL_ACTION) &&
	    is_call_sid(out->sid);
	out->is_fallback = params_get_filled(params, "ErrorUrl").ptr != NULL;
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
