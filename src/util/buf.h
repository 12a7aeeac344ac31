/* buf -- bytes that grow. Start from {0}; end with buf_free. */
#ifndef OFFHOOK_UTIL_BUF_H
#define OFFHOOK_UTIL_BUF_H

#include <stddef.h>

#include "util/span.h"

struct buf {
	char *ptr; /* NUL-terminated once anything was added; the NUL is not in len */
	size_t len, cap;
};

void buf_free(struct buf *buf);
/* Forgets the bytes, keeps the memory. */
void buf_clear(struct buf *buf);
/* Room for `more` further bytes and a NUL. */
void buf_reserve(struct buf *buf, size_t more);
void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_putc(struct buf *buf, char c);
void buf_puts(struct buf *buf, const char *text);
void buf_put(struct buf *buf, struct span bytes);
__attribute__((format(printf, 2, 3))) void buf_printf(
    struct buf *buf, const char *format, ...);
/* The bytes so far; valid until the next call. Never absent (ptr is not NULL). */
struct span buf_span(const struct buf *buf);
/* The bytes so far as text; "" when nothing was added. */
const char *buf_text(const struct buf *buf);

#endif
