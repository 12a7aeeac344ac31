/* manifest_workers -- the workers of a manifest as jobs.h takes them. They are checked, so
 * that a wrong one is refused at start. */
#ifndef OFFHOOK_HANDLERS_MANIFEST_WORKERS_H
#define OFFHOOK_HANDLERS_MANIFEST_WORKERS_H

#include "frame/frame.h"
#include "jobs/jobs.h"
#include "util/arena.h"
#include "util/error.h"

/* manifest->worker_count of them, in that order, in the arena; they point into the
 * manifest. NULL with err ("worker 2, \"remind\": …"). */
struct job_worker *manifest_workers(
    const struct frame_manifest *manifest, struct arena *arena, struct error *err);

#endif
