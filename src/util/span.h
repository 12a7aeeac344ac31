/* span -- bytes that somebody else owns. Not NUL-terminated; any byte may be in it.
 * With ptr NULL it is "absent"; with len 0 and a ptr it is "empty". */
#ifndef OFFHOOK_UTIL_SPAN_H
#define OFFHOOK_UTIL_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct span {
	const char *ptr;
	size_t len;
};

/* A parameter or a header. */
struct pair {
	struct span name, value;
};

/* A string literal as a span. */
#define SPAN(literal)  ((struct span){"" literal, sizeof(literal) - 1})
/* For printf's "%.*s". */
#define SPAN_ARG(span) (int)(span).len, (span).ptr != NULL ? (span).ptr : ""

static inline struct span span_of(const char *text)
{
	return (struct span){text, text != NULL ? strlen(text) : 0};
}

static inline bool span_eq(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool span_is(struct span a, const char *text)
{
	return span_eq(a, span_of(text));
}

/* Equal but for ASCII case, as header names and hosts compare. */
static inline bool span_ieq(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || strncasecmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool span_starts(struct span a, struct span prefix)
{
	return a.len >= prefix.len &&
	       (prefix.len == 0 || memcmp(a.ptr, prefix.ptr, prefix.len) == 0);
}

/* The same, but for ASCII case. */
static inline bool span_istarts(struct span a, struct span prefix)
{
	return a.len >= prefix.len &&
	       (prefix.len == 0 || strncasecmp(a.ptr, prefix.ptr, prefix.len) == 0);
}

/* From byte `start` to the end; start is at most len. */
static inline struct span span_from(struct span a, size_t start)
{
	return (struct span){a.ptr + start, a.len - start};
}

/* The first `len` bytes; len is at most a.len. */
static inline struct span span_head(struct span a, size_t len)
{
	return (struct span){a.ptr, len};
}

/* Index of the first c, or a.len. */
static inline size_t span_find(struct span a, char c)
{
	const char *at = a.len == 0 ? NULL : memchr(a.ptr, c, a.len);
	return at == NULL ? a.len : (size_t)(at - a.ptr);
}

static inline bool span_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without ASCII blanks (space, tab, CR, LF) at both ends. */
static inline struct span span_trim(struct span a)
{
	while (a.len > 0 && span_blank(a.ptr[0])) {
		a.ptr++;
		a.len--;
	}
	while (a.len > 0 && span_blank(a.ptr[a.len - 1]))
		a.len--;
	return a;
}

/* A Content-Type without its parameters: "text/xml" of "text/xml; charset=utf-8". */
static inline struct span span_media_type(struct span content_type)
{
	return span_trim(span_head(content_type, span_find(content_type, ';')));
}

#endif
