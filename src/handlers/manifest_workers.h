/* manifest_workers -- the workers that a handler process tells of, checked, so that a wrong
 * one is refused at start, and as jobs.h takes them. */
#ifndef OFFHOOK_HANDLERS_MANIFEST_WORKERS_H
#define OFFHOOK_HANDLERS_MANIFEST_WORKERS_H

#include "frame/frame.h"
#include "jobs/jobs.h"
#include "util/arena.h"
#include "util/error.h"

/* As many as manifest->worker_count, in that order; in the arena, and pointing into the
 * frame. NULL with err ("worker 2, \"remind\": …"). */
struct job_worker *worker_table(
    const struct frame_manifest *manifest, struct arena *arena, struct error *err);

#endif
