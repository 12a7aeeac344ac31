#include "util/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/mem.h"

void buf_free(struct buf *buf)
{
	free(buf->ptr);
	*buf = (struct buf){0};
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
	if (buf->ptr != NULL)
		buf->ptr[0] = '\0';
}

void buf_grow(struct buf *buf, size_t more)
{
	size_t cap = buf->cap == 0 ? 256 : buf->cap;
	while (cap - buf->len <= more)
		cap *= 2;
	buf->ptr = mem_resize(buf->ptr, cap, 1);
	buf->cap = cap;
}

void buf_puts(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	va_list again;
	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len > 0) {
		buf_reserve(buf, (size_t)len);
		(void)vsnprintf(buf->ptr + buf->len, (size_t)len + 1, format, again);
		buf->len += (size_t)len;
	}
	va_end(again);
}

struct span buf_span(const struct buf *buf)
{
	return (struct span){buf->ptr != NULL ? buf->ptr : "", buf->len};
}

const char *buf_text(const struct buf *buf)
{
	return buf->ptr != NULL ? buf->ptr : "";
}
