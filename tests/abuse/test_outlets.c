/* What goes out of the server, and nobody takes: replies, the log, answers to commands. */
#include "abuse.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FLOODERS = 4, PART = 1000, MOST = 64 << 20, IDLE = 50, SLOW = 10, LINES = 500 };

/* faults 3.1: it writes until the server takes no more. */
static void flood(struct abuse *abuse, const char *request, size_t most)
{
	struct buf part = {0};
	int fds[FLOODERS];
	size_t sent = 0;
	for (int i = 0; i < PART; i++)
		buf_puts(&part, request);
	for (int i = 0; i < FLOODERS; i++)
		fds[i] = abuse_connect(abuse);
	int idle = 0;
	for (int round = 0; abuse_goes_on(abuse, &round, 1) || idle < IDLE;) {
		size_t before = sent;
		for (int i = 0; i < FLOODERS; i++) {
			ssize_t n = send(fds[i], part.ptr, part.len, MSG_NOSIGNAL);
			sent += n > 0 ? (size_t)n : 0;
		}
		idle = sent > before ? 0 : idle + 1;
		if (sent > most)
			fail_msg("the server took %zu bytes of it", sent);
		if (idle > 0)
			(void)usleep(10000);
	}
	abuse_close_all(fds, FLOODERS);
	buf_free(&part);
}

TEST(who_reads_no_replies_is_not_read_from)
{
	struct abuse abuse;
	struct buf refused = {0};
	abuse_open(&abuse, NULL);
	flood(&abuse, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n", MOST);
	talk_request(&refused, "/twilio/sms",
	    "X-Twilio-Signature: RSOYDt4T1cUTdK1PDd93/VVr8B8=\r\n", "Body=hi");
	flood(&abuse, buf_text(&refused), MOST);
	buf_free(&refused);
	abuse_close(&abuse);
}

/* faults 3.4: the server's stderr is a pipe that is open, and that nobody reads after the
 * line that says that it is ready. */
TEST(a_log_that_nobody_reads_stops_nothing)
{
	static const char *const wrapper[] = {"sh", "-c",
	    "pipe=$(mktemp -u) && mkfifo \"$pipe\" && exec 3<>\"$pipe\" 4>&2 && "
	    "rm \"$pipe\" && (grep -m1 listening <&3 >&4 &) && exec \"$@\" 2>&3",
	    "sh", NULL};
	struct abuse abuse;
	abuse_open_wrapped(&abuse, wrapper);
	/* A line each: more than a pipe has room for. */
	for (int round = 0;
	     abuse_goes_on(&abuse, &round, 1) || atomic_load(&abuse.answered) < LINES;)
		(void)usleep(10000);
	abuse_close(&abuse); /* and SIGTERM ends it */
}

/* faults 3.7: a byte, and a byte, and a byte, for as long as somebody listens */
TEST(slow_clients_of_the_control_socket_block_no_command_and_no_stop)
{
	struct abuse abuse;
	int fds[SLOW];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	abuse_open(&abuse, NULL);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/control.sock",
	    abuse.talk.data);
	for (int i = 0; i < SLOW; i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(
		    connect(fds[i], (const struct sockaddr *)&address, sizeof(address)),
		    0);
		assert_true(abuse_puts(fds[i], "{"));
	}
	pid_t dripper = fork();
	while (dripper == 0) {
		for (int i = 0; i < SLOW; i++)
			(void)abuse_puts(fds[i], " ");
		(void)usleep(100000);
		if (getppid() == 1)
			_exit(0);
	}
	abuse_close_all(fds, SLOW);
	for (int round = 0; abuse_goes_on(&abuse, &round, 1);)
		(void)usleep(10000);
	abuse_close(&abuse);
	(void)kill(dripper, SIGKILL);
}
