/* sms -- an incoming message: stored, and answered with its own words.
 *
 *	Twilio: A message comes in -> https://YOUR.HOST/twilio/sms
 *	Try it: offhook send sms --body "Hello there"
 *	        ./sms query sms_messages */
#include <offhook.h>

static int on_sms(oh_event *event, oh_twiml *reply)
{
	const char *body = oh_param(event, "Body");

	oh_log(event, "message received", "sid", oh_sid(event), NULL);
	oh_insert(event, "sms_messages", json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}",
	    "messageSid", oh_param(event, "MessageSid"),
	    "from", oh_param(event, "From"),
	    "to", oh_param(event, "To"),
	    "body", body,
	    "direction", "inbound",
	    "receivedAt", oh_time(event)));
	oh_message(reply, oh_format(event, "Thanks for your message! We received: \"%s\"", body));
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {{OH_MESSAGE, "/twilio/sms", .handler = on_sms}, {0}};

	return oh_main(argc, argv, &(oh_app){.routes = routes});
}
