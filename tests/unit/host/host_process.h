/* host_process -- a handler process (host/host.h), with the test as its server. */
#ifndef OFFHOOK_TESTS_HOST_PROCESS_H
#define OFFHOOK_TESTS_HOST_PROCESS_H

#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "play.h"

#include "frame/slots.h"
#include "host/host.h"

struct process {
	int fd;
	pid_t pid;
	struct slots *slots;
	struct buf in;
	uint32_t ring_got;
	struct arena *arena;
};

static inline void send_all(struct process *process, struct buf *out)
{
	assert_int_equal(
	    send(process->fd, out->ptr, out->len, MSG_NOSIGNAL), (ssize_t)out->len);
	buf_free(out);
	*out = (struct buf){0};
}

static inline void start(struct process *process, const oh_app *app)
{
	int pair[2];
	char text[32];
	int memory = memfd_create("slots", 0);
	*process = (struct process){.arena = arena_new()};
	assert_int_equal(ftruncate(memory, sizeof(*process->slots)), 0);
	process->slots = mmap(NULL, sizeof(*process->slots), PROT_READ | PROT_WRITE,
	    MAP_SHARED, memory, 0);
	assert_ptr_not_equal(process->slots, MAP_FAILED);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	process->fd = pair[0];
	(void)fflush(NULL);
	process->pid = fork();
	if (process->pid == 0) {
		(void)close(pair[0]);
		(void)snprintf(text, sizeof(text), "%d,%d", pair[1], memory);
		(void)setenv("OFFHOOK_HANDLER", text, 1);
		assert_non_null(freopen("/dev/null", "w", stderr));
		_exit(host_run(app));
	}
	(void)close(pair[1]);
	(void)close(memory);
	struct buf settings = {0};
	frame_put_settings(&settings, &(struct frame_settings){0});
	send_all(process, &settings);
}

/* The exit code, or minus the signal. */
static inline int end(struct process *process)
{
	int status = 0;
	(void)close(process->fd);
	assert_int_equal(waitpid(process->pid, &status, 0), process->pid);
	(void)munmap(process->slots, sizeof(*process->slots));
	buf_free(&process->in);
	arena_free(process->arena);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static inline void put_event(struct process *process, struct buf *out, uint32_t route,
    uint32_t slot, enum slot_state slot_state)
{
	const struct pair params[] = {{SPAN("Body"), SPAN("Hello")}};
	struct frame_event event = {.run = {.id = 100 + slot, .slot = slot},
	    .route = route,
	    .params = params,
	    .param_count = 1};
	atomic_store(&process->slots->state[slot], slot_state);
	frame_put_event(out, &event);
}

static inline void send_event(struct process *process, uint32_t route, uint32_t slot)
{
	struct buf out = {0};
	put_event(process, &out, route, slot, SLOT_WAITING);
	send_all(process, &out);
}

/* Waits for what the process sends, by its ring or its socket; false at the end. */
static inline bool receive(struct process *process)
{
	char bytes[4096];
	ring_watch(&process->slots->ring);
	int ringed = ring_take(&process->slots->ring, &process->ring_got, &process->in);
	assert_true(ringed >= 0);
	if (ringed > 0)
		return true;
	ssize_t got = recv(process->fd, bytes, sizeof(bytes), 0);
	if (got > 0)
		buf_add(&process->in, bytes, (size_t)got);
	/* It may have put something there, and ended before the bell was heard. */
	return got > 0 ||
	       ring_take(&process->slots->ring, &process->ring_got, &process->in) > 0;
}

/* The next frame but bells, in the process's arena; absent at the end. */
static inline struct span next_frame(struct process *process, enum frame_type *type)
{
	int64_t len;
	while ((len = frame_whole(buf_span(&process->in), type)) == 0)
		if (!receive(process))
			return (struct span){0};
	assert_true(len > 0);
	struct span frame =
	    arena_copy(process->arena, (struct span){process->in.ptr, (size_t)len});
	process->in.len -= (size_t)len;
	memmove(process->in.ptr, process->in.ptr + len, process->in.len);
	return *type == FRAME_BELL ? next_frame(process, type) : frame;
}

static inline struct span expect_frame(struct process *process, enum frame_type wanted)
{
	enum frame_type type = FRAME_TYPES;
	struct span frame = next_frame(process, &type);
	assert_non_null(frame.ptr);
	assert_int_equal(type, wanted);
	return frame;
}

static inline void expect_end(struct process *process)
{
	enum frame_type type;
	assert_null(next_frame(process, &type).ptr);
}

static inline struct frame_result expect_result(struct process *process)
{
	struct frame_result result;
	assert_int_equal(frame_get_result(&result, expect_frame(process, FRAME_RESULT),
			     process->arena),
	    0);
	return result;
}

static inline struct frame_log expect_log(struct process *process)
{
	struct frame_log line;
	assert_int_equal(
	    frame_get_log(&line, expect_frame(process, FRAME_LOG), process->arena), 0);
	return line;
}

#endif
