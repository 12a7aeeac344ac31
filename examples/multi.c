/* multi -- every kind of webhook in one program, behind one chain of filters. The
 * server checks before that they are Twilio's; the first filter lets only one account
 * through, the second keeps every event, so that the handlers only reply.
 *
 *	Twilio: messages -> /twilio/sms, their status -> /twilio/sms/status,
 *	        calls -> /twilio/voice, their status -> /twilio/voice/status
 *	Try it: offhook send sms; offhook send call-status; ./multi query webhooks */
#include <offhook.h>
#include <stdlib.h>
#include <string.h>

static int only_our_account(oh_event *event, oh_twiml *reply)
{
	const char *ours = getenv("TWILIO_ACCOUNT_SID"); /* no secret */

	(void)reply;
	if (ours != NULL && strcmp(ours, oh_account_sid(event)) != 0)
		return oh_fail(event, "a webhook of account %s, not ours", oh_account_sid(event));
	return OH_PASS;
}

/* NULL, which a document has as null, when Twilio sent none. */
static const char *given(const oh_event *event, const char *name)
{
	return oh_param_or(event, name, NULL);
}

static int keep(oh_event *event, oh_twiml *reply)
{
	int is_call = strncmp(oh_kind(event), "call.", strlen("call.")) == 0;

	(void)reply;
	oh_insert(event, "webhooks", json_pack("{s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s}",
	    "type", oh_kind(event),
	    "sid", oh_sid(event),
	    "from", given(event, "From"),
	    "to", given(event, "To"),
	    "body", given(event, "Body"),
	    "status", given(event, is_call ? "CallStatus" : "MessageStatus"),
	    "errorCode", given(event, "ErrorCode"),
	    "duration", given(event, "CallDuration"),
	    "timestamp", oh_time(event)));
	return OH_PASS;
}

static int on_sms(oh_event *event, oh_twiml *reply)
{
	(void)event;
	oh_message(reply, "Thanks! We got your message.");
	return OH_OK;
}

static int on_call(oh_event *event, oh_twiml *reply)
{
	(void)event;
	oh_say(reply, "Hello, thank you for calling!", .voice = "alice");
	oh_hangup(reply);
	return OH_OK;
}

static int on_status(oh_event *event, oh_twiml *reply)
{
	(void)event;
	(void)reply; /* kept by the filter; callbacks are answered 204 */
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_handler chain[] = {only_our_account, keep, NULL};
	static const oh_route routes[] = {
	    {OH_MESSAGE, "/twilio/sms", .handler = on_sms, .filters = chain},
	    {OH_MESSAGE_STATUS, "/twilio/sms/status", .handler = on_status, .filters = chain},
	    {OH_CALL, "/twilio/voice", .handler = on_call, .filters = chain},
	    {OH_CALL_STATUS, "/twilio/voice/status", .handler = on_status, .filters = chain},
	    {0},
	};

	return oh_main(argc, argv, &(oh_app){.routes = routes});
}
