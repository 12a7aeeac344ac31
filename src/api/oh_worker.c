/* oh_worker -- offhook.h: what a worker knows of its job, and may say of it. */
#include "api/context.h"
#include "util/clock.h"

enum { MS = 1000 };

/* ---- the job ---- */

const char *oh_payload_str(const oh_job *job, const char *name)
{
	return json_string_value(json_object_get(job->payload, name));
}

json_t *oh_payload(const oh_job *job)
{
	return job->payload;
}

int64_t oh_job_id(const oh_job *job)
{
	return context_is_job(job) ? job->job->job_id : 0;
}

int oh_try(const oh_job *job)
{
	return context_is_job(job) ? (int)job->job->nth : 0;
}

int oh_last_try(const oh_job *job)
{
	return context_is_job(job) && job->job->nth >= job->job->max;
}

/* ---- how it ends ---- */

int oh_snooze(oh_job *job, double seconds)
{
	if (!context_is_job(job)) {
		context_fail(job, "oh_snooze is for workers: this is a webhook");
		return OH_FAILED;
	}
	/* Also for what is no number. */
	if (!(seconds >= 0 && seconds <= (double)FRAME_TIME_MAX / MS)) {
		context_fail(job, "oh_snooze: the time must be 0 s to 100 years");
		return OH_FAILED;
	}
	job->snoozed = true;
	job->snooze_ms = (int64_t)(seconds * MS);
	return OH_SNOOZED;
}

/* What follows a mistake may be a consequence of it: then the job is tried again. */
int oh_give_up(oh_job *job, const char *format, ...)
{
	va_list args;
	if (job->mistake != NULL)
		return OH_FAILED;
	va_start(args, format);
	job->mistake = context_line(job, format, args);
	va_end(args);
	job->given_up = true;
	return OH_FAILED;
}

/* ---- how far it is ---- */

/* Some at once, for a worker that tells its steps as they come, and then ten a second:
 * one that tells each of a million things must not fill the socket. */
static bool may_tell(oh_job *job)
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
	const struct context_world *world = job->world;
	va_list args;
	if (!context_is_job(job) || world->progress == NULL || !may_tell(job))
		return;
	va_start(args, format);
	const char *text = context_line(job, format, args);
	va_end(args);
	const struct frame_progress progress = {job->run->id, span_of(text)};
	world->progress(world->ctx, &progress);
}
