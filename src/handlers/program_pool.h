/* program_pool -- the processes of an app's program, which a swap replaces with those of
 * another program, and the manifests of all programs so far. */
#ifndef OFFHOOK_HANDLERS_PROGRAM_POOL_H
#define OFFHOOK_HANDLERS_PROGRAM_POOL_H

#include "handlers/manifest.h"
#include "pool/pool.h"
#include "util/error.h"

#define PROGRAM_SELF "/proc/self/exe"

struct service;

/* Embed it; the owner sets the first four. */
struct program_pool {
	struct service *service;
	const struct route *like; /* as for manifest_new */
	/* A new program's manifest is right; -1 with err refuses it nevertheless. On the
	 * pool's thread; may be NULL. */
	int (*accept)(struct program_pool *programs, const struct manifest *manifest,
	    struct error *err);
	/* processes, max_processes, nice, address and progress; ctx of those two is this
	 * struct. */
	struct pool_config base;

	struct pool *_Atomic pool; /* NULL before the first start */
	/* The present program's, then those before it, which runs may still use. The
	 * pool's thread changes it. */
	struct manifest *manifests;
};

/* Starts processes of program, the path of a program that calls oh_main, in place of the
 * present ones. -1 with err, and all stays as it was, when it does not start or its
 * manifest is refused. */
int program_pool_start(
    struct program_pool *programs, const char *program, struct error *err);
/* Before the first start these do nothing. */
void program_pool_flush(struct program_pool *programs);
int program_pool_pids(struct program_pool *programs, int *out, int max);
/* Ends the processes; the manifests stay. */
void program_pool_close(struct program_pool *programs);
/* After that, when no other thread uses it or its manifests any more. */
void program_pool_clear(struct program_pool *programs);

#endif
