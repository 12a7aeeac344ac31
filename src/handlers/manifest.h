/* manifest -- a user's routes and workers as the server serves them, made of what a handler
 * process tells about its app: checked, so that a wrong one is refused at start. */
#ifndef OFFHOOK_HANDLERS_MANIFEST_H
#define OFFHOOK_HANDLERS_MANIFEST_H

#include "frame/frame.h"
#include "util/arena.h"
#include "util/error.h"
#include "webhook/route.h"

struct job_worker;

/* Immutable. */
struct manifest {
	struct manifest *next; /* the owner's: those before it */
	struct route *routes;  /* ends with {0} */
	uint32_t count;
	const struct job_worker *workers; /* jobs/jobs.h; frame.worker_count of them */
	struct frame_manifest frame;      /* what it was made of */
	struct arena *arena;
};

/* From a FRAME_READY. handle and fall_back are what routes get that run in handler
 * processes. -1 with err ("route 2, \"/orders/:\": a parameter needs a name …"). */
int manifest_new(struct manifest **out, struct span frame, const struct route *like,
    struct error *err);
void manifest_free(struct manifest *manifest); /* NULL is fine */
/* Its route of that path and kind; NULL when there is none. */
const struct route *manifest_like(
    const struct manifest *manifest, const struct route *route);

#endif
