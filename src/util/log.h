/* log -- one line an occurrence, on stderr: text for a person at a terminal, JSON
 * lines otherwise. The one mutable global of the program. Thread-safe.
 * Never log a token, a signature, a message's body or a full phone number; numbers
 * go through log_phone. */
#ifndef OFFHOOK_UTIL_LOG_H
#define OFFHOOK_UTIL_LOG_H

#include "util/span.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

enum log_format { LOG_AUTO, LOG_TEXT, LOG_JSON };

/* At start, before threads. LOG_AUTO: text when stderr is a terminal. */
void log_setup(enum log_format format, enum log_level least);
/* Whether lines of this level are written: to save making their values. */
bool log_enabled(enum log_level level);
/* A message and pairs of (const char *key, const char *value), ended by NULL:
 *   log_write(LOG_WARN, "webhook refused", "path", path, "reason", why, NULL);
 * A pair whose value is NULL is left out. */
__attribute__((sentinel)) void log_write(
    enum log_level level, const char *message, ...);
/* The same with an array of pairs, whose names are NUL-terminated. */
void log_write_pairs(
    enum log_level level, const char *message, const struct pair *pairs, size_t count);

enum { LOG_PHONE_SIZE = 32 };

/* A number or address with all but its last four characters masked:
 * "+15551234567" gives "…4567". Returns out. */
const char *log_phone(char out[LOG_PHONE_SIZE], struct span address);

#endif
