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

int on_job(oh_job *job);

int on_job(oh_job *job)
{
	const char *who = oh_payload_str(job, "who");
	oh_enqueue(job, "remind", json_pack("{s:s}", "who", who));
	oh_enqueue(job, "remind", json_object(), .delay_s = 0.5, .priority = -1,
	    .unique = who, .unique_s = 60, .group = oh_format(job, "%d", oh_try(job)));
	if (who != NULL)
		oh_enqueue(
		    job, "remind", json_object(), .run_at_ms = oh_time_ms(job) + 1);
	else
		oh_cancel(job, "remind", "somebody");
	oh_progress(job, "%d of %d", 1, 2);
	if (oh_last_try(job) != 0)
		return oh_give_up(job, "job %lld", (long long)oh_job_id(job));
	return oh_error_retry(30001) == OH_RETRY_NEVER ? OH_OK : oh_snooze(job, 1.5);
}

extern const oh_worker workers[];
const oh_worker workers[] = {
    {"remind", on_job, .max_tries = 3, .timeout_s = 10, .backoff_s = 0.5},
    {"report", on_job, .cron = "0 9 * * MON-FRI", .zone = "Europe/Stockholm"}, {0}};

extern const oh_app app;
const oh_app app = {.workers = workers, .on_failure = on_job};
