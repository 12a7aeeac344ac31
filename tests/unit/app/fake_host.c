/* fake_host -- a handler process for the tests of the pool: it does what an event's
 * body says, and notes the event's SID in a file as it begins.
 *
 *   fake_host FILE MODE       MODE: well, mute (is never ready), dead (ends at once)
 *
 * Bodies: "sleep MS", "crash", "abort", "exit N", "leak", "garbage", "twice" (answers
 * two times), "skip" (answers another event), anything else: at once. */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/frame.h"
#include "app/pool.h"

static int socket_fd;
static int notes;
static const char *mode;

static void send_all(struct buf *out)
{
	size_t done = 0;
	while (done < out->len) {
		ssize_t n =
		    send(socket_fd, out->ptr + done, out->len - done, MSG_NOSIGNAL);
		if (n <= 0)
			_exit(9);
		done += (size_t)n;
	}
	buf_clear(out);
}

static void leak(void)
{
	for (;;) {
		char *more = malloc(1 << 20);
		if (more == NULL)
			abort();
		memset(more, 1, 1 << 20);
		/* Kept reachable for nobody, so that it cannot be optimised away. */
		__asm__ volatile("" : : "r"(more) : "memory");
	}
}

static void do_as_told(const struct frame_event *event)
{
	const char *body = event->body.ptr != NULL ? event->body.ptr : "";
	int number = 0;
	if (sscanf(body, "sleep %d", &number) == 1)
		(void)usleep((useconds_t)number * 1000);
	else if (sscanf(body, "exit %d", &number) == 1)
		_exit(number);
	else if (strcmp(body, "crash") == 0)
		(void)raise(SIGSEGV);
	else if (strcmp(body, "abort") == 0)
		abort();
	else if (strcmp(body, "leak") == 0)
		leak();
}

static void answer(const struct frame_event *event, struct buf *out)
{
	const char *body = event->body.ptr != NULL ? event->body.ptr : "";
	struct frame_result result = {.id = event->id,
	    .ok = true,
	    .status = 200,
	    .content_type = SPAN("text/plain"),
	    .body = event->sid};
	char pid[24];
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (strcmp(body, "who") == 0)
		result.body = span_of(pid);
	if (strcmp(body, "mode") == 0)
		result.body = span_of(mode);
	if (strcmp(body, "skip") == 0)
		result.id += 7;
	if (strcmp(body, "garbage") == 0)
		buf_puts(out, "This is not a frame, and never was one.");
	frame_put_result(out, &result);
	if (strcmp(body, "twice") == 0)
		frame_put_result(out, &result);
	send_all(out);
}

static void handle(struct pool_table *table, struct span frame)
{
	struct arena *arena = arena_new();
	struct buf out = {0};
	struct frame_event event;
	uint32_t waiting = SLOT_WAITING;
	if (frame_get_event(&event, frame, arena) < 0)
		_exit(8);
	if (atomic_compare_exchange_strong(
		&table->slots[event.slot], &waiting, SLOT_RUNNING)) {
		char line[80];
		int len = snprintf(
		    line, sizeof(line), "%.*s %s\n", SPAN_ARG(event.sid), mode);
		if (write(notes, line, (size_t)len) != len)
			_exit(7);
		do_as_told(&event);
		answer(&event, &out);
	}
	buf_free(&out);
	arena_free(arena);
}

static void take_frames(struct pool_table *table, struct buf *in)
{
	size_t done = 0;
	int64_t len;
	enum frame_type type;
	while ((len = frame_whole(span_from(buf_span(in), done), &type)) > 0) {
		handle(table, (struct span){in->ptr + done, (size_t)len});
		done += (size_t)len;
	}
	in->len -= done;
	memmove(in->ptr, in->ptr + done, in->len);
}

int main(int argc, char **argv)
{
	struct buf in = {0};
	struct buf out = {0};
	int table_fd = -1;
	const char *told = getenv("OFFHOOK_HANDLER");
	if (argc < 3 || told == NULL ||
	    sscanf(told, "%d,%d", &socket_fd, &table_fd) != 2)
		return 1;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGSEGV, SIG_DFL); /* a sanitizer would make an exit of it */
	(void)signal(SIGABRT, SIG_DFL);
	mode = argv[2];
	notes = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct pool_table *table =
	    mmap(NULL, sizeof(*table), PROT_READ | PROT_WRITE, MAP_SHARED, table_fd, 0);
	if (notes < 0 || table == MAP_FAILED || strcmp(mode, "dead") == 0)
		return 3;
	if (strcmp(mode, "mute") == 0)
		(void)pause();
	frame_put_ready(&out);
	send_all(&out);
	for (;;) {
		buf_reserve(&in, 64 << 10);
		ssize_t n = read(socket_fd, in.ptr + in.len, 64 << 10);
		if (n <= 0)
			break;
		in.len += (size_t)n;
		take_frames(table, &in);
	}
	buf_free(&in);
	buf_free(&out);
	return 0;
}
