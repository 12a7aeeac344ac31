#include "util/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/log.h"

static void *checked(void *ptr)
{
	if (ptr == NULL)
		log_fatal("out of memory; stopping (nothing acknowledged is lost)");
	return ptr;
}

void *mem_new(size_t count, size_t size)
{
	return checked(calloc(count == 0 ? 1 : count, size == 0 ? 1 : size));
}

void *mem_resize(void *old, size_t count, size_t size)
{
	return checked(reallocarray(old, count == 0 ? 1 : count, size));
}

char *mem_strdup(const char *text)
{
	return text == NULL ? NULL : checked(strdup(text));
}

char *mem_strndup(struct span text)
{
	char *copy = mem_new(text.len + 1, 1);
	if (text.len > 0)
		memcpy(copy, text.ptr, text.len);
	return copy;
}

char *mem_printf(const char *format, ...)
{
	va_list args;
	char *text = NULL;
	va_start(args, format);
	int len = vasprintf(&text, format, args);
	va_end(args);
	return checked(len < 0 ? NULL : text);
}
