#include "host/run_job.h"

#include "api/stage.h"
#include "host/app_workers.h"

static void job_note_result(oh_job *job, int result)
{
	oh_context *context = &job->context;
	switch (result) {
	case OH_OK:
		if (job->snoozed)
			context_fail(context,
			    "the worker called oh_snooze, but returned OH_OK: "
			    "return what oh_snooze gives");
		break;
	case OH_SNOOZED:
		if (!job->snoozed)
			context_fail(context,
			    "the worker returned OH_SNOOZED without a call of "
			    "oh_snooze, which says for how long");
		break;
	case OH_FAILED:
		context_fail(context, "the worker returned OH_FAILED without a reason "
				      "(oh_fail gives one)");
		break;
	default:
		context_fail(context,
		    "the worker returned %d, which is no result of a worker's", result);
		break;
	}
}

void run_job(struct frame_result *out, const struct context_world *world,
    const struct frame_job_run *frame, struct arena *arena)
{
	oh_job *job = arena_alloc(arena, sizeof(*job));
	struct span payload = frame->payload.ptr != NULL ? frame->payload : SPAN("");
	json_error_t why;
	uint32_t count;
	const oh_worker *workers = workers_all(world->app, &count, arena);
	*out = (struct frame_result){.id = frame->run.id};
	if (frame->worker >= count) {
		out->failure = SPAN("the app has no such worker");
		return;
	}
	job_open(job, world, frame, arena);
	/* Before the user's code, which may end this process, and with it the server. */
	if (world->reader != NULL)
		store_reader_job_began(world->reader, frame->job_id, (int)frame->nth);
	job->payload = json_loadb(payload.ptr, payload.len, 0, &why);
	if (job->payload == NULL)
		context_fail(&job->context, "the payload is not JSON: %s", why.text);
	else
		job_note_result(job, workers[frame->worker].work(job));
	stage_settle(out, &job->context);
	if (!out->ok && job->given_up) {
		out->end = FRAME_GIVEN_UP;
	} else if (out->ok && job->snoozed) {
		out->end = FRAME_SNOOZED;
		out->snooze_ms = job->snooze_ms;
	}
	job_close(job);
}
