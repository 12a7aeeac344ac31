#include "util/log.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/jsonw.h"
#include "util/log_redact.h"
#include "util/mem.h"
#include "util/printable.h"
#include "util/thread.h"

static struct {
	enum log_format format;
	atomic_int least; /* enum log_level */
	bool colour;
	int64_t began_ms; /* in the ids of requests */
} settings = {LOG_TEXT, LOG_INFO, false, 0};

static const char *const names[] = {"debug", "info", "warn", "error"};
static const char *const colours[] = {"\033[2m", "", "\033[33m", "\033[31m"};

void log_setup(enum log_format format, enum log_level least)
{
	bool terminal = isatty(STDERR_FILENO) == 1;
	if (format == LOG_AUTO)
		format = terminal ? LOG_TEXT : LOG_JSON;
	settings.format = format;
	const char *no_color = getenv("NO_COLOR"); /* no-color.org: when not empty */
	settings.colour = terminal && (no_color == NULL || *no_color == '\0');
	settings.began_ms = clock_wall_ms();
	log_set_level(least);
}

void log_set_level(enum log_level least)
{
	atomic_store_explicit(&settings.least, (int)least, memory_order_relaxed);
}

bool log_is_json(void)
{
	return settings.format == LOG_JSON;
}

bool log_enabled(enum log_level level)
{
	return (int)level >=
	       atomic_load_explicit(&settings.least, memory_order_relaxed);
}

/* ---- lines ---- */

static void log_text_value(struct buf *line, const struct log_field *field)
{
	struct span value = field->text;
	/* A value with blanks, quotes or control bytes is quoted as in JSON. */
	bool plain = value.ptr != NULL && value.len > 0;
	for (size_t n = 0; n < value.len && plain; n++)
		plain =
		    value.ptr[n] > ' ' && value.ptr[n] < 0x7F && value.ptr[n] != '"';
	if (field->is_number)
		buf_printf(line, "%" PRId64, field->number);
	else if (plain)
		buf_put(line, value);
	else
		jsonw_string(line, value);
}

static void log_text_line(struct buf *line, enum log_level level, const char *message,
    const struct log_field *fields, size_t count)
{
	char now[CLOCK_ISO_SIZE];
	clock_iso(now, clock_wall_ms());
	const char *colour = settings.colour ? colours[level] : "";
	buf_printf(line, "%s %s%-5s ", now, colour, names[level]);
	printable_text(line, span_of(message), false);
	buf_puts(line, *colour != '\0' ? "\033[0m" : "");
	for (size_t i = 0; i < count; i++) {
		if (fields[i].text.ptr == NULL && !fields[i].is_number)
			continue;
		buf_putc(line, ' ');
		printable_text(line, fields[i].name, false);
		buf_putc(line, '=');
		log_text_value(line, &fields[i]);
	}
}

static void log_json_line(struct buf *line, enum log_level level, const char *message,
    const struct log_field *fields, size_t count)
{
	buf_putc(line, '{');
	jsonw_field_time(line, "time", clock_wall_ms());
	jsonw_field(line, "level", span_of(names[level]));
	jsonw_field(line, "msg", span_of(message));
	for (size_t i = 0; i < count; i++) {
		if (fields[i].is_number)
			jsonw_field_int(line, fields[i].name.ptr, fields[i].number);
		else if (fields[i].text.ptr != NULL)
			jsonw_field(line, fields[i].name.ptr, fields[i].text);
	}
	buf_putc(line, '}');
}

/* ---- the thread that writes ---- */

enum { RING_BYTES = 1 << 20, PIECE_BYTES = 1 << 16, STOP_US = 1000000 };

/* What is to be written, from `first` on, for `len` bytes, around the end. */
static struct {
	pthread_mutex_t mutex;
	pthread_cond_t more, empty;
	char *bytes; /* NULL: lines are written directly */
	size_t first, len;
	uint64_t dropped, dropped_unsaid;
	bool stopping;
	pthread_t thread;
} ring = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void log_ring_copy(struct span text)
{
	size_t at = (ring.first + ring.len) % RING_BYTES;
	size_t piece = RING_BYTES - at < text.len ? RING_BYTES - at : text.len;
	memcpy(ring.bytes + at, text.ptr, piece);
	memcpy(ring.bytes, text.ptr + piece, text.len - piece);
	ring.len += text.len;
}

/* False when there is no thread. Never waits for more than a copy. */
static bool log_ring_put(struct span line)
{
	mutex_lock(&ring.mutex);
	bool running = ring.bytes != NULL;
	if (running && RING_BYTES - ring.len < line.len) {
		ring.dropped++;
		ring.dropped_unsaid++;
	} else if (running) {
		log_ring_copy(line);
		cond_signal(&ring.more);
	}
	mutex_unlock(&ring.mutex);
	return running;
}

