/* A server that systemd started: what it tells it, and what it is given by it. */
#include "conversation.h"

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
