/* diagnostics -- makes the output of a compiler (gcc or clang) short: the errors in
 * their order, each with its line, and how many there are. */
#ifndef OFFHOOK_DEV_DIAGNOSTICS_H
#define OFFHOOK_DEV_DIAGNOSTICS_H

#include <stdbool.h>
#include <stdio.h>

#include "util/span.h"

struct diagnostics_count {
	int errors, warnings;
};

/* Prints the errors of the output; or the whole output, when it has no error that this
 * understands (of the linker or make). */
struct diagnostics_count diagnostics_show(FILE *out, struct span said, bool colour);

#endif
