/* handler_run -- one webhook's run in a handler process, and what came back of it:
 * nothing of that is believed before it is checked (app/result.h). */
#ifndef OFFHOOK_HANDLERS_HANDLER_RUN_H
#define OFFHOOK_HANDLERS_HANDLER_RUN_H

#include "handlers/result.h"
#include "http/loop.h"
#include "http/request.h"
#include "pool/pool.h"
#include "util/error.h"

struct webhook;

/* In the webhook's arena; one for all its attempts. */
struct handler_run {
	struct pool_run pool_run;
	struct webhook *webhook;
	struct loop_task task; /* brings the result to the webhook's loop */
	const struct frame_result *result;
	struct arena *arena; /* holds the result, and what is made of it */

	struct reply reply;
	struct result taken; /* writes and jobs */
};

/* Makes reply, writes and jobs of the result; they live until handler_run_clear. -1 with why
 * the event has failed. */
int handler_run_take(struct handler_run *run, struct error *err);
/* Frees the result and all that was made of it, for another attempt or the end. */
void handler_run_clear(struct handler_run *run);

#endif
