/* jsonw -- writes JSON directly into a buf: for every webhook, where building a tree
 * with jansson would cost more than all the rest. The caller writes braces and
 * brackets; jsonw_key writes the comma where one is needed. */
#ifndef OFFHOOK_UTIL_JSONW_H
#define OFFHOOK_UTIL_JSONW_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/span.h"

/* Whether a byte stands in a string as it is: no quote, backslash or control, nor
 * anything beyond ASCII. */
static inline bool jsonw_is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

/* How many leading bytes do. */
size_t jsonw_plain_len(struct span text);
/* A quoted string. Bytes that are not UTF-8 become U+FFFD, NUL becomes \u0000. An
 * absent span is written as null. */
void jsonw_string(struct buf *out, struct span text);
/* "\\n" and the like, of two characters; NULL: c has none. */
const char *jsonw_short_escape(unsigned char c);
void jsonw_int(struct buf *out, int64_t value);
/* `,"name":`, without the comma right after { or [. */
void jsonw_key(struct buf *out, struct span name);
/* Only the comma, for elements of an array. */
void jsonw_comma(struct buf *out);
/* Key and value. */
void jsonw_field(struct buf *out, const char *name, struct span text);
void jsonw_field_int(struct buf *out, const char *name, int64_t value);
void jsonw_field_null(struct buf *out, const char *name);
/* A time as clock_iso writes it. */
void jsonw_field_time(struct buf *out, const char *name, int64_t wall_ms);

#endif
