/* jsoncheck -- is it JSON? Without building a tree, for texts that only pass through. */
#ifndef OFFHOOK_UTIL_JSONCHECK_H
#define OFFHOOK_UTIL_JSONCHECK_H

#include <stdbool.h>

#include "util/span.h"

enum { JSONCHECK_DEPTH = 512 };

/* Whether text is one object as RFC 8259 has it, in UTF-8, with nothing but blanks
 * around it, nested at most JSONCHECK_DEPTH deep, and without \u0000: what jansson would
 * load. */
bool jsoncheck_object(struct span text);

#endif
