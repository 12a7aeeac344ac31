/* oh_worker -- offhook.h: the calls inside a worker. */
#include "api/context.h"
#include "util/clock.h"

enum { MS = 1000 };

/* ---- the job ---- */

json_t *oh_payload(const oh_job *job)
{
	return job->payload;
}

const char *oh_payload_str(const oh_job *job, const char *name)
{
	return oh_payload_str_or(job, name, "");
}

const char *oh_payload_str_or(
    const oh_job *job, const char *name, const char *otherwise)
{
	const json_t *value = json_object_get(job->payload, name);
	if (!json_is_string(value))
		return otherwise;
	struct span text = {json_string_value(value), json_string_length(value)};
	return context_text(&job->context, text, otherwise);
}

int64_t oh_job_id(const oh_job *job)
{
	return job->frame->job_id;
}

int oh_job_attempt(const oh_job *job)
{
	return (int)job->frame->nth;
}

int oh_job_is_last_attempt(const oh_job *job)
{
	return job->frame->nth >= job->frame->max;
}

/* ---- how it ends ---- */

int oh_snooze(oh_job *job, double seconds)
{
	/* Also for what is not a number. */
	if (!(seconds >= 0 && seconds <= (double)FRAME_TIME_MAX / MS)) {
		context_fail(
		    &job->context, "oh_snooze: the time must be 0 s to 100 years");
		return OH_FAILED;
	}
	job->snoozed = true;
	job->snooze_ms = (int64_t)(seconds * MS);
	return OH_SNOOZED;
}

/* After a mistake, of which this may be a consequence, another attempt follows. */
int oh_give_up(oh_job *job, const char *format, ...)
{
	va_list args;
	if (job->context.mistake != NULL)
		return OH_FAILED;
	va_start(args, format);
	job->context.mistake = context_line(&job->context, format, args);
	va_end(args);
	job->given_up = true;
	return OH_FAILED;
}

/* ---- how far it is ---- */

/* Ten at once, for a worker that tells its steps as they come, and then ten a second: a
 * worker that tells each of a million things must not fill the socket. */
static bool job_may_tell(oh_job *job)
{
	static const int64_t each_us = 100000;
	static const int64_t at_once = 10;

	int64_t now_us = clock_mono_us();
	if (job->progress_us > now_us + (at_once - 1) * each_us)
		return false;
	if (job->progress_us < now_us)
		job->progress_us = now_us;
	job->progress_us += each_us;
	return true;
}

void oh_progress(oh_job *job, const char *format, ...)
{
	const struct context_world *world = job->context.world;
	va_list args;
	if (world->progress == NULL || !job_may_tell(job))
		return;
	va_start(args, format);
	const char *text = context_line(&job->context, format, args);
	va_end(args);
	const struct frame_progress progress = {job->context.run->id, span_of(text)};
	world->progress(world->ctx, &progress);
}
