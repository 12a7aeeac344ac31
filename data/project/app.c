/* {{NAME}} -- answers Twilio's webhooks. offhook.h says all that a handler can do. */
#include <offhook.h>

/* A message comes in. Document and reply are one transaction: both or nothing. */
static int on_sms(oh_event *event, oh_twiml *reply)
{
	const char *body = oh_param(event, "Body");

	oh_insert(event, "messages",
	    json_pack("{s:s, s:s, s:s}", "from", oh_param(event, "From"), "body", body,
		"receivedAt", oh_time(event)));
	oh_message(reply, oh_format(event, "Hello from {{NAME}}! You wrote: %s", body));
	return OH_OK;
}

/* A call comes in. */
static int on_call(oh_event *event, oh_twiml *reply)
{
	oh_log(event, "somebody calls", "city", oh_param(event, "FromCity"), NULL);
	oh_say(reply, "Hello! This is {{NAME}}.", .voice = "alice");
	oh_hangup(reply);
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {
	    {OH_MESSAGE, "/twilio/sms", .handler = on_sms},
	    {OH_CALL, "/twilio/voice", .handler = on_call},
	    {0},
	};

	return oh_main(argc, argv, &(oh_app){.routes = routes});
}