/* Whole lines from the ring's beginning, about a piece of it, without taking them off. */
static void log_ring_lines(struct buf *out)
{
	size_t len = ring.len, until = ring.len < PIECE_BYTES ? ring.len : PIECE_BYTES;
	buf_clear(out);
	for (size_t done = 0; done < len; done = out->len) {
		size_t at = (ring.first + done) % RING_BYTES;
		size_t more =
		    until - done < RING_BYTES - at ? until - done : RING_BYTES - at;
		buf_add(out, ring.bytes + at, more);
		const char *end = memrchr(out->ptr, '\n', out->len);
		if (out->len == until && end != NULL) {
			out->len = (size_t)(end + 1 - out->ptr);
			return;
		}
		until = out->len == until ? len : until; /* one long line */
	}
}

/* A broken stderr takes everything. */
static void log_write_out(struct span lines)
{
	while (lines.len > 0) {
		ssize_t written = write(STDERR_FILENO, lines.ptr, lines.len);
		if (written <= 0 && errno != EINTR)
			return;
		lines = span_from(lines, written > 0 ? (size_t)written : 0);
	}
}

static void *log_main(void *ctx)
{
	struct buf lines = {0};
	(void)ctx;
	mutex_lock(&ring.mutex);
	for (;;) {
		while (ring.len == 0 && !ring.stopping)
			cond_wait(&ring.more, &ring.mutex);
		if (ring.len == 0)
			break;
		log_ring_lines(&lines);
		size_t piece = lines.len;
		mutex_unlock(&ring.mutex);
		log_redact(&lines);
		log_write_out(buf_span(&lines));
		mutex_lock(&ring.mutex);
		ring.first = (ring.first + piece) % RING_BYTES;
		ring.len -= piece;
		uint64_t dropped = ring.len == 0 ? ring.dropped_unsaid : 0;
		if (dropped > 0) {
			ring.dropped_unsaid = 0;
			mutex_unlock(&ring.mutex);
			log_write(LOG_WARN,
			    "lines of the log were dropped: stderr is not read fast enough",
			    LOG_INT("lines", dropped), NULL);
			mutex_lock(&ring.mutex);
		}
	}
	cond_signal(&ring.empty);
	mutex_unlock(&ring.mutex);
	buf_free(&lines);
	return NULL;
}

int log_start(struct error *err)
{
	cond_init(&ring.more);
	cond_init(&ring.empty);
	ring.bytes = mem_new(RING_BYTES, 1);
	ring.stopping = false;
	if (thread_start(&ring.thread, "oh-log", log_main, NULL, err) == 0)
		return 0;
	free(ring.bytes);
	ring.bytes = NULL;
	return -1;
}

void log_stop(void)
{
	int64_t until_us = clock_mono_us() + STOP_US;
	mutex_lock(&ring.mutex);
	if (ring.bytes == NULL) {
		mutex_unlock(&ring.mutex);
		return;
	}
	ring.stopping = true;
	cond_signal(&ring.more);
	while (ring.len > 0 && cond_wait_until(&ring.empty, &ring.mutex, until_us))
		continue;
	bool all = ring.len == 0;
	mutex_unlock(&ring.mutex);
	if (!all)
		return; /* the thread waits in its write: the process ends without it */
	thread_join(ring.thread);
	free(ring.bytes);
	ring.bytes = NULL;
}

uint64_t log_dropped(void)
{
	mutex_lock(&ring.mutex);
	uint64_t dropped = ring.dropped;
	mutex_unlock(&ring.mutex);
	return dropped;
}

/* One write a line keeps the lines of several threads whole. */
static void log_put(struct buf *line)
{
	buf_putc(line, '\n');
	if (!log_ring_put(buf_span(line))) {
		log_redact(line);
		(void)!write(STDERR_FILENO, line->ptr, line->len);
	}
	buf_free(line);
}

static void log_line(enum log_level level, const char *message,
    const struct log_field *fields, size_t count)
{
	struct buf line = {0};
	if (log_is_json())
		log_json_line(&line, level, message, fields, count);
	else
		log_text_line(&line, level, message, fields, count);
	/* In both of them what is beyond ASCII has been left as it came. */
	if (!printable_ascii(buf_span(&line))) {
		struct buf printable = {0};
		printable_json(&printable, buf_span(&line));
		buf_free(&line);
		line = printable;
	}
	log_put(&line);
}

