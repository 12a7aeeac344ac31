/* async -- answer at once, work later. The document, the job and the reply are one
 * transaction: a job is never lost, and never run for a message that was not stored.
 *
 *	Twilio: A message comes in -> https://YOUR.HOST/twilio/sms */
#include <offhook.h>

static int on_sms(oh_event *event, oh_twiml *reply)
{
	oh_insert(event, "sms_messages", json_pack("{s:s, s:s, s:s, s:b, s:s}",
	    "messageSid", oh_param(event, "MessageSid"),
	    "from", oh_param(event, "From"),
	    "body", oh_param(event, "Body"),
	    "processed", 0,
	    "receivedAt", oh_time(event)));
	oh_enqueue(event, "processSms", json_pack("{s:s}", "messageSid", oh_param(event, "MessageSid")));
	oh_message(reply, "Got it! Processing your request...");
	return OH_OK;
}

static int process_sms(oh_job *job)
{
	const char *sid = oh_payload_str(job, "messageSid");

	/* slow work: an API call, a model … */
	oh_update(job, "sms_messages", json_pack("{s:s}", "messageSid", sid),
	    json_pack("{s:{s:b, s:s}}", "$set", "processed", 1, "processedAt", oh_time(job)));
	return OH_OK; /* anything else is retried, with backoff, then a dead letter */
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {{OH_MESSAGE, "/twilio/sms", .handler = on_sms}, {0}};
	static const oh_worker workers[] = {{"processSms", .work = process_sms, .max_tries = 5}, {0}};

	return oh_main(argc, argv, &(oh_app){.routes = routes, .workers = workers});
}
