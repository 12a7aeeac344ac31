#include "conversation.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "twilio/signature.h"
#include "util/arena.h"
#include "util/text.h"

enum { MAX_WORDS = 40, PATIENCE_MS = 20000 };

static const char *offhook(void)
{
	const char *other = getenv("TEST_OFFHOOK");
	return other != NULL ? other : OFFHOOK_BIN;
}

/* ---- the server ---- */

static size_t add_words(const char **words, size_t count, const char *const *more)
{
	for (size_t i = 0; more != NULL && more[i] != NULL; i++)
		words[count++] = more[i];
	return count;
}

/* It ends with the test, also with one that failed. */
static void server_child(const struct talk *talk, pid_t parent)
{
	const char *program = talk->program != NULL ? talk->program : offhook();
	const char *command = talk->command != NULL ? talk->command : "serve";
	const char *const usual[] = {program, command, "--listen", "127.0.0.1:0",
	    "--data", talk->data, "--public-url", TALK_URL, "--log-format", "text",
	    NULL};
	const char *words[MAX_WORDS];
	size_t count = add_words(words, 0, talk->wrapper);
	count = add_words(words, count, usual);
	count = add_words(words, count, talk->extra);
	words[count] = NULL;
	int log = open(talk->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	(void)dup2(log, STDERR_FILENO);
	(void)setenv("TWILIO_AUTH_TOKEN", TALK_TOKEN, 1);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
		execvp(words[0], (char *const *)(uintptr_t)words);
	_exit(127);
}

static bool find_address(char out[64], const char *log, const char *label)
{
	const char *at = NULL;
	for (const char *next = log; (next = strstr(next, label)) != NULL; next++)
		at = next;
	if (at == NULL || strchr(at, '\n') == NULL)
		return false;
	return sscanf(at + strlen(label), "%63[^\n\"]", out) == 1;
}

static bool read_addresses(struct talk *talk)
{
	size_t len;
	char *log = text_read_file(talk->log, 8U << 20, &len);
	bool ready = log != NULL &&
		     (find_address(talk->address, log, "listening on http://") ||
			 find_address(talk->address, log, "listening on https://"));
	free(log);
	return ready;
}

bool talk_find_admin(struct talk *talk)
{
	size_t len;
	char *log = text_read_file(talk->log, 8U << 20, &len);
	bool found = log != NULL && find_address(talk->admin, log, "admin on http://");
	free(log);
	return found;
}

static void launch(struct talk *talk)
{
	talk->address[0] = '\0';
	(void)unlink(talk->log);
	pid_t parent = getpid();
	talk->pid = fork();
	assert_true(talk->pid >= 0);
	if (talk->pid == 0)
		server_child(talk, parent);
	for (int waited = 0; !read_addresses(talk); waited += 5) {
		int status;
		if (waited > PATIENCE_MS || waitpid(talk->pid, &status, WNOHANG) != 0)
			fail_msg("the server did not start; see %s", talk->log);
		(void)usleep(5000);
	}
}

static void start(struct talk *talk)
{
	(void)snprintf(talk->dir, sizeof(talk->dir), "/tmp/offhook-test-XXXXXX");
	assert_non_null(mkdtemp(talk->dir));
	(void)snprintf(talk->data, sizeof(talk->data), "%s/data", talk->dir);
	(void)snprintf(talk->log, sizeof(talk->log), "%s/log", talk->dir);
	launch(talk);
}

void talk_start(struct talk *talk, const char *const *extra)
{
	*talk = (struct talk){.extra = extra};
	start(talk);
}

void talk_start_wrapped(struct talk *talk, const char *const *wrapper)
{
	*talk = (struct talk){.wrapper = wrapper};
	start(talk);
}

void talk_start_program(
    struct talk *talk, const char *program, const char *const *extra)
{
	*talk = (struct talk){.program = program, .extra = extra};
	start(talk);
}

void talk_use_example(struct talk *talk, const char *name)
{
	const char *dir = getenv("TEST_EXAMPLES_DIR");
	(void)snprintf(talk->example, sizeof(talk->example), "%s/%s",
	    dir != NULL ? dir : EXAMPLES_DIR, name);
	talk->program = talk->example;
}

void talk_start_example(struct talk *talk, const char *name)
{
	*talk = (struct talk){0};
	talk_use_example(talk, name);
	start(talk);
}

void talk_start_dev(struct talk *talk, const char *const *extra)
{
	*talk = (struct talk){.command = "dev", .extra = extra};
	start(talk);
}

int talk_setup(void **state)
{
	static struct talk talk;
	talk_start(&talk, NULL);
	*state = &talk;
	return 0;
}

int talk_teardown(void **state)
{
	talk_end(*state);
	return 0;
}

void talk_stop(struct talk *talk)
{
	int status = -1;
	assert_int_equal(kill(talk->pid, SIGTERM), 0);
	assert_int_equal(waitpid(talk->pid, &status, 0), talk->pid);
	talk->pid = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		size_t len;
		char *log = text_read_file(talk->log, 8U << 20, &len);
		print_error("%s\n", log == NULL ? "" : log);
		free(log);
		fail_msg("the server ended with status %d", status);
	}
}

