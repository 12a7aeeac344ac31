/* text -- bytes as hexadecimal, Base64 or SHA-256; numbers, sizes and durations from
 * text; small files. */
#ifndef OFFHOOK_UTIL_TEXT_H
#define OFFHOOK_UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/span.h"

/* Lower-case hex; out has room for 2 * len + 1 bytes. */
void text_hex(char *out, const void *bytes, size_t len);
/* Standard Base64 with padding; out has room for 4 * ceil(len / 3) + 1 bytes. */
void text_base64(char *out, const void *bytes, size_t len);
/* Thread-safe. */
void text_sha256(unsigned char out[32], struct span bytes);
/* True when the text is a whole decimal number within [min, max]. */
bool text_int(struct span text, int64_t min, int64_t max, int64_t *out);
/* True when the text is made of ASCII letters, digits and `others`; false when empty. */
bool text_all_of(struct span text, const char *others);
/* "64k", "1M", "2G" or plain bytes. */
bool text_size(struct span text, int64_t *out);
/* "500ms", "10s", "5m", "2h", "7d": milliseconds. A bare number is seconds. */
bool text_duration(struct span text, int64_t *out_ms);
/* The whole file, NUL-terminated, *len without the NUL; free() it. NULL with errno when
 * it cannot be read, or has more than `limit` bytes (EFBIG). */
char *text_read_file(const char *path, size_t limit, size_t *len);

#endif
