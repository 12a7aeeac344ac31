#include "control/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/thread.h"

enum { MAX_LINE = 1 << 20, PATIENCE_S = 10 };

struct control {
	struct store *store;
	_Atomic(const struct control_server *) server; /* NULL before control_attach */
	char *path;
	int listener;
	int stop[2]; /* a byte here ends the thread */
	pthread_t thread;
};

/* The answer is sent when the new program has taken over. */
static int control_do_swap(const struct control_server *server, const json_t *request,
    json_t **answer, struct error *err)
{
	const char *program = json_string_value(json_object_get(request, "program"));
	if (program == NULL || *program != '/')
		return error_set(err, "swap: no program, or not its whole path");
	if (server->swap(server->ctx, program, err) < 0)
		return -1;
	log_write(LOG_INFO, "another program swapped in", "program", program, NULL);
	*answer = json_pack("{s:s}", "program", program);
	return 0;
}

static int control_execute_here(
    struct control *control, const json_t *request, json_t **answer, struct error *err)
{
	const char *name = json_string_value(json_object_get(request, "command"));
	bool swap = name != NULL && strcmp(name, "swap") == 0;
	bool reload = name != NULL && strcmp(name, "reload") == 0;
	bool asked = name != NULL && strcmp(name, "server") == 0;
	const struct control_server *server = atomic_load(&control->server);
	if (!swap && !reload && !asked)
		return control_execute(control->store, request, answer, err);
	if (server == NULL)
		return error_set(err, "the server does not listen yet");
	if (swap)
		return control_do_swap(server, request, answer, err);
	if (reload)
		return server->reload(server->ctx, answer, err);
	char pin[CONTROL_PIN_SIZE];
	if (server->pin != NULL)
		server->pin(server->ctx, pin);
	*answer = json_pack("{s:s, s:s?, s:s?}", "address", server->address,
	    "publicUrl", atomic_load(&server->public_url), "pin",
	    server->pin != NULL ? pin : NULL);
	return 0;
}

/* ---- one line each way ---- */

static int control_address(struct sockaddr_un *out, const char *dir, struct error *err)
{
	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	int len =
	    snprintf(out->sun_path, sizeof(out->sun_path), "%s/control.sock", dir);
	if (len < 0 || (size_t)len >= sizeof(out->sun_path))
		return error_set(err,
		    "%s/control.sock: the path is too long for a socket; use a shorter "
		    "--data",
		    dir);
	return 0;
}

static int control_write(int fd, const json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);
	if (text == NULL)
		return -1;
	size_t len = strlen(text);
	text[len++] = '\n'; /* over the NUL */
	size_t sent = 0;
	while (sent < len) {
		ssize_t n = send(fd, text + sent, len - sent, MSG_NOSIGNAL);
		if (n <= 0)
			break;
		sent += (size_t)n;
	}
	free(text);
	return sent == len ? 0 : -1;
}

/* Waits until fd is readable; false when it is not by until_us (0: for ever), or when a
 * byte came to stop (-1: nobody stops it). */
static bool control_wait(int fd, int stop, int64_t until_us)
{
	struct pollfd fds[2] = {
	    {.fd = fd, .events = POLLIN}, {.fd = stop, .events = POLLIN}};
	int64_t left_ms = until_us == 0 ? -1 : (until_us - clock_mono_us()) / 1000;
	return (until_us == 0 || left_ms > 0) && poll(fds, 2, (int)left_ms) > 0 &&
	       fds[1].revents == 0;
}

/* The whole line within patience_s (0: for ever), however its bytes come. */
static json_t *control_read(int fd, int stop, int patience_s)
{
	struct buf line = {0};
	json_t *parsed = NULL;
	char bytes[4096];
	ssize_t n;
	int64_t until_us =
	    patience_s == 0 ? 0 : clock_mono_us() + INT64_C(1000000) * patience_s;
	while (line.len < MAX_LINE && control_wait(fd, stop, until_us) &&
	       (n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		buf_add(&line, bytes, (size_t)n);
		if (bytes[n - 1] == '\n') {
			parsed = json_loadb(line.ptr, line.len, 0, NULL);
			break;
		}
	}
	buf_free(&line);
	return parsed;
}

/* ---- the server's side ---- */

static void control_serve(struct control *control, int fd)
{
	struct error err = {0};
	json_t *answer = NULL;
	json_t *line = NULL;
	/* A client that does not read its answer must not block the next one. */
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	json_t *request = control_read(fd, control->stop[0], PATIENCE_S);
	if (request == NULL)
		return;
	int rc = control_execute_here(control, request, &answer, &err);
	if (rc == 0)
		line = json_pack("{s:o}", "ok", answer);
	else
		line = json_pack("{s:s}", "error", err.text);
	if (line != NULL)
		(void)control_write(fd, line);
	json_decref(line);
	json_decref(request);
}

static void *control_thread(void *arg)
{
	struct control *control = arg;
	struct pollfd fds[2] = {{.fd = control->listener, .events = POLLIN},
	    {.fd = control->stop[0], .events = POLLIN}};
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return NULL;
		if (fds[1].revents != 0)
			return NULL;
		if ((fds[0].revents & POLLIN) == 0)
			continue;
		int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		control_serve(control, fd);
		(void)close(fd);
	}
}

