/* What must compile without a warning, as C11 and as C17. */
#include <offhook.h>

static oh_twiml *menu(oh_twiml *parent)
{
	return oh_gather(parent, .numDigits = 1, .action = "/menu");
}

int on_call(oh_event *event, oh_twiml *reply);

int on_call(oh_event *event, oh_twiml *reply)
{
	const char *from = oh_param(event, "From");
	char text[] = "an array";
	if (from == NULL)
		oh_reject(reply);
	else
		oh_say(reply, from, .voice = "alice", .loop = OH_ZERO);
	oh_say(menu(reply), text);
	oh_say(
	    oh_gather(oh_prompt(reply, .for_ = "postal-code"), .debug = OH_NO), NULL);
	oh_record(reply, .maxLength = OH_INT(60), .transcribe = OH_BOOL(from != NULL),
	    .action = from != NULL ? "/recorded" : NULL);
	oh_message(reply, oh_format(event, "You wrote: %s", from));
	oh_textf(oh_dial(reply, NULL, .timeout = 20), "%d", 5);
	oh_hangup(reply);
	return OH_OK;
}
