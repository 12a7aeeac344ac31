/* idempotency -- nothing to do. When Twilio repeats a webhook, the first reply goes out
 * again and no handler runs; so this handler counts its runs, and the count stays 1.
 *
 *	Twilio: A message comes in -> https://YOUR.HOST/twilio/sms
 *	Try it: offhook send sms --repeat 3
 *	        ./idempotency query orders */
#include <offhook.h>

static int on_sms(oh_event *event, oh_twiml *reply)
{
	oh_upsert(event, "orders", oh_param(event, "MessageSid"),
	    json_pack("{s:s}", "order", oh_param(event, "Body")),
	    json_pack("{s:{s:i}}", "$inc", "runs", 1));
	oh_message(reply, oh_format(event, "Ordered, once: %s", oh_param(event, "Body")));
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {{OH_MESSAGE, "/twilio/sms", .handler = on_sms}, {0}};
	static const oh_collection collections[] = {{"orders", "messageSid"}, {0}};

	return oh_main(argc, argv, &(oh_app){.routes = routes, .collections = collections});
}
