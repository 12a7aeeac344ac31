#include "util/log_adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/log.h"
#include "util/spawn.h"
#include "util/thread.h"

enum { LINE_MAX_BYTES = 8192, PAUSE_MS = 500 /* then a line without end is one */ };

static struct {
	int from;      /* the pipe's end that is read */
	atomic_int to; /* the other one; SPAWN_OURS: nothing is adopted */
	int stop[2];   /* a byte here ends the thread */
	pthread_t thread;
} adopt = {-1, SPAWN_OURS, {-1, -1}, 0};

static void adopt_line(struct span line)
{
	if (span_trim(line).len == 0)
		return;
	struct buf text = {0};
	buf_put(&text, line);
	/* Not at its NUL bytes; jsonw repairs the rest. */
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '\0')
			text.ptr[i] = ' ';
	log_tell(NULL, buf_text(&text), "from", "program", NULL);
	buf_free(&text);
}

/* Logs the whole lines of what was read; with `all`, also what has no end yet. */
static void adopt_lines(struct buf *read_so_far, bool all)
{
	struct span rest = buf_span(read_so_far);
	while (rest.len > 0) {
		size_t end = span_find(rest, '\n');
		bool whole = end < rest.len;
		if (!whole && !all && rest.len < LINE_MAX_BYTES)
			break;
		end = end < LINE_MAX_BYTES ? end : LINE_MAX_BYTES;
		adopt_line(span_head(rest, end));
		bool newline = end < rest.len && rest.ptr[end] == '\n';
		rest = span_from(rest, end + (newline ? 1 : 0));
	}
	if (rest.len > 0)
		memmove(read_so_far->ptr, rest.ptr, rest.len);
	read_so_far->len = rest.len;
}

/* The programs may have left programs of their own that keep the pipe open: so its end is
 * not waited for. */
static void *adopt_main(void *ctx)
{
	struct buf read_so_far = {0};
	(void)ctx;
	for (;;) {
		struct pollfd fds[2] = {{.fd = adopt.from, .events = POLLIN},
		    {.fd = adopt.stop[0], .events = POLLIN}};
		int ready = poll(fds, 2, read_so_far.len > 0 ? PAUSE_MS : -1);
		if (ready < 0 && errno != EINTR)
			break;
		if (ready == 0)
			adopt_lines(&read_so_far, true);
		buf_reserve(&read_so_far, LINE_MAX_BYTES);
		ssize_t got = fds[0].revents == 0
				  ? 0
				  : read(adopt.from, read_so_far.ptr + read_so_far.len,
					LINE_MAX_BYTES);
		if (got > 0) {
			read_so_far.len += (size_t)got;
			adopt_lines(&read_so_far, false);
		} else if (fds[1].revents != 0) {
			break;
		}
	}
	if (read_so_far.len > 0)
		adopt_lines(&read_so_far, true);
	buf_free(&read_so_far);
	return NULL;
}

int log_adopt_start(struct error *err)
{
	int ends[2];
	if (!log_is_json())
		return 0;
	if (pipe2(ends, O_CLOEXEC) < 0 || pipe2(adopt.stop, O_CLOEXEC) < 0 ||
	    fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
		return error_set(err, "pipe: %s", strerror(errno));
	adopt.from = ends[0];
	if (thread_start(&adopt.thread, "oh-log-adopt", adopt_main, NULL, err) < 0)
		return -1; /* the program ends */
	atomic_store(&adopt.to, ends[1]);
	return 0;
}

int log_adopt_file(void)
{
	return atomic_load(&adopt.to);
}

void log_adopt_stop(void)
{
	int to = atomic_exchange(&adopt.to, SPAWN_OURS);
	if (to == SPAWN_OURS)
		return;
	(void)close(to);
	(void)!write(adopt.stop[1], "", 1);
	thread_join(adopt.thread);
	(void)close(adopt.from);
	(void)close(adopt.stop[0]);
	(void)close(adopt.stop[1]);
}
