/* manifest -- the routes and workers of a user's app as the server serves them, made of
 * the FRAME_MANIFEST that a handler process sends. It is checked, so that a wrong app is
 * refused at start. */
#ifndef OFFHOOK_HANDLERS_MANIFEST_H
#define OFFHOOK_HANDLERS_MANIFEST_H

#include "frame/frame.h"
#include "util/arena.h"
#include "util/error.h"
#include "webhook/route.h"

struct job_worker;

/* Immutable. */
struct manifest {
	struct manifest *next; /* for its owner: the manifest before it */
	/* Ends with {0}. Without the built-in ones that routes of the app's own replace. */
	struct route *routes;
	uint32_t count;
	const struct job_worker *workers; /* frame.worker_count of them */
	struct frame_manifest frame;      /* what it was made of */
	struct arena *arena;
};

/* From a FRAME_READY. `like` is what routes get that run in handler processes. -1 with
 * err ("route 2, \"/orders/:\": a parameter needs a name …"). */
int manifest_new(struct manifest **out, struct span frame, const struct route *like,
    struct error *err);
void manifest_free(struct manifest *manifest); /* NULL is fine */
/* The route with the path and kind of another manifest's route, or NULL. */
const struct route *manifest_like(
    const struct manifest *manifest, const struct route *route);

#endif
