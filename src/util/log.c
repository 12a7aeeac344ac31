#include "util/log.h"

#include <assert.h>
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

static void log_text_line(struct buf *line, enum log_level level, const char *message,
    const struct pair *pairs, size_t count)
{
	char now[CLOCK_ISO_SIZE];
	clock_iso(now, clock_wall_ms());
	const char *colour = settings.colour ? colours[level] : "";
	buf_printf(line, "%s %s%-5s %s%s", now, colour, names[level], message,
	    *colour != '\0' ? "\033[0m" : "");
	for (size_t i = 0; i < count; i++) {
		struct span value = pairs[i].value;
		if (value.ptr == NULL)
			continue;
		buf_printf(line, " %s=", pairs[i].name.ptr);
		/* A value with blanks, quotes or control bytes is quoted as in JSON. */
		bool plain = value.len > 0;
		for (size_t n = 0; n < value.len && plain; n++)
			plain = value.ptr[n] > ' ' && value.ptr[n] < 0x7F &&
				value.ptr[n] != '"';
		if (plain)
			buf_put(line, value);
		else
			jsonw_string(line, value);
	}
}

static void log_json_line(struct buf *line, enum log_level level, const char *message,
    const struct pair *pairs, size_t count)
{
	buf_putc(line, '{');
	jsonw_field_time(line, "time", clock_wall_ms());
	jsonw_field(line, "level", span_of(names[level]));
	jsonw_field(line, "msg", span_of(message));
	for (size_t i = 0; i < count; i++)
		if (pairs[i].value.ptr != NULL)
			jsonw_field(line, pairs[i].name.ptr, pairs[i].value);
	buf_putc(line, '}');
}

bool log_enabled(enum log_level level)
{
	return level >= settings.least;
}

void log_write_pairs(
    enum log_level level, const char *message, const struct pair *pairs, size_t count)
{
	if (!log_enabled(level))
		return;
	struct buf line = {0};
	if (settings.format == LOG_JSON)
		log_json_line(&line, level, message, pairs, count);
	else
		log_text_line(&line, level, message, pairs, count);
	buf_putc(&line, '\n');
	/* One write a line keeps the lines of several threads whole. */
	ssize_t written = write(STDERR_FILENO, line.ptr, line.len);
	(void)written;
	buf_free(&line);
}

void log_write(enum log_level level, const char *message, ...)
{
	enum { PAIRS_MAX = 24 };

	struct pair pairs[PAIRS_MAX];
	size_t count = 0;
	const char *name;
	va_list args;
	if (!log_enabled(level))
		return;
	va_start(args, message);
	while ((name = va_arg(args, const char *)) != NULL) {
		assert(count < PAIRS_MAX);
		pairs[count++] =
		    (struct pair){span_of(name), span_of(va_arg(args, const char *))};
	}
	va_end(args);
	log_write_pairs(level, message, pairs, count);
}

const char *log_phone(char out[LOG_PHONE_SIZE], struct span address)
{
	size_t keep = address.len > 7 ? 4 : address.len / 3;
	(void)snprintf(out, LOG_PHONE_SIZE, "…%.*s", (int)keep,
	    address.len > 0 ? address.ptr + address.len - keep : "");
	return out;
}
