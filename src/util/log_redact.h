/* log_redact -- secrets that a line of the log must not show: they are written as
 * [secret NAME]. A net below the rule that nothing logs them. A part of the logger. */
#ifndef OFFHOOK_UTIL_LOG_REDACT_H
#define OFFHOOK_UTIL_LOG_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"
#include "util/span.h"

/* Shorter values are not looked for: they would turn up in innocent words. */
enum { LOG_REDACT_LEAST = 8 };

/* From now on lines are searched for the values of these pairs, which are called by their
 * names: as they are, as JSON writes them, and in Base64, also where other bytes stand before
 * them. In place of those before; takes copies. Any thread. */
void log_redact_set(const struct pair *secrets, size_t count);
/* Writes them out of the text. Costs a search for each of five forms of each secret; nothing
 * when there are none. Any thread. */
void log_redact(struct buf *text);

#endif
