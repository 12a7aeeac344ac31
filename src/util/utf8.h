/* utf8 -- checks and repairs UTF-8. RFC 3629: no surrogates, no overlong forms, nothing
 * beyond U+10FFFF. */
#ifndef OFFHOOK_UTIL_UTF8_H
#define OFFHOOK_UTIL_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/span.h"

/* Length (1 to 4) of the valid sequence at the start, its code point in *code; 0 when
 * none starts there. bytes.len is at least 1. */
size_t utf8_next(struct span bytes, uint32_t *code);
bool utf8_valid(struct span bytes);
/* The same bytes when valid; else a copy in the arena with U+FFFD for every byte
 * outside a valid sequence. */
struct span utf8_repair(struct span bytes, struct arena *arena);
/* How many code points; a byte outside a valid sequence counts as one. */
size_t utf8_count(struct span bytes);
/* The first `count` code points, or all. */
struct span utf8_cut(struct span bytes, size_t count);

#endif
