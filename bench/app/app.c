/* app -- what the built-in app does with a message, in C and in handler processes: the
 * same document under the same key, the same reply. */
#include <offhook.h>

static json_t *document(oh_event *event)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:[], s:s, s:s, s:n, s:n, s:n}",
	    "messageSid", oh_sid(event),
	    "from", oh_param(event, "From"),
	    "to", oh_param(event, "To"),
	    "body", oh_param(event, "Body"),
	    "direction", "inbound",
	    "numMedia", 0,
	    "media",
	    "receivedAt", oh_time(event),
	    "status", "received",
	    "errorCode", "errorMessage", "updatedAt");
}

static int on_sms(oh_event *event, oh_twiml *reply)
{
	oh_insert(event, "sms_messages", document(event));
	oh_message(reply, oh_format(event, "Thanks for your message! We received: \"%s\"",
	    oh_param(event, "Body")));
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {{OH_MESSAGE, "/twilio/sms", .handler = on_sms}, {0}};
	static const oh_collection collections[] = {{"sms_messages", "messageSid"}, {0}};

	return oh_main(argc, argv, &(oh_app){.routes = routes, .collections = collections});
}
