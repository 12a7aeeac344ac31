/* dev_build -- which project `dev` runs, and how it is built: with make when there is a
 * Makefile (its target has the source's name without .c), else with cc and what
 * pkg-config knows. */
#ifndef OFFHOOK_DEV_DEV_BUILD_H
#define OFFHOOK_DEV_DEV_BUILD_H

#include <stdbool.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/error.h"

struct dev_project {
	const char *dir;    /* where it stands */
	const char *source; /* "app.c", within it */
	const char *target; /* "app" */
	int taken; /* programs so far, for the caller to count; names the next */
};

/* From the command's argument: a source file, a directory (its app.c), or NULL for
 * this one. */
int dev_project_find(struct dev_project *out, const char *argument, struct arena *arena,
    struct error *err);

enum dev_built { DEV_BUILT, DEV_BROKEN, DEV_UNBUILT };

/* Builds in the current directory, which must be the project's. DEV_BUILT: program is a
 * new file's path, a copy that is left alone once it is counted as taken. DEV_BROKEN: said is what
 * compiler or make said. DEV_UNBUILT: err says why it could not even try. */
enum dev_built dev_build(struct dev_project *project, const char **program,
    struct buf *said, struct arena *arena, struct error *err);

#endif
