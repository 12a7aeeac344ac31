/* utf8 -- is it UTF-8, and what to do when it is not. RFC 3629: no surrogates, no
 * overlong forms, nothing beyond U+10FFFF. */
#ifndef OFFHOOK_UTIL_UTF8_H
#define OFFHOOK_UTIL_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/span.h"

/* Length of the leading valid UTF-8 sequence (1 to 4), its code point in *code;
 * 0 when the first byte starts none. bytes.len is at least 1. */
size_t utf8_next(struct span bytes, uint32_t *code);
bool utf8_valid(struct span bytes);
/* The same bytes when valid; else a copy in the arena in which every byte that is
 * part of no valid sequence became U+FFFD. */
struct span utf8_repair(struct span bytes, struct arena *arena);
/* How many code points; a byte that is part of no valid sequence counts one. */
size_t utf8_count(struct span bytes);
/* The longest head of at most `count` code points. */
struct span utf8_cut(struct span bytes, size_t count);

#endif