void talk_kill(struct talk *talk)
{
	int status;
	assert_int_equal(kill(talk->pid, SIGKILL), 0);
	assert_int_equal(waitpid(talk->pid, &status, 0), talk->pid);
	talk->pid = 0;
}

void talk_again(struct talk *talk)
{
	launch(talk);
}

void talk_end(struct talk *talk)
{
	if (talk->pid > 0)
		talk_stop(talk);
	pid_t pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", talk->dir, (char *)NULL);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
}

bool talk_logged(const struct talk *talk, const char *text)
{
	for (int waited = 0; waited < PATIENCE_MS; waited += 20) {
		size_t len;
		char *log = text_read_file(talk->log, 8U << 20, &len);
		bool found = log != NULL && strstr(log, text) != NULL;
		free(log);
		if (found)
			return true;
		(void)usleep(20000);
	}
	return false;
}

/* ---- requests ---- */

void talk_signature(char out[64], const char *token, const char *url, const char *form)
{
	char signature[SIGNATURE_SIZE];
	struct arena *arena = arena_new();
	struct params params = {0};
	assert_int_equal(params_parse(&params, span_of(form), arena), PARAMS_OK);
	signature_make(
	    signature, span_of(token), span_of(url), form == NULL ? NULL : &params);
	(void)snprintf(out, 64, "X-Twilio-Signature: %s\r\n", signature);
	arena_free(arena);
}

void talk_request(
    struct buf *out, const char *path, const char *headers, const char *body)
{
	buf_printf(out,
	    "POST %s HTTP/1.1\r\nHost: example.com\r\n"
	    "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
	    "%sContent-Length: %zu\r\n\r\n%s",
	    path, headers, strlen(body), body);
}

