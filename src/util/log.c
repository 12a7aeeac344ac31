#include "util/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/clock.h"
#include "util/jsonw.h"

static struct {
	enum log_format format;
	enum log_level least;
	bool colour;
} settings = {LOG_TEXT, LOG_INFO, false};

static const char *const names[] = {"debug", "info", "warn", "error"};
static const char *const colours[] = {"\033[2m", "", "\033[33m", "\033[31m"};

void log_setup(enum log_format format, enum log_level least)
{
	bool terminal = isatty(STDERR_FILENO) == 1;
	if (format == LOG_AUTO)
		format = terminal ? LOG_TEXT : LOG_JSON;
	settings.format = format;
	settings.least = least;
	settings.colour = terminal && getenv("NO_COLOR") == NULL;
}

/* A value with blanks, quotes or control bytes is quoted as in JSON. */
static void log_text_value(struct buf *line, const char *value)
{
	struct span text = span_of(value);
	bool plain = text.len > 0;
	for (size_t i = 0; i < text.len && plain; i++)
		plain = text.ptr[i] > ' ' && text.ptr[i] < 0x7F && text.ptr[i] != '"';
	if (plain)
		buf_put(line, text);
	else
		jsonw_string(line, text);
}

static void log_text_line(
    struct buf *line, enum log_level level, const char *message, va_list pairs)
{
	char now[CLOCK_ISO_SIZE];
	clock_iso(now, clock_wall_ms());
	const char *colour = settings.colour ? colours[level] : "";
	buf_printf(line, "%s %s%-5s %s%s", now, colour, names[level], message,
	    *colour != '\0' ? "\033[0m" : "");
	const char *key;
	while ((key = va_arg(pairs, const char *)) != NULL) {
		const char *value = va_arg(pairs, const char *);
		if (value == NULL)
			continue;
		buf_printf(line, " %s=", key);
		log_text_value(line, value);
	}
}

static void log_json_line(
    struct buf *line, enum log_level level, const char *message, va_list pairs)
{
	buf_putc(line, '{');
	jsonw_field_time(line, "time", clock_wall_ms());
	jsonw_field(line, "level", span_of(names[level]));
	jsonw_field(line, "msg", span_of(message));
	const char *key;
	while ((key = va_arg(pairs, const char *)) != NULL) {
		const char *value = va_arg(pairs, const char *);
		if (value != NULL)
			jsonw_field(line, key, span_of(value));
	}
	buf_putc(line, '}');
}

bool log_enabled(enum log_level level)
{
	return level >= settings.least;
}

void log_write(enum log_level level, const char *message, ...)
{
	if (!log_enabled(level))
		return;
	struct buf line = {0};
	va_list pairs;
	va_start(pairs, message);
	if (settings.format == LOG_JSON)
		log_json_line(&line, level, message, pairs);
	else
		log_text_line(&line, level, message, pairs);
	va_end(pairs);
	buf_putc(&line, '\n');
	/* One write for a line, so that lines of several threads do not mix. */
	ssize_t written = write(STDERR_FILENO, line.ptr, line.len);
	(void)written;
	buf_free(&line);
}

const char *log_phone(char out[LOG_PHONE_SIZE], struct span address)
{
	size_t keep = address.len > 7 ? 4 : address.len / 3;
	(void)snprintf(out, LOG_PHONE_SIZE, "…%.*s", (int)keep,
	    address.len > 0 ? address.ptr + address.len - keep : "");
	return out;
}