/* ---- what the others call ---- */

enum { FIELDS_MAX = 24 };

/* log_write's pairs, up to the NULL. Gives how many. */
static size_t log_take(struct log_field fields[FIELDS_MAX], va_list args)
{
	size_t count = 0;
	const char *name;
	while ((name = va_arg(args, const char *)) != NULL) {
		assert(count < FIELDS_MAX);
		struct log_field *field = &fields[count++];
		bool is_number = *name == '#';
		*field =
		    (struct log_field){.name = span_of(is_number ? name + 1 : name),
			.is_number = is_number};
		if (is_number)
			field->number = va_arg(args, int64_t);
		else
			field->text = span_of(va_arg(args, const char *));
	}
	return count;
}

void log_write(enum log_level level, const char *message, ...)
{
	struct log_field fields[FIELDS_MAX];
	va_list args;
	if (!log_enabled(level))
		return;
	va_start(args, message);
	size_t count = log_take(fields, args);
	va_end(args);
	log_line(level, message, fields, count);
}

void log_tell(const char *text, const char *message, ...)
{
	struct log_field fields[FIELDS_MAX];
	struct buf line = {0};
	va_list args;
	va_start(args, message);
	size_t count = log_take(fields, args);
	va_end(args);
	if (log_is_json() && message != NULL) {
		log_line(LOG_INFO, message, fields, count);
	} else if (!log_is_json()) {
		printable_text(&line, span_of(text != NULL ? text : message), false);
		log_put(&line);
	}
}

void log_fatal(const char *message)
{
	char line[512];
	char now[CLOCK_ISO_SIZE];
	clock_iso(now, clock_wall_ms());
	int len = snprintf(line, sizeof(line),
	    log_is_json() ? "{\"time\":\"%s\",\"level\":\"error\",\"msg\":\"%s\"}\n"
			  : "%s error %s\n",
	    now, message);
	(void)!write(STDERR_FILENO, line, (size_t)len);
	abort();
}

/* Whether the line has that name before the field of that index. */
static bool log_has_name(const struct log_field *fields, size_t index, struct span name)
{
	bool has =
	    span_is(name, "time") || span_is(name, "level") || span_is(name, "msg");
	for (size_t i = 0; i < index && !has; i++)
		has = span_eq(fields[i].name, name);
	return has;
}

void log_write_fields(enum log_level level, const char *message,
    const struct log_field *fields, size_t count)
{
	struct log_field named[FIELDS_MAX];
	if (!log_enabled(level))
		return;
	assert(count <= FIELDS_MAX);
	struct arena *arena = arena_new();
	for (size_t i = 0; i < count; i++) {
		named[i] = fields[i];
		while (log_has_name(named, i, named[i].name))
			named[i].name = span_of(
			    arena_printf(arena, "%.*s_", SPAN_ARG(named[i].name)));
	}
	log_line(level, message, named, count);
	arena_free(arena);
}

const char *log_request(char out[LOG_REQUEST_SIZE], uint64_t number)
{
	if (number == 0)
		return NULL;
	(void)snprintf(out, LOG_REQUEST_SIZE, "%" PRIx64 "-%" PRIx64,
	    (uint64_t)settings.began_ms, number);
	return out;
}

const char *log_phone(char out[LOG_PHONE_SIZE], struct span address)
{
	size_t keep = address.len > 7 ? 4 : address.len / 3;
	(void)snprintf(out, LOG_PHONE_SIZE, "…%.*s", (int)keep,
	    address.len > 0 ? address.ptr + address.len - keep : "");
	return out;
}

/* How many digits the text begins with; %2B and other escapes are none. */
static size_t log_digits(struct span text)
{
	size_t count = 0;
	while (count < text.len && isdigit((unsigned char)text.ptr[count]))
		count++;
	return count;
}

const char *log_path(char out[LOG_PATH_SIZE], struct span target)
{
	enum { SHOWN = 100, NUMBER = 7, LEFT = 4 };
	struct span path = span_head(target, span_find(target, '?'));
	size_t len = 0;
	while (path.len > 0 && len < SHOWN) {
		size_t digits = log_digits(path);
		if (digits >= NUMBER) {
			len += (size_t)snprintf(out + len, LOG_PATH_SIZE - len, "…%.*s",
			    LEFT, path.ptr + digits - LEFT);
			path = span_from(path, digits);
		} else {
			out[len++] = path.ptr[0];
			path = span_from(path, 1);
		}
	}
	(void)snprintf(out + len, LOG_PATH_SIZE - len, "%s", path.len > 0 ? "…" : "");
	return out;
}
