/* log -- one line for each thing that happens, on stderr: text for a person at a
 * terminal, JSON lines otherwise. Thread-safe. It is a mutable global, one
 * of the few (STYLE.md). Never log a token, a signature, a message's body or a full
 * phone number; phone numbers go through log_phone, paths of requests through log_path. */
#ifndef OFFHOOK_UTIL_LOG_H
#define OFFHOOK_UTIL_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"
#include "util/span.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

enum log_format { LOG_AUTO, LOG_TEXT, LOG_JSON };

/* Call it before threads start. LOG_AUTO: text when stderr is a terminal. */
void log_setup(enum log_format format, enum log_level least);
/* Another least level; any thread, at any time. */
void log_set_level(enum log_level least);
/* Whether each line is a JSON object. */
bool log_is_json(void);
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
 *   log_write(LOG_WARN, "webhook refused", "path", path, LOG_INT("status", 403), NULL);
 * A pair whose value is NULL is left out. Numbers are LOG_INT, so that JSON has them as
 * numbers. */
__attribute__((sentinel)) void log_write(
    enum log_level level, const char *message, ...);
/* A whole number, in place of a pair. */
#define LOG_INT(key, number) "#" key, (int64_t)(number)
/* What somebody waits for who starts the program, whatever the least level is. As text it
 * is `text` alone, without a time; as JSON a line of level info with message and pairs.
 * text NULL: the message; message NULL: not in JSON. */
__attribute__((sentinel)) void log_tell(const char *text, const char *message, ...);

/* Writes an error at once, without taking memory, and aborts. message is a literal without
 * quotes, backslashes and controls. */
__attribute__((noreturn)) void log_fatal(const char *message);

struct log_field {
	struct span name;
	struct span text; /* absent: it is left out, unless is_number */
	int64_t number;
	bool is_number;
};

/* The same as log_write with names that a user's code chose: NUL-terminated, any bytes. A
 * name that the line has already gets underscores after it. */
void log_write_fields(enum log_level level, const char *message,
    const struct log_field *fields, size_t count);

enum { LOG_REQUEST_SIZE = 40 };

/* A request's number as text: the same in all lines about that request, and no other's,
 * also when the server has started again. NULL for 0. Returns out otherwise. */
const char *log_request(char out[LOG_REQUEST_SIZE], uint64_t number);

enum { LOG_PHONE_SIZE = 32 };

/* A number or address with all but its last four characters masked:
 * "+15551234567" gives "…4567". Returns out. */
const char *log_phone(char out[LOG_PHONE_SIZE], struct span address);

enum { LOG_PATH_SIZE = 128 };

/* The path of a target that a stranger may have sent: without its query, at most 100
 * bytes, and of seven digits in a row or more only the last four. Returns out. */
const char *log_path(char out[LOG_PATH_SIZE], struct span target);

#endif
