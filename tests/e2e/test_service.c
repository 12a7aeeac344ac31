/* A server that systemd started: what it tells it, and what it is given by it. */
#include "conversation.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/text.h"

enum { PATIENCE_MS = 20000 };

/* The socket on which systemd listens; its name is in the environment of what starts now. */
static int listen_as_manager(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char name[64];
	int len = snprintf(name, sizeof(name), "@offhook-service-%d", (int)getpid());
	memcpy(at.sun_path, name, (size_t)len);
	at.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&at,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len)),
	    0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	return fd;
}

/* The next message that has that text. */
static void expect_told(int fd, char *got, size_t size, const char *text)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	do {
		memset(got, 0, size);
		if (poll(&wait, 1, PATIENCE_MS) != 1)
			fail_msg("not told: %s", text);
		assert_true(recv(fd, got, size - 1, 0) > 0);
	} while (strstr(got, text) == NULL);
}

TEST(systemd_is_told_when_it_is_ready_reloads_is_alive_and_stops)
{
	struct talk talk;
	char got[400], status[128];
	int fd = listen_as_manager();
	assert_int_equal(setenv("WATCHDOG_USEC", "1000000", 1), 0);
	talk_start(&talk, NULL);
	(void)snprintf(status, sizeof(status), "READY=1\nSTATUS=listening on http://%s",
	    talk.address);
	expect_told(fd, got, sizeof(got), "READY=1");
	assert_string_equal(got, status);
	expect_told(fd, got, sizeof(got), "WATCHDOG=1");
	expect_told(fd, got, sizeof(got), "WATCHDOG=1");
	assert_int_equal(kill(talk.pid, SIGHUP), 0);
	expect_told(fd, got, sizeof(got), "RELOADING=1\nMONOTONIC_USEC=");
	expect_told(fd, got, sizeof(got), "READY=1");
	assert_string_equal(got, status);
	talk_stop(&talk);
	expect_told(fd, got, sizeof(got), "STOPPING=1\nEXTEND_TIMEOUT_USEC=45000000");
	talk_end(&talk);
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)close(fd);
}

TEST(a_wrong_socket_is_told_in_the_log_and_it_serves)
{
	struct talk talk;
	assert_int_equal(setenv("NOTIFY_SOCKET", "nonsense", 1), 0);
	talk_start(&talk, NULL);
	assert_true(talk_logged(&talk, "the service manager is not told that it runs"));
	talk_expect(&talk, "/twilio/sms", "MessageSid=SMtold&From=%2B1&Body=x", 200);
	talk_end(&talk);
	(void)unsetenv("NOTIFY_SOCKET");
}

/* How many processes descend from it; what they have in their environment must not have a
 * variable that begins so. */
static int expect_unknown(pid_t pid, const char *const *variables)
{
	int count = 0;
	char path[64], children[4096];
	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	DIR *tasks = opendir(path);
	const struct dirent *task;
	while (tasks != NULL && (task = readdir(tasks)) != NULL) {
		char *list = mem_printf("%s/%s/children", path, task->d_name);
		FILE *file = fopen(list, "re");
		size_t got =
		    file == NULL ? 0 : fread(children, 1, sizeof(children) - 1, file);
		if (file != NULL)
			(void)fclose(file);
		free(list);
		children[got] = '\0';
		char *rest = children, *end;
		for (long child; (child = strtol(rest, &end, 10)) > 0; rest = end) {
			char *at = mem_printf("/proc/%ld/environ", child);
			size_t len;
			char *text = text_read_file(at, 1 << 20, &len);
			free(at);
			for (size_t i = 0; text != NULL && variables[i] != NULL; i++)
				if (memmem(text, len, variables[i],
					strlen(variables[i])) != NULL)
					fail_msg("a handler knows %s", variables[i]);
			count += text != NULL && len > 0;
			free(text);
		}
	}
	if (tasks != NULL)
		(void)closedir(tasks);
	return count;
}

TEST(handlers_do_not_know_how_to_speak_for_the_server)
{
	static const char *const variables[] = {"NOTIFY_SOCKET=", "WATCHDOG_USEC=",
	    "WATCHDOG_PID=", "LISTEN_FDS=", "LISTEN_PID=", "LISTEN_FDNAMES=", NULL};
	struct talk talk;
	char got[400];
	int fd = listen_as_manager();
	for (size_t i = 1; variables[i] != NULL; i++) {
		char *name = mem_strdup(variables[i]);
		name[strlen(name) - 1] = '\0';
		assert_int_equal(setenv(name, "1", 1), 0); /* of process 1: not ours */
		free(name);
	}
	talk_start_example(&talk, "sms");
	expect_told(fd, got, sizeof(got), "READY=1");
	talk_expect(&talk, "/twilio/sms", "MessageSid=SMhid&From=%2B1&Body=x", 200);
	assert_true(expect_unknown(talk.pid, variables) > 0);
	for (size_t i = 0; variables[i] != NULL; i++) {
		char *name = mem_strdup(variables[i]);
		name[strlen(name) - 1] = '\0';
		(void)unsetenv(name);
		free(name);
	}
	talk_end(&talk);
	(void)close(fd);
}

