#include "host/run_job.h"

#include "api/stage.h"
#include "host/app_workers.h"

static void job_note_result(oh_context *context, int result)
{
	switch (result) {
	case OH_OK:
		if (context->snoozed)
			context_fail(context,
			    "the worker called oh_snooze, but returned OH_OK: "
			    "return what oh_snooze gives");
		break;
	case OH_SNOOZED:
		if (!context->snoozed)
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
    const struct frame_job_run *job, struct arena *arena)
{
	oh_context *context = arena_alloc(arena, sizeof(*context));
	struct span payload = job->payload.ptr != NULL ? job->payload : SPAN("");
	json_error_t why;
	uint32_t count;
	const oh_worker *workers = workers_all(world->app, &count, arena);
	*out = (struct frame_result){.id = job->run.id};
	if (job->worker >= count) {
		out->failure = SPAN("the app has no such worker");
		return;
	}
	context_open_job(context, world, job, arena);
	/* Before the user's code, which may end this process, and with it the server. */
	if (world->reader != NULL)
		store_reader_job_began(world->reader, job->job_id, (int)job->nth);
	context->payload = json_loadb(payload.ptr, payload.len, 0, &why);
	if (context->payload == NULL)
		context_fail(context, "the payload is not JSON: %s", why.text);
	else
		job_note_result(context, workers[job->worker].work(context));
	stage_settle(out, context);
	if (!out->ok && context->given_up) {
		out->end = FRAME_GIVEN_UP;
	} else if (out->ok && context->snoozed) {
		out->end = FRAME_SNOOZED;
		out->snooze_ms = context->snooze_ms;
	}
	context_close(context);
}
