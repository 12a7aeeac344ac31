/* run_job -- one attempt of a job: its worker is called, and an outcome made. */
#ifndef OFFHOOK_HOST_RUN_JOB_H
#define OFFHOOK_HOST_RUN_JOB_H

#include "api/context.h"

/* Runs the worker number frame->worker of workers_all(world->app). All that out points to
 * is in the arena or a literal. */
void run_job(struct frame_result *out, const struct context_world *world,
    const struct frame_job_run *frame, struct arena *arena);

#endif
