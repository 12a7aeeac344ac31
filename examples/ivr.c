/* ivr -- a company's number: a menu in business hours, voicemail with transcription
 * outside them and whenever nobody answers.
 *
 *	Twilio: A call comes in -> https://YOUR.HOST/twilio/voice
 *	Try it: offhook send call
 *	        offhook send gather --digits 1 --url http://127.0.0.1:8080/twilio/menu
 *
 * OPEN_HOURS=9-17 (the default): from 9 to 17 on weekdays, in the server's time zone (TZ);
 * OPEN_HOURS=always to try the menu at night. */
#include <offhook.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char sales[] = "+15550100001";
static const char support[] = "+15550100002";

static int is_open(const oh_event *event)
{
	time_t now = (time_t)(oh_time_ms(event) / 1000);
	const char *hours = getenv("OPEN_HOURS");
	int from = 9, to = 17;
	const struct tm *local = localtime(&now);

	if (hours != NULL && strcmp(hours, "always") == 0)
		return 1;
	if (hours != NULL && sscanf(hours, "%d-%d", &from, &to) != 2)
		return 0;
	return local->tm_wday >= 1 && local->tm_wday <= 5 && local->tm_hour >= from &&
	       local->tm_hour < to;
}

static void take_message(oh_event *event, oh_twiml *reply, const char *why)
{
	oh_say(reply, why);
	oh_say(reply, "Please leave a message after the beep, then press the hash key.");
	oh_record(reply, .maxLength = 120, .finishOnKey = "#", .transcribe = OH_YES,
	    .action = oh_url(event, "/twilio/voicemail"),
	    .transcribeCallback = oh_url(event, "/twilio/voicemail/text"));
	oh_say(reply, "We did not hear anything. Goodbye.");
}

static void offer_menu(oh_event *event, oh_twiml *reply)
{
	oh_twiml *menu = oh_gather(reply, .numDigits = 1, .timeout = 6,
	    .action = oh_url(event, "/twilio/menu"));

	oh_say(menu, "For sales, press 1. For support, press 2. To leave a message, press 3.");
	take_message(event, reply, "We did not get your choice."); /* reached when no key is pressed */
}

static int on_call(oh_event *event, oh_twiml *reply)
{
	oh_say(reply, "Welcome to Example Company.");
	if (is_open(event))
		offer_menu(event, reply);
	else
		take_message(event, reply, "Our office is closed.");
	return OH_OK;
}

static int on_menu(oh_event *event, oh_twiml *reply)
{
	switch (oh_param_int(event, "Digits", 0)) {
	case 1:
		oh_dial(reply, sales, .timeout = 20, .action = oh_url(event, "/twilio/dialed"));
		break;
	case 2:
		oh_dial(reply, support, .timeout = 20, .action = oh_url(event, "/twilio/dialed"));
		break;
	case 3:
		take_message(event, reply, "Gladly.");
		break;
	default:
		oh_say(reply, "That is not on the menu.");
		offer_menu(event, reply);
	}
	return OH_OK;
}

/* After a dialled call: busy, no-answer and failed lead to voicemail. */
static int on_dialed(oh_event *event, oh_twiml *reply)
{
	const char *status = oh_param(event, "DialCallStatus");

	if (strcmp(status, "completed") == 0)
		oh_hangup(reply);
	else
		take_message(event, reply, "Nobody can take your call right now.");
	return OH_OK;
}

static int on_voicemail(oh_event *event, oh_twiml *reply)
{
	oh_upsert(event, "voicemails", oh_param(event, "CallSid"), json_pack("{s:s, s:s?, s:i, s:n, s:s}",
	    "from", oh_param(event, "From"),
	    "url", oh_param_or(event, "RecordingUrl", NULL),
	    "seconds", (int)oh_param_int(event, "RecordingDuration", 0),
	    "text",
	    "receivedAt", oh_time(event)), json_object());
	oh_say(reply, "Thank you. We will call you back.");
	oh_hangup(reply);
	return OH_OK;
}

/* Comes minutes later. A failed transcription has no text. */
static int on_text(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_update(event, "voicemails", json_pack("{s:s}", "callSid", oh_param(event, "CallSid")),
	    json_pack("{s:{s:s?}}", "$set", "text", oh_param_or(event, "TranscriptionText", NULL)));
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {
	    {OH_CALL, "/twilio/voice", .handler = on_call},
	    {OH_CALL_ACTION, "/twilio/menu", .handler = on_menu},
	    {OH_CALL_ACTION, "/twilio/dialed", .handler = on_dialed},
	    {OH_CALL_ACTION, "/twilio/voicemail", .handler = on_voicemail},
	    {OH_TRANSCRIPTION, "/twilio/voicemail/text", .handler = on_text},
	    {0},
	};
	static const oh_collection collections[] = {{"voicemails", "callSid"}, {0}};

	return oh_main(argc, argv, &(oh_app){.routes = routes, .collections = collections});
}
