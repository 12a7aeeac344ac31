/* locked -- memory for secrets: pages of their own that are not written to swap (where the
 * machine still lets us lock pages) nor into core files, and that are wiped when freed. A
 * page or more each, so for few things that live long. */
#ifndef OFFHOOK_UTIL_LOCKED_H
#define OFFHOOK_UTIL_LOCKED_H

#include <stddef.h>

#include "util/span.h"

/* Zeroed. */
void *locked_new(size_t size);
/* A copy with a NUL after it; free with size text.len + 1. */
char *locked_copy(struct span text);
void locked_free(void *memory, size_t size); /* NULL is fine */

/* The calling process, and what it starts, leaves no core file. */
void locked_no_core(void);
/* For a process that holds secrets: it leaves no core file, and no other process of its user
 * may read its memory or environment (root may). A debugger cannot attach either. */
void locked_process(void);

#endif
