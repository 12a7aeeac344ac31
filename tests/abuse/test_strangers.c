/* What nobody outside can do: stop the server, or cost a genuine webhook its reply. */
#include "e2e/conversation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MANY = 1000, FLOOD = 64 << 20, SLOW = 300 };

static void send_genuine(struct talk *talk, int number)
{
	char form[120];
	(void)snprintf(form, sizeof(form),
	    "MessageSid=SM%032d&From=%%2B15551230001&To=%%2B15559990000&Body=hi",
	    number);
	talk_expect(talk, "/twilio/sms", form, 200);
}

/* The server's stderr is a pipe that is open, and that nobody reads after the
 * line that says that it is ready. */
TEST(a_log_that_nobody_reads_stops_nothing)
{
	static const char *const wrapper[] = {"sh", "-c",
	    "pipe=$(mktemp -u) && mkfifo \"$pipe\" && exec 3<>\"$pipe\" 4>&2 && "
	    "rm \"$pipe\" && (grep -m1 listening <&3 >&4 &) && exec \"$@\" 2>&3",
	    "sh", NULL};
	struct talk talk;
	talk_start_wrapped(&talk, wrapper);
	for (int i = 0; i < MANY; i++) /* a line each: several times a pipe's 64 kB */
		send_genuine(&talk, i);
	talk_end(&talk); /* and SIGTERM ends it */
}

/* Writes without reading until the server takes no more, or all is written. */
#if defined(__SANITIZE_ADDRESS__) /* it keeps 256 MB of what was freed */
enum { GROWTH_KB = 512 << 10 };
#else
enum { GROWTH_KB = 64 << 10 };
#endif

static size_t flood(int fd, const char *request)
{
	size_t sent = 0, len = strlen(request);
	char *many = malloc(len * 1000);
	for (int i = 0; i < 1000; i++)
		memcpy(many + (size_t)i * len, request, len);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	for (int idle = 0; idle < 50 && sent < FLOOD;) {
		ssize_t n = send(fd, many, len * 1000, MSG_NOSIGNAL);
		idle = n > 0 ? 0 : idle + 1;
		sent += n > 0 ? (size_t)n : 0;
		if (n <= 0)
			(void)usleep(10000);
		if (n < 0 && errno != EAGAIN)
			break;
	}
	free(many);
	return sent;
}

static long memory_kb(const struct talk *talk)
{
	char path[64], line[128];
	long kb = -1;
	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)talk->pid);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		(void)sscanf(line, "VmRSS: %ld", &kb);
	(void)fclose(file);
	return kb;
}

TEST(who_reads_no_replies_is_not_read_from)
{
	struct talk talk;
	talk_start(&talk, NULL);
	send_genuine(&talk, 1);
	long before = memory_kb(&talk);
	int fds[2];
	for (int i = 0; i < 2; i++) {
		fds[i] = talk_connect(talk.address);
		size_t sent = flood(fds[i], "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
		if (sent >= FLOOD)
			fail_msg("the server took %zu bytes", sent);
	}
	send_genuine(&talk, 2);
	assert_true(memory_kb(&talk) - before < GROWTH_KB);
	(void)close(fds[0]);
	(void)close(fds[1]);
	talk_end(&talk);
}

TEST(at_the_limit_of_connections_the_oldest_half_request_goes)
{
	static const char *const few[] = {
	    "--max-connections", "100", "--threads", "1", NULL};
	struct talk talk;
	int fds[SLOW];
	talk_start(&talk, few);
	for (int i = 0; i < SLOW; i++) {
		fds[i] = talk_connect(talk.address);
		talk_send(fds[i], "P", 1);
		if (i % 10 == 9)
			send_genuine(&talk, i);
	}
	send_genuine(&talk, SLOW);
	for (int i = 0; i < SLOW; i++)
		(void)close(fds[i]);
	talk_end(&talk);
}

TEST(a_slow_client_of_the_control_socket_blocks_no_stop)
{
	struct talk talk;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	talk_start(&talk, NULL);
	(void)snprintf(
	    address.sun_path, sizeof(address.sun_path), "%s/control.sock", talk.data);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(send(fd, "{", 1, MSG_NOSIGNAL), 1);
	pid_t pid = fork();
	if (pid ==
	    0) /* a byte, and a byte, and a byte, for as long as somebody listens */
		while (send(fd, " ", 1, MSG_NOSIGNAL) == 1)
			(void)usleep(100000);
	if (pid == 0)
		_exit(0);
	(void)close(fd);
	send_genuine(&talk, 1);
	talk_end(&talk);
}
