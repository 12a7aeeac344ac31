#include "host/run_job.h"

#include "api/stage.h"
#include "host/app_workers.h"

static void note_result(oh_job *job, int result)
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

static void work(oh_job *job, const oh_worker *worker)
{
	struct span body = job->frame->body;
	json_error_t why;
	job->payload = json_loadb(body.ptr != NULL ? body.ptr : "", body.len, 0, &why);
	if (job->payload == NULL)
		context_fail(&job->context, "the payload is not JSON: %s", why.text);
	else
		note_result(job, worker->work(job));
}

void run_job(struct frame_result *out, const struct context_world *world,
    const struct frame_event *frame, struct arena *arena)
{
	oh_job *job = arena_alloc(arena, sizeof(*job));
	uint32_t count;
	const oh_worker *workers = workers_all(world->app, &count, arena);
	*out = (struct frame_result){.id = frame->id};
	if (frame->route >= count) {
		out->failure = SPAN("the app has no such worker");
		return;
	}
	job_open(job, world, frame, arena);
	/* Before anything of the user's: it may be its end, and the server's. */
	if (world->reader != NULL)
		store_reader_job_began(
		    world->reader, oh_job_id(job), oh_job_attempt(job));
	work(job, &workers[frame->route]);
	stage_settle(out, &job->context);
	if (!out->ok && job->given_up) {
		out->end = FRAME_GIVEN_UP;
	} else if (out->ok && job->snoozed) {
		out->end = FRAME_SNOOZED;
		out->snooze_ms = job->snooze_ms;
	}
	job_close(job);
}
