#include "util/log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/clock.h"
#include "util/jsonw.h"
#include "util/mem.h"
#include "util/thread.h"

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

/* ---- the thread that writes ---- */

enum { RING_BYTES = 1 << 20, STOP_US = 1000000 };

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

static void *log_main(void *ctx)
{
	(void)ctx;
	mutex_lock(&ring.mutex);
	for (;;) {
		while (ring.len == 0 && !ring.stopping)
			cond_wait(&ring.more, &ring.mutex);
		if (ring.len == 0)
			break;
		size_t piece = RING_BYTES - ring.first;
		piece = piece < ring.len ? piece : ring.len;
		const char *from = ring.bytes + ring.first;
		mutex_unlock(&ring.mutex);
		ssize_t written = write(STDERR_FILENO, from, piece);
		mutex_lock(&ring.mutex);
		/* A broken stderr takes everything. */
		piece = written > 0 ? (size_t)written : piece;
		ring.first = (ring.first + piece) % RING_BYTES;
		ring.len -= piece;
		uint64_t dropped = ring.len == 0 ? ring.dropped_unsaid : 0;
		if (dropped > 0) {
			char count[24];
			ring.dropped_unsaid = 0;
			mutex_unlock(&ring.mutex);
			(void)snprintf(count, sizeof(count), "%" PRIu64, dropped);
			log_write(LOG_WARN,
			    "lines of the log were dropped: stderr is not read fast enough",
			    "lines", count, NULL);
			mutex_lock(&ring.mutex);
		}
	}
	cond_signal(&ring.empty);
	mutex_unlock(&ring.mutex);
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
	if (!log_ring_put(buf_span(&line)))
		(void)!write(STDERR_FILENO, line.ptr, line.len);
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