TEST(root_is_told_not_to_serve_and_others_are_not)
{
	static const char *const words[] = {
	    "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", NULL};
	struct talk talk;
	talk_start(&talk, NULL);
	if (geteuid() != 0) {
		talk_end(&talk);
		skip();
	}
	assert_true(talk_logged(&talk, "this serves as root"));
	talk_stop(&talk);
	char *command = mem_printf("chown -R 65534:65534 %s", talk.dir);
	assert_int_equal(system(command), 0);
	free(command);
	talk.wrapper = words;
	talk_again(&talk);
	talk_expect(&talk, "/twilio/sms", "MessageSid=SMroot&From=%2B1&Body=x", 200);
	size_t len;
	char *log = text_read_file(talk.log, 8U << 20, &len);
	assert_non_null(log);
	assert_null(strstr(log, "this serves as root"));
	free(log);
	talk_end(&talk);
}

/* ---- sockets that it is given ---- */

/* A listening socket on a free port; its address. */
static int listen_as_socket_unit(char address[32])
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1000), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	(void)snprintf(address, 32, "127.0.0.1:%d", ntohs(at.sin_port));
	return fd;
}

/* The shell's words before the program: what it inherits as 8 and 9 becomes 3 and 4, and is
 * for the process that the program replaces. */
#define ACTIVATE(fds, files, names)                                                    \
	{                                                                              \
		"sh", "-c",                                                            \
		    "LISTEN_PID=$$ LISTEN_FDS=" fds " LISTEN_FDNAMES=" names           \
		    " exec \"$@\" " files,                                             \
		    "sh", NULL                                                         \
	}

TEST(sockets_that_are_handed_over_take_the_place_of_listen_and_admin)
{
	static const char *const words[] =
	    ACTIVATE("2", "3<&9 4<&8 8<&- 9<&-", "admin:offhook.socket");
	struct talk talk;
	char address[32], admin[32];
	int first = listen_as_socket_unit(admin),
	    second = listen_as_socket_unit(address);
	assert_int_equal(dup2(first, 9), 9);
	assert_int_equal(dup2(second, 8), 8);
	talk_start_wrapped(&talk, words);
	assert_string_equal(talk.address, address);
	assert_true(talk_find_admin(&talk));
	assert_string_equal(talk.admin, admin);
	assert_true(talk_logged(&talk, "listen is not used"));
	talk_expect(&talk, "/twilio/sms", "MessageSid=SMact1&From=%2B1&Body=x", 200);
	talk_stop(&talk);
	/* faults 5.1: between two servers a webhook waits. */
	struct buf request = {0};
	struct answer answer;
	char signature[64];
	const char *form = "MessageSid=SMact2&From=%2B1&Body=x";
	talk_signature(signature, TALK_TOKEN, TALK_URL "/twilio/sms", form);
	talk_request(&request, "/twilio/sms", signature, form);
	int fd = talk_connect(address);
	talk_send(fd, request.ptr, request.len);
	talk_again(&talk);
	talk_receive(fd, &answer);
	assert_int_equal(answer.status, 200);
	answer_clear(&answer);
	buf_free(&request);
	(void)close(fd);
	talk_end(&talk);
	(void)close(8);
	(void)close(9);
	(void)close(first);
	(void)close(second);
}

TEST(wrong_sockets_keep_it_from_starting_with_the_reason)
{
	static const struct {
		const char *line, *says;
	} rows[] = {
	    {"LISTEN_PID=$$ LISTEN_FDS=1 exec \"$@\" 3</dev/null",
		"cannot listen on descriptor 3"},
	    {"LISTEN_PID=$$ LISTEN_FDS=1 exec \"$@\" 3<&-", "there is none"},
	    {"LISTEN_PID=$$ LISTEN_FDS=2 exec \"$@\" 3<&9 4<&9",
		"two sockets are handed over for listen"},
	    {"LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=redirect exec \"$@\" 3<&9",
		"named redirect"},
	    {"LISTEN_PID=$$ LISTEN_FDS=x exec \"$@\"", "LISTEN_FDS is not a number"},
	};

	char address[32], dir[] = "/tmp/offhook-test-XXXXXX";
	int fd = listen_as_socket_unit(address);
	assert_int_equal(dup2(fd, 9), 9);
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *command =
		    mem_printf("cd %s; TWILIO_AUTH_TOKEN=%s sh -c '%s' sh %s "
			       "serve --data d 2>err",
			dir, TALK_TOKEN, rows[i].line, OFFHOOK_BIN);
		char *path = mem_printf("%s/err", dir);
		size_t len;
		assert_int_not_equal(system(command), 0);
		char *text = text_read_file(path, 1 << 20, &len);
		assert_non_null(text);
		if (strstr(text, rows[i].says) == NULL)
			fail_msg("%s: %s", rows[i].says, text);
		free(text);
		free(path);
		free(command);
	}
	(void)close(9);
	(void)close(fd);
	char *command = mem_printf("rm -rf %s", dir);
	assert_int_equal(system(command), 0);
	free(command);
}
