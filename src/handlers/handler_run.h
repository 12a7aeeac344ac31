/* handler_run -- a webhook's run in a handler process, and its result, which is checked
 * before it is used (handlers/result.h). */
#ifndef OFFHOOK_HANDLERS_HANDLER_RUN_H
#define OFFHOOK_HANDLERS_HANDLER_RUN_H

#include "handlers/result.h"
#include "http/loop.h"
#include "http/request.h"
#include "pool/pool.h"
#include "util/error.h"

struct webhook;

/* In the webhook's arena; one for all runs of its handler. */
struct handler_run {
	struct pool_run pool_run;
	struct webhook *webhook;
	struct loop_task task; /* brings the result to the webhook's loop */
	const struct frame_result *result;
	struct arena *arena; /* of the result, and of what is made of it */

	struct reply reply;
	struct result taken;
};

/* Makes reply, writes and jobs of the result; they live until handler_run_clear. -1 with
 * err, which says why the event has failed. */
int handler_run_take(struct handler_run *run, struct error *err);
/* Frees the result and what was made of it: before another run, and in the end. */
void handler_run_clear(struct handler_run *run);

#endif
