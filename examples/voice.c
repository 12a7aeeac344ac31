/* voice -- an answering machine: greets, records a message, keeps what was recorded and
 * what was said in it.
 *
 *	Twilio: A call comes in -> https://YOUR.HOST/twilio/voice
 *	Try it: offhook send call
 *	        offhook send record --call-sid CA… */
#include <offhook.h>

static int on_call(oh_event *event, oh_twiml *reply)
{
	/* A call may ask again for its first document: that is no second call. */
	oh_upsert(event, "calls", oh_param(event, "CallSid"), json_pack("{s:s, s:s, s:s, s:s, s:s}",
	    "from", oh_param(event, "From"),
	    "to", oh_param(event, "To"),
	    "status", oh_param(event, "CallStatus"),
	    "direction", "inbound",
	    "receivedAt", oh_time(event)), json_object());
	oh_say(reply, "Hello! Thank you for calling. Please leave a message after the beep.",
	    .voice = "alice");
	/* Without an action <Record> asks for this same document again, for ever. oh_url: a
	 * bare "/twilio/…" would lose the path of --public-url, if it has one. */
	oh_record(reply, .maxLength = 60, .transcribe = OH_YES,
	    .action = oh_url(event, "/twilio/voice/recorded"),
	    .transcribeCallback = oh_url(event, "/twilio/voice/transcription"));
	oh_say(reply, "We did not receive a recording. Goodbye.");
	return OH_OK;
}

static void keep(oh_event *event, const char *field, const char *value)
{
	oh_update(event, "calls", json_pack("{s:s}", "callSid", oh_param(event, "CallSid")),
	    json_pack("{s:{s:s?, s:s}}", "$set", field, value, "updatedAt", oh_time(event)));
}

static int on_recorded(oh_event *event, oh_twiml *reply)
{
	keep(event, "recordingUrl", oh_param(event, "RecordingUrl"));
	oh_say(reply, "Thank you. Goodbye.", .voice = "alice");
	oh_hangup(reply);
	return OH_OK;
}

static int on_transcription(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	keep(event, "transcription", oh_param_or(event, "TranscriptionText", NULL));
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {
	    {OH_CALL, "/twilio/voice", .handler = on_call},
	    {OH_CALL_ACTION, "/twilio/voice/recorded", .handler = on_recorded},
	    {OH_TRANSCRIPTION, "/twilio/voice/transcription", .handler = on_transcription},
	    {0},
	};

	return oh_main(argc, argv, &(oh_app){.routes = routes});
}
