/* pattern -- a regular expression (PCRE2, UTF-8) that cannot hang its caller: both the
 * processor time and the memory of one match are limited. */
#ifndef OFFHOOK_QUERY_PATTERN_H
#define OFFHOOK_QUERY_PATTERN_H

#include <stdbool.h>

#include "util/error.h"
#include "util/span.h"

struct pattern;

/* options: any of "imsx" (ignore case, ^ and $ at every line, dot matches newlines,
 * blanks and comments), or "". At most 4,000 bytes of text. */
int pattern_compile(
    struct pattern **out, struct span text, const char *options, struct error *err);
void pattern_free(struct pattern *pattern); /* NULL is fine */
/* Whether it is found anywhere in text. Any thread. False when text is not UTF-8, or
 * when finding out takes more than 50 ms of processor time or 16 MiB. */
bool pattern_match(const struct pattern *pattern, struct span text);

#endif
