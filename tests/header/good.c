/* What must compile without a warning, as C11 and as C17. */
#include <offhook.h>

static oh_twiml *menu(oh_twiml *parent)
{
	return oh_gather(parent, .numDigits = 1, .action = "/menu");
}

/* For both. */
static void keep(oh_context *context)
{
	json_decref(oh_get(context, "kept", oh_insert(context, "kept", json_object())));
	oh_enqueue(context, "remind", json_object());
}

int on_call(oh_event *event, oh_twiml *reply);

int on_call(oh_event *event, oh_twiml *reply)
{
	const char *from = oh_param_or(event, "From", NULL);
	const oh_event *const as_read = event;
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
	oh_message(reply, oh_format(event, "You wrote: %s", oh_param(event, "Body")));
	oh_textf(oh_dial(reply, NULL, .timeout = 20), "%d", 5);
	oh_twiml_enqueue(reply, "sales", .action = oh_url(event, "/queued"));
	oh_twiml_body(oh_message(reply, NULL), oh_query(event, "text"));
	oh_hangup(reply);
	if (!oh_ok(event))
		return OH_FAILED;
	keep(oh_context_of(event));
	oh_kv_set(event, "a", oh_format(event, "%s", oh_format(event, "%d", 1)), 0.5);
	oh_kv_remove(event, oh_kv_get(event, "a"));
	return oh_time_ms(as_read) > 0 && oh_sid(as_read) != NULL ? OH_OK : OH_FAILED;
}

int on_job(oh_job *job);

int on_job(oh_job *job)
{
	const char *who = oh_payload_str_or(job, "who", NULL);
	oh_enqueue(job, "remind", json_pack("{s:s}", "who", who));
	oh_enqueue(job, "remind", json_object(), .delay_s = 0.5, .priority = -1,
	    .unique = who, .unique_s = 60,
	    .group = oh_format(job, "%d", oh_job_attempt(job)));
	if (who != NULL)
		oh_enqueue(
		    job, "remind", json_object(), .run_at_ms = oh_time_ms(job) + 1);
	else
		oh_cancel(job, "remind", "somebody");
	oh_progress(job, "%d of %d", 1, 2);
	keep(oh_context_of(job));
	if (oh_job_is_last_attempt(job) != 0)
		return oh_give_up(job, "job %lld", (long long)oh_job_id(job));
	return oh_error_advice(30001) == OH_RETRY_NEVER ? OH_OK : oh_snooze(job, 1.5);
}

extern const oh_route routes[];
const oh_route routes[] = {
    {OH_CALL, "/call", .handler = on_call, .deadline_s = 1.5},
    OH_BUILTIN_ROUTES,
    {0},
};

extern const oh_worker workers[];
const oh_worker workers[] = {
    {"note", .work = on_job},
    {"remind", .work = on_job, .max_tries = 3, .timeout_s = 10, .backoff_s = 0.5},
    {"report", .work = on_job, .cron = "0 9 * * MON-FRI", .zone = "Europe/Stockholm"},
    {0},
};

int main(int argc, char **argv)
{
	static const oh_collection collections[] = {{"kept", "number"}, {0}};
	return oh_main(argc, argv,
	    &(oh_app){.routes = routes,
		.workers = workers,
		.collections = collections,
		.on_failure = on_job});
}
