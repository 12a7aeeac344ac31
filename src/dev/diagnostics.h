/* diagnostics -- what a compiler (gcc or clang) said, so that one sees at once what to
 * mend: errors in their order, each with its line, then how many there were. */
#ifndef OFFHOOK_DEV_DIAGNOSTICS_H
#define OFFHOOK_DEV_DIAGNOSTICS_H

#include <stdbool.h>
#include <stdio.h>

#include "util/span.h"

struct diagnostics_count {
	int errors, warnings;
};

/* Prints it; the whole text as it is when there is no error that it understands (a
 * linker's, make's). */
struct diagnostics_count diagnostics_show(FILE *out, struct span said, bool colour);

#endif
