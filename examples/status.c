/* status -- what became of the messages you sent: kept with each message, and when one
 * was not delivered, a retry is queued and its owner alerted.
 *
 *	Twilio: StatusCallback of the messages you send -> https://YOUR.HOST/twilio/status
 *	Try it: offhook send status --status undelivered --url http://127.0.0.1:8080/twilio/status
 *	        ./status query alerts
 *
 * Sending itself goes through Twilio's REST API, which is not part of this version: the
 * worker marks the message as one to be sent again, for the program that sends. */
#include <offhook.h>
#include <string.h>

enum { MOST_RETRIES = 3 };

static void alert(oh_event *event, const char *sid, const char *error)
{
	oh_log(event, "message not delivered", "sid", sid, "error", error, NULL);
	oh_insert(event, "alerts", json_pack("{s:s, s:s?, s:s?, s:s}",
	    "messageSid", sid,
	    "errorCode", error,
	    "errorMessage", oh_param_or(event, "ErrorMessage", NULL),
	    "at", oh_time(event)));
}

/* Statuses may overtake each other: a final one stays, but a delivered message may be
 * read. */
static void keep_status(oh_event *event, const char *sid, const char *status)
{
	json_t *final = json_pack("[s,s,s]", "undelivered", "failed", "read");

	if (strcmp(status, "read") != 0)
		json_array_append_new(final, json_string("delivered"));
	oh_update(event, "sms_messages",
	    json_pack("{s:s, s:{s:o}}", "messageSid", sid, "status", "$nin", final),
	    json_pack("{s:{s:s, s:s?, s:s?, s:s}}", "$set",
		"status", status,
		"errorCode", oh_param_or(event, "ErrorCode", NULL),
		"errorMessage", oh_param_or(event, "ErrorMessage", NULL),
		"updatedAt", oh_time(event)));
}

static int on_status(oh_event *event, oh_twiml *reply)
{
	const char *sid = oh_param(event, "MessageSid");
	const char *status = oh_param(event, "MessageStatus");
	const char *error = oh_param_or(event, "ErrorCode", NULL);

	(void)reply; /* a callback is answered 204: nobody reads it */
	keep_status(event, sid, status);
	if (strcmp(status, "failed") != 0 && strcmp(status, "undelivered") != 0)
		return OH_OK;
	alert(event, sid, error);
	if (oh_error_advice(oh_param_int(event, "ErrorCode", 0)) != OH_RETRY_NEVER)
		oh_enqueue(event, "resend", json_pack("{s:s}", "messageSid", sid), .delay_s = 60);
	return OH_OK;
}

static int resend(oh_job *job)
{
	const char *sid = oh_payload_str(job, "messageSid");

	oh_update(job, "sms_messages",
	    json_pack("{s:s, s:{s:{s:i}}}", "messageSid", sid,
		"retries", "$not", "$gte", MOST_RETRIES),
	    json_pack("{s:{s:s}, s:{s:i}}", "$set", "status", "to resend", "$inc", "retries", 1));
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {{OH_MESSAGE_STATUS, "/twilio/status", .handler = on_status}, {0}};
	static const oh_worker workers[] = {{"resend", .work = resend}, {0}};

	return oh_main(argc, argv, &(oh_app){.routes = routes, .workers = workers});
}
