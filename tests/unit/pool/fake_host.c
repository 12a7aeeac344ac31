/* fake_host -- a handler process for the tests of the pool: it does what an event's body
 * or a job's payload says, and notes the event's SID in a file as it begins.
 *
 *   fake_host FILE MODE       MODE: well, mute (is never ready), dead (ends at once), old
 *                             (speaks another version of the protocol)
 *
 * Bodies: "sleep MS", "crash", "abort", "exit N", "leak", "garbage", "twice" (answers
 * two times), "skip" (answers another event), "tell" (its progress, and once more after
 * its answer), "nice" (answers its nice value), "large" (answers 1 MB), "overrun" (its
 * ring is nonsense), "env NAME" and "setting NAME" (answer their value), anything else: at
 * once. */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame/frame.h"
#include "frame/slots.h"

static int socket_fd;
static struct slots *slots;
static int notes;
static const char *mode;
static struct frame_settings settings;

/* What an event and a job have in common here. */
struct task {
	uint64_t id;
	struct span sid;
	const char *body;
};

enum { LARGE = 1 << 20 };

static void ring_bell(void)
{
	struct buf bell = {0};
	frame_put_bell(&bell);
	if (send(socket_fd, bell.ptr, bell.len, MSG_NOSIGNAL) != (ssize_t)bell.len)
		_exit(9);
	buf_free(&bell);
}

static void send_all(struct buf *out)
{
	struct span left = buf_span(out);
	while (left.len > 0) {
		left = span_from(left, ring_put(&slots->ring, left));
		if (ring_wanted(&slots->ring))
			ring_bell();
		if (left.len > 0)
			ring_wait(&slots->ring);
	}
	buf_clear(out);
}

/* As one that has written over its count. */
static void overrun(void)
{
	(void)atomic_fetch_add(&slots->ring.put, RING_SIZE + 1);
	ring_bell();
	(void)pause();
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

static void do_as_told(const char *body)
{
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
	else if (strcmp(body, "overrun") == 0)
		overrun();
}

static void answer(const struct task *task, struct buf *out)
{
	const char *body = task->body;
	struct frame_result result = {.id = task->id,
	    .ok = true,
	    .status = 200,
	    .content_type = SPAN("text/plain"),
	    .body = task->sid};
	char pid[24];
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (strcmp(body, "who") == 0)
		result.body = span_of(pid);
	if (strcmp(body, "mode") == 0)
		result.body = span_of(mode);
	if (strncmp(body, "env ", 4) == 0)
		result.body = span_of(getenv(body + 4));
	if (strncmp(body, "setting ", 8) == 0)
		result.body = frame_setting(&settings, body + 8);
	if (strcmp(body, "skip") == 0)
		result.id += 7;
	if (strcmp(body, "garbage") == 0)
		buf_puts(out, "This is not a frame, and never was one.");
	if (strcmp(body, "nice") == 0)
		(void)snprintf(pid, sizeof(pid), "%d", getpriority(PRIO_PROCESS, 0));
	if (strcmp(body, "nice") == 0)
		result.body = span_of(pid);
	char *large = strcmp(body, "large") == 0 ? calloc(1, LARGE) : NULL;
	if (large != NULL)
		result.body = (struct span){large, LARGE};
	const struct frame_progress progress = {task->id, SPAN("half\nway\xff")};
	if (strcmp(body, "tell") == 0)
		frame_put_progress(out, &progress);
	frame_put_result(out, &result);
	if (strcmp(body, "tell") == 0)
		frame_put_progress(out, &progress);
	if (strcmp(body, "twice") == 0)
		frame_put_result(out, &result);
	free(large);
	send_all(out);
}

/* Gives its slot. */
static uint32_t read_task(
    struct task *out, struct span frame, enum frame_type type, struct arena *arena)
{
	struct frame_event event;
	struct frame_job_run job;
	if (type == FRAME_JOB && frame_get_job(&job, frame, arena) == 0) {
		*out = (struct task){job.run.id, SPAN("job"), job.payload.ptr};
		return job.run.slot;
	}
	if (frame_get_event(&event, frame, arena) < 0)
		_exit(8);
	*out = (struct task){event.run.id, event.sid, event.body.ptr};
	return event.run.slot;
}

static void handle(struct span frame, enum frame_type type, struct arena *arena)
{
	struct buf out = {0};
	struct task task;
	uint32_t waiting = SLOT_WAITING;
	uint32_t slot = read_task(&task, frame, type, arena);
	if (atomic_compare_exchange_strong(
		&slots->state[slot], &waiting, SLOT_RUNNING)) {
		char line[80];
		int len =
		    snprintf(line, sizeof(line), "%.*s %s\n", SPAN_ARG(task.sid), mode);
		if (write(notes, line, (size_t)len) != len)
			_exit(7);
		do_as_told(task.body);
		answer(&task, &out);
	}
	buf_free(&out);
}

static void say_ready(void)
{
	struct buf out = {0};
	bool old = strcmp(mode, "old") == 0;
	frame_put_ready(&out, &(struct frame_manifest){.version = FRAME_VERSION - old});
	send_all(&out);
	buf_free(&out);
}

static void take_frames(struct buf *in, struct arena *kept)
{
	size_t done = 0;
	int64_t len;
	enum frame_type type;
	while ((len = frame_whole(span_from(buf_span(in), done), &type)) > 0) {
		struct span frame = {in->ptr + done, (size_t)len};
		struct arena *arena = arena_new();
		if (type != FRAME_SETTINGS)
			handle(frame, type, arena);
		else if (frame_get_settings(&settings, arena_copy(kept, frame), kept) <
			 0)
			_exit(6);
		arena_free(arena);
		done += (size_t)len;
	}
	in->len -= done;
	memmove(in->ptr, in->ptr + done, in->len);
}

int main(int argc, char **argv)
{
	struct buf in = {0};
	struct arena *kept = arena_new();
	int slots_fd = -1;
	const char *told = getenv("OFFHOOK_HANDLER");
	if (argc < 3 || told == NULL ||
	    sscanf(told, "%d,%d", &socket_fd, &slots_fd) != 2)
		return 1;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGSEGV, SIG_DFL); /* a sanitizer would make an exit of it */
	(void)signal(SIGABRT, SIG_DFL);
	mode = argv[2];
	notes = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	slots =
	    mmap(NULL, sizeof(*slots), PROT_READ | PROT_WRITE, MAP_SHARED, slots_fd, 0);
	if (notes < 0 || slots == MAP_FAILED || strcmp(mode, "dead") == 0)
		return 3;
	if (strcmp(mode, "mute") == 0)
		(void)pause();
	say_ready();
	for (;;) {
		buf_reserve(&in, 64 << 10);
		ssize_t n = read(socket_fd, in.ptr + in.len, 64 << 10);
		if (n <= 0)
			break;
		in.len += (size_t)n;
		take_frames(&in, kept);
	}
	buf_free(&in);
	arena_free(kept);
	return 0;
}