static int control_bind(struct control *control, const char *dir, struct error *err)
{
	struct sockaddr_un address;
	if (control_address(&address, dir, err) < 0)
		return -1;
	control->path = mem_strdup(address.sun_path);
	control->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* We hold the directory's lock, so a socket there is a dead server's. */
	(void)unlink(address.sun_path);
	if (control->listener < 0 ||
	    bind(control->listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(address.sun_path, 0600) < 0 || listen(control->listener, 16) < 0)
		return error_set(err, "%s: %s", address.sun_path, strerror(errno));
	return 0;
}

int control_open(
    struct control **out, const char *dir, struct store *store, struct error *err)
{
	struct control *control = mem_new(1, sizeof(*control));
	control->store = store;
	control->listener = -1;
	control->stop[0] = control->stop[1] = -1;
	if (control_bind(control, dir, err) < 0)
		goto failed;
	if (pipe2(control->stop, O_CLOEXEC) < 0) {
		(void)error_set(err, "control socket: %s", strerror(errno));
		goto failed;
	}
	if (thread_start(&control->thread, "oh-control", control_thread, control, err) <
	    0)
		goto failed;
	*out = control;
	return 0;
failed:
	if (control->listener >= 0)
		(void)close(control->listener);
	if (control->stop[0] >= 0) {
		(void)close(control->stop[0]);
		(void)close(control->stop[1]);
	}
	free(control->path);
	free(control);
	return -1;
}

void control_attach(struct control *control, const struct control_server *server)
{
	atomic_store(&control->server, server);
}

void control_close(struct control *control)
{
	if (control == NULL)
		return;
	(void)!write(control->stop[1], "", 1);
	thread_join(control->thread);
	(void)unlink(control->path);
	(void)close(control->listener);
	(void)close(control->stop[0]);
	(void)close(control->stop[1]);
	free(control->path);
	free(control);
}

/* ---- the command's side ---- */

static int control_read_answer(int fd, json_t **answer, struct error *err)
{
	json_t *line = control_read(fd, -1, 0);
	if (line == NULL)
		return error_set(err, "the server broke off; see its log");
	const char *refusal = json_string_value(json_object_get(line, "error"));
	if (refusal != NULL)
		(void)error_set(err, "%s", refusal);
	else
		*answer = json_incref(json_object_get(line, "ok"));
	json_decref(line);
	return refusal != NULL || *answer == NULL ? -1 : 0;
}

/* 1: no server runs there. */
static int control_connect(int *fd, const char *dir, struct error *err)
{
	struct sockaddr_un address;
	if (control_address(&address, dir, err) < 0)
		return -1;
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return error_set(err, "socket: %s", strerror(errno));
	if (connect(*fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	bool nobody = errno == ENOENT || errno == ECONNREFUSED;
	(void)error_set(err, "%s: %s", address.sun_path, strerror(errno));
	(void)close(*fd);
	return nobody ? 1 : -1;
}

int control_request(
    const char *dir, json_t *request, json_t **answer, struct error *err)
{
	int fd;
	*answer = NULL;
	int rc = control_connect(&fd, dir, err);
	if (rc != 0)
		return rc;
	if (control_write(fd, request) < 0)
		rc = error_set(err, "%s/control.sock: %s", dir, strerror(errno));
	else
		rc = control_read_answer(fd, answer, err);
	(void)close(fd);
	return rc;
}

int control_check(const char *dir, struct error *err)
{
	struct sockaddr_un address;
	return control_address(&address, dir, err);
}

bool control_running(const char *dir)
{
	int fd;
	bool running = control_connect(&fd, dir, NULL) == 0;
	if (running)
		(void)close(fd);
	return running;
}
