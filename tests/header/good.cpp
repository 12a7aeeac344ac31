// What must compile without a warning as C++17.
#include <offhook.h>

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
	oh_hangup(reply);
	return OH_OK;
}

int on_job(oh_job *job);

int on_job(oh_job *job)
{
	oh_job_options how;
	how.delay_s = 60;
	how.group = oh_payload_str(job, "who");
	oh_enqueue(job, "remind", json_object(), how);
	oh_enqueue(job, "remind", json_pack("{s:i}", "try", oh_try(job)));
	oh_progress(job, "%d of %d", 1, 2);
	return oh_last_try(job) != 0 ? oh_give_up(job, "enough") : oh_snooze(job, 1.5);
}
