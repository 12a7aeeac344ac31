/* log -- one line for each thing that happens, on stderr: text for a person at a
 * terminal, JSON lines otherwise. Thread-safe. It is a mutable global, one
 * of the few (STYLE.md). Never log a token, a signature, a message's body or a full
 * phone number; numbers go through log_phone. */
#ifndef OFFHOOK_UTIL_LOG_H
#define OFFHOOK_UTIL_LOG_H

#include <stdint.h>

#include "util/error.h"
#include "util/span.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

enum log_format { LOG_AUTO, LOG_TEXT, LOG_JSON };

/* Call it before threads start. LOG_AUTO: text when stderr is a terminal. */
void log_setup(enum log_format format, enum log_level least);
/* From now on a thread writes the lines, from a buffer of 1 MB: who logs never waits for
 * the reader of stderr. Lines for which there is no room are counted, and the count is
 * logged as soon as there is. -1 with err. */
int log_start(struct error *err);
/* Writes what is left, for as long as the reader of stderr takes it, at most a second; then
 * lines are written directly again. Harmless when it was not started. */
void log_stop(void);
/* How many lines were dropped since log_start. */
uint64_t log_dropped(void);
/* Whether lines of this level are written. Ask before making costly values. */
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
