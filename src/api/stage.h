/* stage -- the writes that a handler or worker has made so far, and the jobs that it has
 * enqueued and cancelled: kept until its event is committed with them. Its later reads by
 * "_id" and key see these writes. */
#ifndef OFFHOOK_API_STAGE_H
#define OFFHOOK_API_STAGE_H

#include "api/context.h"
#include "store/store.h"

struct staged {
	struct staged *next;
	struct frame_write write;
	struct filter *filter; /* compiled from write.filter; NULL: all */
	struct update *update; /* compiled from write.update; NULL: none */
};

struct staged_job {
	struct staged_job *next;
	struct frame_job job;
};

/* A new last write; in the arena, expect is -1. */
struct staged *stage_write(
    oh_context *context, enum store_op op, const char *collection);
/* A new last change of jobs, all zero but op; in the arena. */
struct frame_job *stage_job(oh_context *context, enum job_op op);
/* Frees the compiled filters and updates. */
void stage_clear(oh_context *context);
/* Fills out with all that is staged, in the arena; or, after a mistake, with that alone
 * and the id that out has. */
void stage_settle(struct frame_result *out, const oh_context *context);

/* One document, named by its "_id" or its key. */
struct stage_target {
	const char *collection;
	const char *key_field; /* the collection's; NULL: it has none */
	struct span name;      /* the "_id" or the key */
	int64_t row;           /* of the "_id"; 0: name is the key */
};

/* What the staged writes make of a document (taken; NULL: the store has none): the
 * document as it will be (the caller's), or NULL. It says nothing once the budget of
 * their filters is spent. */
json_t *stage_apply(const oh_context *context, const struct stage_target *target,
    json_t *doc, struct budget *budget);

#endif
