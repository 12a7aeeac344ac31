/* signature -- checking a signature by hand. You need not: every Twilio route is checked
 * before its handler runs. This is for what the server cannot know: webhooks that are
 * signed with somebody else's token: that of a partner, whom the path names.
 *
 *	Try it: PARTNER_ACME_TOKEN=secret ./signature serve
 *	        PARTNER_ACME_TOKEN=secret offhook send sms --token-env PARTNER_ACME_TOKEN \
 *	            --url https://sms.example.com/partners/ACME/sms --connect 127.0.0.1:8080 */
#include <offhook.h>
#include <string.h>

static int verify(oh_event *event, oh_twiml *reply)
{
	const char *partner = oh_path_param(event, "partner");
	const char *token = strcmp(partner, "ACME") == 0
	    ? oh_secret(event, "PARTNER_ACME_TOKEN") : NULL;

	(void)reply;
	if (oh_signature_valid(event, token, oh_header(event, "X-Twilio-Signature"), NULL))
		return OH_PASS;
	oh_log(event, "invalid signature", "partner", partner, NULL);
	oh_reply(event, 403, "text/plain", "Forbidden\n");
	return OH_OK;
}

static int on_sms(oh_event *event, oh_twiml *reply)
{
	oh_insert(event, "partner_messages", json_pack("{s:s, s:s, s:s, s:s}",
	    "partner", oh_path_param(event, "partner"),
	    "messageSid", oh_param(event, "MessageSid"),
	    "from", oh_param(event, "From"),
	    "body", oh_param(event, "Body")));
	oh_message(reply, "Thank you. We pass it on.");
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_handler chain[] = {verify, NULL};
	static const oh_route routes[] = {
	    {OH_UNSIGNED, "/partners/:partner/sms", .handler = on_sms, .filters = chain},
	    {0},
	};

	return oh_main(argc, argv, &(oh_app){.routes = routes, .secrets = {"PARTNER_ACME_TOKEN"}});
}
