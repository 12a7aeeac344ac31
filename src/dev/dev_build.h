/* dev_build -- finds and builds the project that `dev` runs: with make when there is a
 * Makefile (its target is the source's name without .c), else with cc and pkg-config. */
#ifndef OFFHOOK_DEV_DEV_BUILD_H
#define OFFHOOK_DEV_DEV_BUILD_H

#include <stdbool.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/error.h"

struct dev_project {
	const char *dir;
	const char *source; /* "app.c", in dir */
	const char *target; /* "app" */
	int taken;          /* programs that were used; counted by the caller */
};

/* The command's argument is a source file, or a directory with an app.c; NULL: the current
 * directory. */
int dev_project_find(struct dev_project *out, const char *argument, struct arena *arena,
    struct error *err);

enum dev_built { DEV_BUILT, DEV_BROKEN, DEV_UNBUILT };

/* Builds in the current directory, which must be the project's. DEV_BUILT: program is the
 * path of a new file; the next build does not touch it once the caller has counted it in
 * taken. DEV_BROKEN: said has the output of make or the compiler. DEV_UNBUILT: err says
 * why the build could not start: also what the machine lacks (dev/dev_tools.h). */
enum dev_built dev_build(struct dev_project *project, const char **program,
    struct buf *said, struct arena *arena, struct error *err);

#endif
