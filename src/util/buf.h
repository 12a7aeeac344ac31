/* buf -- bytes that grow. Start from {0}; end with buf_free. */
#ifndef OFFHOOK_UTIL_BUF_H
#define OFFHOOK_UTIL_BUF_H

#include <stddef.h>

#include "util/span.h"

struct buf {
	char *ptr; /* NULL at first; then NUL-terminated, the NUL not in len */
	size_t len, cap;
};

void buf_free(struct buf *buf);
/* Forgets the bytes, keeps the memory. */
void buf_clear(struct buf *buf);
/* For buf_reserve. */
void buf_grow(struct buf *buf, size_t more);

/* Makes room for `more` further bytes and a NUL. */
static inline void buf_reserve(struct buf *buf, size_t more)
{
	if (buf->cap - buf->len <= more)
		buf_grow(buf, more);
}

static inline void buf_add(struct buf *buf, const void *bytes, size_t len)
{
	buf_reserve(buf, len);
	if (len > 0)
		memcpy(buf->ptr + buf->len, bytes, len);
	buf->len += len;
	buf->ptr[buf->len] = '\0';
}

static inline void buf_putc(struct buf *buf, char c)
{
	buf_reserve(buf, 1);
	buf->ptr[buf->len++] = c;
	buf->ptr[buf->len] = '\0';
}

void buf_puts(struct buf *buf, const char *text);

static inline void buf_put(struct buf *buf, struct span bytes)
{
	buf_add(buf, bytes.ptr, bytes.len);
}

__attribute__((format(printf, 2, 3))) void buf_printf(
    struct buf *buf, const char *format, ...);
/* The bytes so far; valid until the next call. Its ptr is never NULL. */
struct span buf_span(const struct buf *buf);
/* The bytes so far as text; "" when nothing was added. */
const char *buf_text(const struct buf *buf);

#endif
