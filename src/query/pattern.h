/* pattern -- a regular expression (PCRE2, UTF-8) that cannot hang its caller: both the
 * processor time and the memory of a match are limited. */
#ifndef OFFHOOK_QUERY_PATTERN_H
#define OFFHOOK_QUERY_PATTERN_H

#include <stdbool.h>

#include "query/budget.h"
#include "util/error.h"
#include "util/span.h"

struct pattern;

/* options: any of "imsx" (ignore case, ^ and $ at every line, dot matches newlines,
 * blanks and comments), or "". At most 4,000 bytes of text. */
int pattern_compile(
    struct pattern **out, struct span text, const char *options, struct error *err);
void pattern_free(struct pattern *pattern); /* NULL is fine */
/* Whether it is found anywhere in text, which is false when text is not UTF-8. Any thread.
 * When finding out takes more than the budget, or more than 16 MiB, the budget is spent:
 * then false says nothing. */
bool pattern_match(
    const struct pattern *pattern, struct span text, struct budget *budget);

#endif
