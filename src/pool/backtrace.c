#include "pool/backtrace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pool/symbols.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/mem.h"

enum {
	PLACES = 24, /* of one backtrace */
	MODULE_SIZE = 256,
	REMEMBERED = 64, /* places whose words are kept */
	WORDS_SIZE = 200,
	PATIENCE_US = 2000000 /* for addr2line */
};

struct place {
	char module[MODULE_SIZE];
	uint64_t offset;
};

struct last_words {
	struct last_words *next;
	struct place places[PLACES];
	int count;
	void (*told)(void *ctx, const char *where, const char *trace);
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
	struct last_words *crashes; /* under the mutex; the oldest first */
	struct last_words **end;
	bool closing;
	struct words *remembered; /* the thread's, a ring */
	int used, next;
};

/* ---- last words ---- */

/* "module+0x1a2b" */
static bool read_place(struct place *out, struct span text)
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

struct last_words *last_words_new(const struct frame_log *log)
{
	struct last_words *words = mem_new(1, sizeof(*words));
	for (uint32_t i = 0; i < log->pair_count && words->count < PLACES; i++) {
		const struct pair *pair = &log->pairs[i];
		if (span_is(pair->name, "frame") && pair->value.ptr != NULL &&
		    read_place(&words->places[words->count], pair->value))
			words->count++;
	}
	return words;
}

void last_words_free(struct last_words *words)
{
	free(words);
}

/* ---- files and lines ---- */

/* What a command prints, as far as it does so in time. */
static void run(struct buf *out, char *const *words)
{
	int pipe_ends[2];
	pid_t pid;
	posix_spawn_file_actions_t files;
	if (pipe2(pipe_ends, O_CLOEXEC) < 0)
		return;
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_adddup2(&files, pipe_ends[1], 1);
	(void)posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	int rc = posix_spawnp(&pid, words[0], &files, NULL, words, environ);
	(void)posix_spawn_file_actions_destroy(&files);
	(void)close(pipe_ends[1]);
	int64_t until_us = clock_mono_us() + PATIENCE_US;
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
	(void)kill(pid, SIGKILL); /* it has ended, or had its time */
	(void)waitpid(pid, NULL, 0);
}

/* " app.c:14" when addr2line knows it. */
static void add_line(struct buf *out, const struct place *place)
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
	run(&printed, words);
	struct span line = buf_span(&printed);
	line = span_head(line, span_find(line, '\n'));
	line = span_head(line, span_find(line, ' ')); /* "(discriminator 2)" */
	size_t colon = span_find(line, ':');
	if (colon + 1 < line.len && line.ptr[0] != '?' &&
	    strchr("?0", line.ptr[colon + 1]) == NULL)
		buf_printf(out, " %.*s", SPAN_ARG(line));
	buf_free(&printed);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL ? slash + 1 : path;
}

static void describe(struct words *words)
{
	const struct place *place = &words->place;
	char name[WORDS_SIZE / 2];
	struct buf text = {0};
	if (!symbols_name(name, sizeof(name), place->module, place->offset))
		(void)snprintf(name, sizeof(name), "%.60s+0x%" PRIx64,
		    base_name(place->module), place->offset);
	buf_puts(&text, name);
	add_line(&text, place);
	(void)snprintf(words->text, sizeof(words->text), "%s", buf_text(&text));
	buf_free(&text);
}

static const char *words_of(struct backtraces *backtraces, const struct place *place)
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
	describe(words);
	return words->text;
}

/* ---- the thread ---- */

static void tell(struct backtraces *backtraces, struct last_words *words)
{
	struct buf trace = {0};
	char where[WORDS_SIZE] = "";
	for (int i = 0; i < words->count; i++) {
		const char *at = words_of(backtraces, &words->places[i]);
		if (i == 0)
			(void)snprintf(where, sizeof(where), "%s", at);
		buf_printf(&trace, "%s%s", i == 0 ? "" : " < ", at);
	}
	words->told(words->ctx, where, buf_text(&trace));
	buf_free(&trace);
	last_words_free(words);
}

static void *backtraces_main(void *arg)
{
	struct backtraces *backtraces = arg;
	(void)pthread_mutex_lock(&backtraces->mutex);
	for (;;) {
		struct last_words *words = backtraces->crashes;
		if (words == NULL && backtraces->closing)
			break;
		if (words == NULL) {
			(void)pthread_cond_wait(&backtraces->asked, &backtraces->mutex);
			continue;
		}
		backtraces->crashes = words->next;
		if (words->next == NULL)
			backtraces->end = &backtraces->crashes;
		(void)pthread_mutex_unlock(&backtraces->mutex);
		tell(backtraces, words);
		(void)pthread_mutex_lock(&backtraces->mutex);
	}
	(void)pthread_mutex_unlock(&backtraces->mutex);
	return NULL;
}

int backtraces_open(struct backtraces **out, struct error *err)
{
	struct backtraces *backtraces = mem_new(1, sizeof(*backtraces));
	sigset_t all;
	sigset_t before;
	backtraces->end = &backtraces->crashes;
	backtraces->remembered = mem_new(REMEMBERED, sizeof(struct words));
	(void)pthread_mutex_init(&backtraces->mutex, NULL);
	(void)pthread_cond_init(&backtraces->asked, NULL);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&backtraces->thread, NULL, backtraces_main, backtraces);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0) {
		free(backtraces->remembered);
		free(backtraces);
		return error_set(
		    err, "cannot start the backtraces' thread: %s", strerror(rc));
	}
	*out = backtraces;
	return 0;
}

void backtraces_tell(struct backtraces *backtraces, struct last_words *words,
    void (*told)(void *ctx, const char *where, const char *trace), void *ctx)
{
	words->told = told;
	words->ctx = ctx;
	words->next = NULL;
	(void)pthread_mutex_lock(&backtraces->mutex);
	*backtraces->end = words;
	backtraces->end = &words->next;
	(void)pthread_cond_signal(&backtraces->asked);
	(void)pthread_mutex_unlock(&backtraces->mutex);
}

void backtraces_close(struct backtraces *backtraces)
{
	if (backtraces == NULL)
		return;
	(void)pthread_mutex_lock(&backtraces->mutex);
	backtraces->closing = true;
	(void)pthread_cond_signal(&backtraces->asked);
	(void)pthread_mutex_unlock(&backtraces->mutex);
	(void)pthread_join(backtraces->thread, NULL);
	(void)pthread_cond_destroy(&backtraces->asked);
	(void)pthread_mutex_destroy(&backtraces->mutex);
	free(backtraces->remembered);
	free(backtraces);
}
