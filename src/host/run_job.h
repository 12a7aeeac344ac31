/* run_job -- one attempt of a job through its worker, to its outcome. */
#ifndef OFFHOOK_HOST_RUN_JOB_H
#define OFFHOOK_HOST_RUN_JOB_H

#include "api/context.h"

/* Runs the worker number frame->route of workers_all(world->app). out, like all that it
 * points to, lives in the arena or is a literal. */
void run_job(struct frame_result *out, const struct context_world *world,
    const struct frame_event *frame, struct arena *arena);

#endif
