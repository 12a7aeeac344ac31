/* mem -- allocation that never returns NULL: without memory it stops the program with a
 * message. That is safe, because nothing is acknowledged before it is stored. Memory
 * that strangers can make us take is limited before (http/server.h). */
#ifndef OFFHOOK_UTIL_MEM_H
#define OFFHOOK_UTIL_MEM_H

#include <stddef.h>

#include "util/span.h"

/* Zeroed. Free with free(). */
void *mem_new(size_t count, size_t size);
/* As realloc; the grown part is not zeroed. */
void *mem_resize(void *old, size_t count, size_t size);
/* A NUL-terminated copy. Free with free(). NULL gives NULL. */
char *mem_strdup(const char *text);
char *mem_strndup(struct span text);
__attribute__((format(printf, 1, 2))) char *mem_printf(const char *format, ...);

#endif
