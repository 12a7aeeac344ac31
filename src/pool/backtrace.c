#include "pool/backtrace.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pool/symbols.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/spawn.h"
#include "util/thread.h"

enum {
	PLACES = 24, /* of one backtrace */
	MODULE_SIZE = 256,
	REMEMBERED = 64, /* places whose words are kept */
	WORDS_SIZE = 200,
	ADDR2LINE_US = 2000000 /* how long addr2line may take */
};

struct place {
	char module[MODULE_SIZE];
	uint64_t offset;
};

struct crash_report {
	struct crash_report *next;
	struct place places[PLACES];
	int count;
	void (*found)(void *ctx, const char *where, const char *trace);
	void *ctx;
};

struct words {
	struct place place;
	char text[WORDS_SIZE]; /* "on_sms+0x12 app.c:14" */
};

struct backtraces {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t asked;
	struct crash_report *reports; /* under the mutex; the oldest first */
	struct crash_report **end;
	bool closing;
	struct words *remembered; /* the thread's, a ring */
	int used, next;
};

/* ---- reports ---- */

/* "module+0x1a2b" */
static bool backtrace_place(struct place *out, struct span text)
{
	size_t plus = text.len;
	char *end = NULL;
	while (plus > 0 && text.ptr[plus - 1] != '+')
		plus--;
	if (plus < 2 || plus > MODULE_SIZE)
		return false;
	memcpy(out->module, text.ptr, plus - 1);
	out->module[plus - 1] = '\0';
	out->offset = strtoull(text.ptr + plus, &end, 16);
	return end != text.ptr + plus && *end == '\0';
}

struct crash_report *crash_report_new(const struct frame_log *log)
{
	struct crash_report *report = mem_new(1, sizeof(*report));
	for (uint32_t i = 0; i < log->pair_count && report->count < PLACES; i++) {
		const struct pair *pair = &log->pairs[i];
		if (span_is(pair->name, "frame") && pair->value.ptr != NULL &&
		    backtrace_place(&report->places[report->count], pair->value))
			report->count++;
	}
	return report;
}

void crash_report_free(struct crash_report *report)
{
	free(report);
}

/* ---- files and lines ---- */

/* Appends what a command prints, as far as it does so in time. */
static void backtrace_command(struct buf *out, char *const *words)
{
	int pipe_ends[2];
	pid_t pid;
	if (pipe2(pipe_ends, O_CLOEXEC) < 0)
		return;
	const struct spawn how = {.program = words[0],
	    .argv = words,
	    .files = {SPAWN_NOTHING, pipe_ends[1], SPAWN_NOTHING},
	    .file_count = 3};
	int rc = spawn(&pid, &how);
	(void)close(pipe_ends[1]);
	int64_t until_us = clock_mono_us() + ADDR2LINE_US;
	struct pollfd ready = {.fd = pipe_ends[0], .events = POLLIN};
	while (rc == 0 && clock_mono_us() < until_us && poll(&ready, 1, 100) >= 0) {
		char bytes[4096];
		ssize_t n =
		    ready.revents == 0 ? -1 : read(ready.fd, bytes, sizeof(bytes));
		if (n == 0)
			break;
		if (n > 0)
			buf_add(out, bytes, (size_t)n);
	}
	(void)close(pipe_ends[0]);
	if (rc != 0)
		return;
	(void)kill(pid, SIGKILL); /* it has ended, or takes too long */
	(void)waitpid(pid, NULL, 0);
}

/* " app.c:14" when addr2line knows it. */
static void backtrace_add_line(struct buf *out, const struct place *place)
{
	char offset[24];
	struct buf printed = {0};
	(void)snprintf(offset, sizeof(offset), "0x%" PRIx64, place->offset);
	char command[] = "addr2line";
	char base_names[] = "-s";
	char of[] = "-e";
	char module[MODULE_SIZE];
	memcpy(module, place->module, sizeof(module));
	char *const words[] = {command, base_names, of, module, offset, NULL};
	backtrace_command(&printed, words);
	struct span line = buf_span(&printed);
	line = span_head(line, span_find(line, '\n'));
	line = span_head(line, span_find(line, ' ')); /* "(discriminator 2)" */
	size_t colon = span_find(line, ':');
	if (colon + 1 < line.len && line.ptr[0] != '?' &&
	    strchr("?0", line.ptr[colon + 1]) == NULL)
		buf_printf(out, " %.*s", SPAN_ARG(line));
	buf_free(&printed);
}

