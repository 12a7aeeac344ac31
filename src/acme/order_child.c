#include "acme/order_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/mem.h"
#include "util/spawn.h"

enum { CHILD_LINE_MAX = 65536, CHILD_READ = 4096 };

struct child_run {
	const struct order_child *child;
	pid_t pid;
	int fd; /* its standard input and output */
	int64_t until_us;
	struct buf input;
	json_t *standing; /* the challenge that is answered at present; NULL: none */
	json_t *answer;   /* its last line */
	bool stopped, late;
};

static int child_start(struct child_run *run, struct error *err)
{
	int ends[2];
	char *program = mem_strdup(run->child->program);
	char command[] = "acme-order";
	char *argv[] = {program, command, NULL};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
		free(program);
		return error_set(err, "socketpair: %s", strerror(errno));
	}
	const struct spawn how = {.program = program,
	    .argv = argv,
	    .files = {ends[1], ends[1], SPAWN_OURS},
	    .file_count = 3};
	int rc = spawn(&run->pid, &how);
	(void)close(ends[1]);
	free(program);
	run->fd = ends[0];
	if (rc != 0) {
		(void)close(run->fd);
		return error_set(err, "%s: %s", run->child->program, strerror(rc));
	}
	return 0;
}

/* A line is shorter than what a socket holds. */
static void child_send(struct child_run *run, json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);
	struct buf out = {0};
	buf_printf(&out, "%s\n", text);
	for (size_t sent = 0; sent < out.len;) {
		ssize_t n = send(run->fd, out.ptr + sent, out.len - sent, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			break; /* it has ended: its end is noticed */
		sent += n < 0 ? 0 : (size_t)n;
	}
	explicit_bzero(text, strlen(text)); /* the task may have a secret */
	explicit_bzero(out.ptr, out.cap);
	free(text);
	buf_free(&out);
	json_decref(line);
}

static struct order_challenge child_challenge(const json_t *doc)
{
	const char *texts[4];
	static const char *const names[] = {
	    "type", "name", "token", "keyAuthorization"};
	for (size_t i = 0; i < 4; i++) {
		texts[i] = json_string_value(json_object_get(doc, names[i]));
		if (texts[i] == NULL)
			texts[i] = "";
	}
	return (struct order_challenge){texts[0], texts[1], texts[2], texts[3]};
}

static void child_clear(struct child_run *run)
{
	const struct order_child_calls *calls = run->child->calls;
	if (run->standing == NULL)
		return;
	const struct order_challenge challenge = child_challenge(run->standing);
	calls->clear(calls->ctx, &challenge);
	json_decref(run->standing);
	run->standing = NULL;
}

static void child_set(struct child_run *run, json_t *doc)
{
	const struct order_child_calls *calls = run->child->calls;
	const struct order_challenge challenge = child_challenge(doc);
	child_clear(run);
	bool ready = calls->set(calls->ctx, &challenge);
	if (ready)
		run->standing = json_incref(doc);
	child_send(run, json_pack("{s:b}", "ready", ready));
}

static void child_take(struct child_run *run, struct span line)
{
	json_t *doc = json_loadb(line.ptr, line.len, 0, NULL);
	json_t *challenge = json_object_get(doc, "challenge");
	if (challenge != NULL) {
		child_set(run, challenge);
	} else if (json_object_get(doc, "clear") != NULL) {
		child_clear(run);
	} else if (json_is_object(doc)) {
		json_decref(run->answer);
		run->answer = json_incref(doc);
	}
	json_decref(doc);
}

/* False when it has ended. */
static bool child_read(struct child_run *run)
{
	char bytes[CHILD_READ];
	ssize_t n = read(run->fd, bytes, sizeof(bytes));
	if (n < 0 && errno == EINTR)
		return true;
	if (n <= 0 || run->input.len > CHILD_LINE_MAX)
		return false;
	buf_add(&run->input, bytes, (size_t)n);
	size_t begun = 0, len;
	while ((len = span_find(span_from(buf_span(&run->input), begun), '\n')) <
	       run->input.len - begun) {
		child_take(run, (struct span){run->input.ptr + begun, len});
		begun += len + 1;
	}
	run->input.len -= begun;
	memmove(run->input.ptr, run->input.ptr + begun, run->input.len);
	return true;
}

static void child_serve(struct child_run *run)
{
	for (;;) {
		int64_t left_us = run->until_us - clock_mono_us();
		struct pollfd ready[] = {{.fd = run->fd, .events = POLLIN},
		    {.fd = run->child->stop, .events = POLLIN}};
		run->late = left_us <= 0;
		if (run->late)
			return;
		int rc = poll(ready, 2, (int)(left_us / 1000 + 1));
		run->stopped = rc > 0 && ready[1].revents != 0;
		if (run->stopped ||
		    (rc > 0 && ready[0].revents != 0 && !child_read(run)))
			return;
	}
}

static enum order_child_outcome child_outcome(
    const struct child_run *run, int status, struct error *err)
{
	const json_t *error = json_object_get(run->answer, "error");
	const char *text = json_string_value(json_object_get(error, "text"));
	if (run->stopped)
		return ORDER_CHILD_STOPPED;
	if (text != NULL)
		(void)error_set(err, "%s", text);
	else if (run->late)
		(void)error_set(err, "it was not done within %lld s",
		    (long long)(run->child->deadline_ms / 1000));
	else if (WIFSIGNALED(status))
		(void)error_set(err, "the process that asks the CA ended by signal %d",
		    WTERMSIG(status));
	else if (run->answer != NULL && WEXITSTATUS(status) == 0)
		return ORDER_CHILD_DONE;
	else
		(void)error_set(err, "the process that asks the CA ended with code %d",
		    WEXITSTATUS(status));
	return ORDER_CHILD_FAILED;
}

enum order_child_outcome order_child_run(
    json_t **answer, const struct order_child *child, struct error *err)
{
	int status = 0;
	struct child_run run = {
	    .child = child, .until_us = clock_mono_us() + 1000 * child->deadline_ms};
	*answer = NULL;
	if (child_start(&run, err) < 0)
		return ORDER_CHILD_FAILED;
	child_send(&run, json_incref((json_t *)(uintptr_t)child->task));
	child_serve(&run);
	child_clear(&run);
	(void)close(run.fd);
	if (run.stopped || run.late)
		(void)kill(run.pid, SIGKILL);
	while (waitpid(run.pid, &status, 0) < 0 && errno == EINTR)
		;
	enum order_child_outcome outcome = child_outcome(&run, status, err);
	if (outcome == ORDER_CHILD_STOPPED ||
	    (outcome == ORDER_CHILD_FAILED &&
		json_object_get(run.answer, "error") == NULL)) {
		json_decref(run.answer);
		run.answer = NULL;
	}
	*answer = run.answer;
	buf_free(&run.input);
	return outcome;
}