int talk_connect(const char *address)
{
	char host[64];
	int port = 0;
	assert_int_equal(sscanf(address, "%63[^:]:%d", host, &port), 2);
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	assert_int_equal(inet_pton(AF_INET, host, &to.sin_addr), 1);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;
	assert_true(fd >= 0);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

void talk_send(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;
	while (len > 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
		assert_true(n > 0);
		at += n;
		len -= (size_t)n;
	}
}

static bool receive_more(int fd, struct buf *into)
{
	char bytes[16384];
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	if (poll(&ready, 1, PATIENCE_MS) != 1)
		fail_msg("no answer");
	ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
	if (n > 0)
		buf_add(into, bytes, (size_t)n);
	return n > 0;
}

static void read_header(
    const struct buf *head, const char *name, char *out, size_t size)
{
	const char *at = strcasestr(buf_text(head), name);
	out[0] = '\0';
	if (at == NULL)
		return;
	at += strlen(name);
	(void)snprintf(out, size, "%.*s", (int)strcspn(at, "\r\n"), at);
}

void talk_receive_next(int fd, struct buf *rest, struct answer *out)
{
	char length[32];
	*out = (struct answer){0};
	const char *end;
	while ((end = memmem(buf_text(rest), rest->len, "\r\n\r\n", 4)) == NULL)
		if (!receive_more(fd, rest))
			return;
	size_t head = (size_t)(end - rest->ptr) + 4;
	buf_add(&out->head, rest->ptr, head);
	assert_int_equal(sscanf(out->head.ptr, "HTTP/1.1 %d", &out->status), 1);
	read_header(&out->head, "\r\nContent-Type: ", out->type, sizeof(out->type));
	read_header(&out->head, "\r\nContent-Length: ", length, sizeof(length));
	size_t wanted = (size_t)atol(length);
	while (rest->len - head < wanted)
		assert_true(receive_more(fd, rest));
	buf_add(&out->body, rest->ptr + head, wanted);
	rest->len -= head + wanted;
	memmove(rest->ptr, rest->ptr + head + wanted, rest->len);
}

void talk_receive(int fd, struct answer *out)
{
	struct buf rest = {0};
	talk_receive_next(fd, &rest, out);
	buf_free(&rest);
}

void talk_once(const struct talk *talk, struct answer *out, const struct buf *request)
{
	int fd = talk_connect(talk->address);
	talk_send(fd, request->ptr, request->len);
	talk_receive(fd, out);
	(void)close(fd);
}

void talk_post(
    const struct talk *talk, struct answer *out, const char *path, const char *form)
{
	char url[2048];
	char signature[64];
	struct buf request = {0};
	(void)snprintf(url, sizeof(url), TALK_URL "%s", path);
	talk_signature(signature, TALK_TOKEN, url, form);
	talk_request(&request, path, signature, form);
	talk_once(talk, out, &request);
	buf_free(&request);
}

void talk_expect(
    const struct talk *talk, const char *path, const char *form, int status)
{
	struct answer answer;
	talk_post(talk, &answer, path, form);
	if (answer.status != status)
		print_error("%s %s\n%s\n", path, form, buf_text(&answer.body));
	assert_int_equal(answer.status, status);
	answer_clear(&answer);
}

void talk_expect_text(
    const struct talk *talk, const char *path, const char *form, const char *text)
{
	struct answer answer;
	talk_post(talk, &answer, path, form);
	if (answer.status != 200 || strstr(buf_text(&answer.body), text) == NULL)
		fail_msg("%s %s\nwants %s\ngets %d %s", path, form, text, answer.status,
		    buf_text(&answer.body));
	answer_clear(&answer);
}

void answer_clear(struct answer *answer)
{
	buf_free(&answer->head);
	buf_free(&answer->body);
}

bool talk_try(int fd, const struct buf *request, struct buf *answer)
{
	size_t sent = 0;
	while (sent < request->len) {
		ssize_t n =
		    send(fd, request->ptr + sent, request->len - sent, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		sent += (size_t)n;
	}
	buf_clear(answer);
	for (;;) {
		char bytes[4096];
		ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
		if (n <= 0)
			return false;
		buf_add(answer, bytes, (size_t)n);
		const char *end = strstr(answer->ptr, "\r\n\r\n");
		if (end == NULL)
			continue;
		const char *length = strcasestr(answer->ptr, "Content-Length: ");
		size_t body = length == NULL ? 0 : (size_t)atol(length + 16);
		if (answer->len >= (size_t)(end - answer->ptr) + 4 + body)
			return true;
	}
}

/* ---- commands ---- */

static void read_all(FILE *file, struct buf *out)
{
	char bytes[4096];
	size_t n;
	rewind(file);
	while (out != NULL && (n = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buf_add(out, bytes, n);
	(void)fclose(file);
}

int talk_run(struct buf *out, struct buf *err, const char *const *words)
{
	const char *argv[MAX_WORDS] = {offhook()};
	for (size_t i = 0; words[i] != NULL; i++)
		argv[i + 1] = words[i];
	FILE *stdout_file = tmpfile();
	FILE *stderr_file = tmpfile();
	assert_non_null(stdout_file);
	assert_non_null(stderr_file);
	pid_t pid = fork();
	if (pid == 0) {
		(void)dup2(fileno(stdout_file), STDOUT_FILENO);
		(void)dup2(fileno(stderr_file), STDERR_FILENO);
		(void)setenv("TWILIO_AUTH_TOKEN", TALK_TOKEN, 1);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	int status = -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	read_all(stdout_file, out);
	read_all(stderr_file, err);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static json_t *json_lines(const char *const *words)
{
	struct buf out = {0};
	struct buf err = {0};
	int code = talk_run(&out, &err, words);
	if (code != 0)
		fail_msg("offhook %s: exit %d: %s", words[0], code, buf_text(&err));
	json_t *array = json_array();
	char *text = out.ptr;
	for (char *line; (line = strsep(&text, "\n")) != NULL;) {
		if (*line == '\0')
			continue;
		json_t *object = json_loads(line, 0, NULL);
		if (object == NULL)
			fail_msg("not JSON: %s", line);
		assert_int_equal(json_array_append_new(array, object), 0);
	}
	buf_free(&out);
	buf_free(&err);
	return array;
}

json_t *talk_query(const struct talk *talk, const char *collection, const char *filter)
{
	const char *words[] = {
	    "query", "--data", talk->data, collection, filter, "--json", NULL};
	return json_lines(words);
}

json_t *talk_events(const struct talk *talk)
{
	const char *words[] = {
	    "events", "--data", talk->data, "--json", "--limit", "100000", NULL};
	return json_lines(words);
}

size_t talk_count(const struct talk *talk, const char *collection, const char *filter)
{
	json_t *found = talk_query(talk, collection, filter);
	size_t count = json_array_size(found);
	json_decref(found);
	return count;
}

const char *talk_field(const struct talk *talk, const char *collection,
    const char *filter, const char *field)
{
	static char text[4096];
	json_t *found = talk_query(talk, collection, filter);
	assert_int_equal(json_array_size(found), 1);
	const char *value =
	    json_string_value(json_object_get(json_array_get(found, 0), field));
	if (value != NULL)
		(void)snprintf(text, sizeof(text), "%s", value);
	json_decref(found);
	return value == NULL ? NULL : text;
}