static void backtrace_describe(struct words *words)
{
	const struct place *place = &words->place;
	char name[WORDS_SIZE / 2];
	const char *slash = strrchr(place->module, '/');
	struct buf text = {0};
	if (!symbols_name(name, sizeof(name), place->module, place->offset))
		(void)snprintf(name, sizeof(name), "%.60s+0x%" PRIx64,
		    slash != NULL ? slash + 1 : place->module, place->offset);
	buf_puts(&text, name);
	backtrace_add_line(&text, place);
	(void)snprintf(words->text, sizeof(words->text), "%s", buf_text(&text));
	buf_free(&text);
}

static const char *backtrace_words(
    struct backtraces *backtraces, const struct place *place)
{
	for (int i = 0; i < backtraces->used; i++) {
		struct words *words = &backtraces->remembered[i];
		if (words->place.offset == place->offset &&
		    strcmp(words->place.module, place->module) == 0)
			return words->text;
	}
	struct words *words = &backtraces->remembered[backtraces->next];
	backtraces->next = (backtraces->next + 1) % REMEMBERED;
	if (backtraces->used < REMEMBERED)
		backtraces->used++;
	words->place = *place;
	backtrace_describe(words);
	return words->text;
}

/* ---- the thread ---- */

static void backtrace_find(struct backtraces *backtraces, struct crash_report *report)
{
	struct buf trace = {0};
	char where[WORDS_SIZE] = "";
	for (int i = 0; i < report->count; i++) {
		const char *at = backtrace_words(backtraces, &report->places[i]);
		if (i == 0)
			(void)snprintf(where, sizeof(where), "%s", at);
		buf_printf(&trace, "%s%s", i == 0 ? "" : " < ", at);
	}
	report->found(report->ctx, where, buf_text(&trace));
	buf_free(&trace);
	crash_report_free(report);
}

static void *backtrace_main(void *arg)
{
	struct backtraces *backtraces = arg;
	mutex_lock(&backtraces->mutex);
	for (;;) {
		struct crash_report *report = backtraces->reports;
		if (report == NULL && backtraces->closing)
			break;
		if (report == NULL) {
			cond_wait(&backtraces->asked, &backtraces->mutex);
			continue;
		}
		backtraces->reports = report->next;
		if (report->next == NULL)
			backtraces->end = &backtraces->reports;
		mutex_unlock(&backtraces->mutex);
		backtrace_find(backtraces, report);
		mutex_lock(&backtraces->mutex);
	}
	mutex_unlock(&backtraces->mutex);
	return NULL;
}

static void backtrace_free(struct backtraces *backtraces)
{
	cond_clear(&backtraces->asked);
	mutex_clear(&backtraces->mutex);
	free(backtraces->remembered);
	free(backtraces);
}

int backtraces_open(struct backtraces **out, struct error *err)
{
	struct backtraces *backtraces = mem_new(1, sizeof(*backtraces));
	backtraces->end = &backtraces->reports;
	backtraces->remembered = mem_new(REMEMBERED, sizeof(struct words));
	mutex_init(&backtraces->mutex);
	cond_init(&backtraces->asked);
	if (thread_start(&backtraces->thread, "oh-backtrace", backtrace_main,
		backtraces, err) < 0) {
		backtrace_free(backtraces);
		return -1;
	}
	*out = backtraces;
	return 0;
}

void backtraces_find(struct backtraces *backtraces, struct crash_report *report,
    void (*found)(void *ctx, const char *where, const char *trace), void *ctx)
{
	report->found = found;
	report->ctx = ctx;
	report->next = NULL;
	mutex_lock(&backtraces->mutex);
	*backtraces->end = report;
	backtraces->end = &report->next;
	cond_signal(&backtraces->asked);
	mutex_unlock(&backtraces->mutex);
}

void backtraces_close(struct backtraces *backtraces)
{
	if (backtraces == NULL)
		return;
	mutex_lock(&backtraces->mutex);
	backtraces->closing = true;
	cond_signal(&backtraces->asked);
	mutex_unlock(&backtraces->mutex);
	thread_join(backtraces->thread);
	backtrace_free(backtraces);
}
