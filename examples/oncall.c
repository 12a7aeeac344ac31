/* oncall -- an alert line: whoever calls is put through to the first person on call who
 * takes it; when none does, the alert is escalated and a message recorded.
 *
 *	ONCALL=+15550100001,+15550100002 ./oncall serve
 *	Twilio: A call comes in -> https://YOUR.HOST/twilio/voice
 *	Try it: offhook send call
 *
 * A person's voicemail must not count as a person: who is called has to press 1, and
 * <Dial> says in DialBridged whether the two were connected. */
#include <offhook.h>
#include <stdlib.h>
#include <string.h>

/* The n-th number of ONCALL, from 0; NULL past the last. */
static const char *person(oh_event *event, int n)
{
	const char *at = getenv("ONCALL");

	for (; at != NULL && n > 0; n--)
		if ((at = strchr(at, ',')) != NULL)
			at++;
	return at == NULL || *at == '\0' ? NULL : oh_format(event, "%.*s", (int)strcspn(at, ","), at);
}

static void keep(oh_event *event, const char *state, int level)
{
	oh_upsert(event, "alerts", oh_param(event, "CallSid"),
	    json_pack("{s:s, s:s}", "from", oh_param(event, "From"), "receivedAt", oh_time(event)),
	    json_pack("{s:{s:s, s:i, s:s}}", "$set",
		"state", state, "level", level, "updatedAt", oh_time(event)));
}

/* Rings the person of that level; past the last one, takes a message. */
static int ring(oh_event *event, oh_twiml *reply, int level)
{
	const char *number = person(event, level);

	if (number == NULL) {
		keep(event, "unanswered", level);
		oh_enqueue(event, "escalate", json_pack("{s:s}", "callSid", oh_param(event, "CallSid")));
		oh_say(reply, "Nobody could be reached. Say what is wrong after the beep.");
		oh_record(reply, .maxLength = 120, .action = oh_url(event, "/twilio/message"));
		return OH_OK;
	}
	keep(event, "ringing", level);
	oh_twiml *dial = oh_dial(reply, NULL, .timeout = 20,
	    .action = oh_url(event, oh_format(event, "/twilio/next/%d", level + 1)));
	oh_number(dial, number, .url = oh_url(event, "/twilio/whisper"));
	return OH_OK;
}

static int on_call(oh_event *event, oh_twiml *reply)
{
	oh_say(reply, "You have reached the alert line. Hold on, we find somebody.");
	return ring(event, reply, 0);
}

/* After each <Dial>: done, or on to the next person. */
static int on_next(oh_event *event, oh_twiml *reply)
{
	const char *status = oh_param(event, "DialCallStatus");
	const char *bridged = oh_param_or(event, "DialBridged", "true");
	int level = atoi(oh_path_param(event, "level"));

	if (strcmp(status, "completed") != 0 || strcmp(bridged, "true") != 0)
		return ring(event, reply, level);
	keep(event, "answered", level - 1);
	oh_hangup(reply);
	return OH_OK;
}

/* Heard by the person who is called, alone, before the two are connected. */
static int on_whisper(oh_event *event, oh_twiml *reply)
{
	oh_twiml *key = oh_gather(reply, .numDigits = 1, .timeout = 8,
	    .action = oh_url(event, "/twilio/accept"));

	oh_say(key, "An alert. Press 1 to take it.");
	oh_hangup(reply);
	return OH_OK;
}

static int on_accept(oh_event *event, oh_twiml *reply)
{
	if (oh_param_int(event, "Digits", 0) != 1)
		oh_hangup(reply);
	return OH_OK; /* an empty reply connects the two */
}

static int on_message(oh_event *event, oh_twiml *reply)
{
	oh_update(event, "alerts", json_pack("{s:s}", "callSid", oh_param(event, "CallSid")),
	    json_pack("{s:{s:s}}", "$set", "recordingUrl", oh_param(event, "RecordingUrl")));
	oh_say(reply, "Thank you. Your alert has been escalated.");
	oh_hangup(reply);
	return OH_OK;
}

/* Tells the outside world: a pager, a chat, a mail … */
static int escalate(oh_job *job)
{
	oh_log(job, "nobody took the alert", "call", oh_payload_str(job, "callSid"), NULL);
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {
	    {OH_CALL, "/twilio/voice", .handler = on_call,
		.fallback = "<Response><Say>Please call again.</Say></Response>"},
	    {OH_CALL_ACTION, "/twilio/next/:level", .handler = on_next},
	    {OH_CALL_ACTION, "/twilio/whisper", .handler = on_whisper},
	    {OH_CALL_ACTION, "/twilio/accept", .handler = on_accept},
	    {OH_CALL_ACTION, "/twilio/message", .handler = on_message},
	    {0},
	};
	static const oh_worker workers[] = {{"escalate", .work = escalate}, {0}};
	static const oh_collection collections[] = {{"alerts", "callSid"}, {0}};

	return oh_main(argc, argv,
	    &(oh_app){.routes = routes, .workers = workers, .collections = collections});
}
