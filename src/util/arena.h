/* arena -- memory that is freed in one call, for example all of a webhook's. For one
 * thread at a time. With -fsanitize=address every allocation is a malloc of its own, so
 * that an overrun is seen. */
#ifndef OFFHOOK_UTIL_ARENA_H
#define OFFHOOK_UTIL_ARENA_H

#include <stddef.h>

#include "util/span.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena); /* NULL is fine */
/* Ends all that was allocated. A block is kept for what comes next. */
void arena_clear(struct arena *arena);
/* Uninitialised memory, aligned for any type; never NULL (see util/mem.h). */
void *arena_alloc(struct arena *arena, size_t size);
/* Zeroed. */
void *arena_zalloc(struct arena *arena, size_t size);
/* NUL-terminated copies. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, struct span text);
struct span arena_copy(struct arena *arena, struct span bytes);
/* The three, one after the other; NUL-terminated. */
struct span arena_join(
    struct arena *arena, struct span a, struct span b, struct span c);
__attribute__((format(printf, 2, 3))) char *arena_printf(
    struct arena *arena, const char *format, ...);
/* Bytes taken from the machine so far. */
size_t arena_size(const struct arena *arena);

#endif
