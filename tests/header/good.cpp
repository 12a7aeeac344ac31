// What must compile without a warning as C++17 and as C++20.
#include <offhook.h>

// For both.
static void keep(oh_context *context)
{
	json_decref(oh_get(context, "kept", oh_insert(context, "kept", json_object())));
}

int on_call(oh_event *event, oh_twiml *reply);

int on_call(oh_event *event, oh_twiml *reply)
{
	oh_say_attributes how;
	how.voice = "alice";
	how.loop = OH_ZERO;
	oh_say(reply, oh_param(event, "Body"), how);
	oh_record_attributes record;
	record.maxLength = 60;
	record.transcribe = OH_YES;
	record.playBeep = OH_BOOL(false);
	oh_record(reply, record);
	oh_say(oh_gather(reply), "Press 1");
	oh_break_(oh_say(reply, nullptr));
	oh_message(reply, oh_format(event, "You wrote: %s", oh_param(event, "Body")));
	oh_twiml_body(oh_message(reply, nullptr), oh_query(event, "text"));
	oh_hangup(reply);
	keep(event);
	return oh_ok(event) != 0 ? OH_OK : OH_FAILED;
}

int on_job(oh_job *job);

int on_job(oh_job *job)
{
	oh_job_options how;
	how.delay_s = 60;
	how.group = oh_payload_str(job, "who");
	oh_enqueue(job, "remind", json_object(), how);
	oh_enqueue(job, "remind", json_pack("{s:i}", "try", oh_job_attempt(job)));
	keep(oh_context_of(job));
	oh_progress(job, "%d of %d", 1, 2);
	return oh_job_is_last_attempt(job) != 0 ? oh_give_up(job, "enough") : oh_snooze(job, 1.5);
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {
	    {OH_CALL, "/call", on_call}, OH_BUILTIN_ROUTES, {}};
	static const oh_worker workers[] = {{"remind", on_job, 3}, {}};
	static const oh_collection collections[] = {{"kept", "number"}, {}};
	oh_app app;
	app.routes = routes;
	app.workers = workers;
	app.collections = collections;
	app.on_failure = on_job;
	return oh_main(argc, argv, &app);
}
