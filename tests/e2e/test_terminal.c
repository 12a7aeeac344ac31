/* What strangers sent, on a terminal: nothing in it reaches the terminal as a command. */
#include "conversation.h"

#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, WORDS = 10 };

TEST_GROUP(talk_setup, talk_teardown)

/* Of a body: ESC, U+009B, U+202E, U+200B, DEL, a line end. */
#define NASTY "%1B%5B2J%C2%9B31m%E2%80%AEevil%E2%80%8B%7F%0Aline"

/* Runs `offhook …` at a terminal; all that it shows. */
static struct buf shown(const char *const *words)
{
	struct buf out = {0};
	int fd, status;
	pid_t pid = forkpty(&fd, NULL, NULL, NULL);
	assert_true(pid >= 0);
	if (pid == 0) {
		const char *argv[WORDS + 2] = {OFFHOOK_BIN};
		for (size_t i = 0; words[i] != NULL; i++)
			argv[i + 1] = words[i];
		(void)setenv("TERM", "dumb", 1);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	for (;;) {
		char bytes[4096];
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		if (poll(&ready, 1, PATIENCE_MS) != 1)
			fail_msg("it does not end: %s", buf_text(&out));
		ssize_t n = read(fd, bytes, sizeof(bytes));
		if (n <= 0)
			break;
		buf_add(&out, bytes, (size_t)n);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)close(fd);
	return out;
}

/* faults 5.14: every command that shows what came in */
TEST(nothing_of_a_stranger_commands_the_terminal)
{
	const struct talk *talk = *state;
	static const char *const bad[] = {
	    "\033", "\xc2\x9b", "\xe2\x80\xae", "\xe2\x80\x8b", "\x7f"};
	talk_expect(talk, "/twilio/sms",
	    "MessageSid=SM000000000000000000000000000000e1&From=%2B15551234567"
	    "&To=%2B15559876543&Body=" NASTY "&X" NASTY "=1",
	    200);
	const char *const commands[][WORDS] = {
	    {"events", "--data", talk->data},
	    {"events", "--json", "--data", talk->data},
	    {"events", "show", "1", "--data", talk->data},
	    {"events", "show", "1", "--json", "--data", talk->data},
	    {"query", "sms_messages", "--data", talk->data},
	    {"query", "sms_messages", "--json", "--data", talk->data},
	    {"export", "sms_messages", "--format", "csv", "--data", talk->data},
	    {"export", "events", "--format", "csv", "--data", talk->data},
	    {"export", "events", "--data", talk->data},
	};
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct buf out = shown(commands[i]);
		for (size_t n = 0; n < sizeof(bad) / sizeof(bad[0]); n++)
			if (strstr(buf_text(&out), bad[n]) != NULL)
				fail_msg("command %zu: %s", i, buf_text(&out));
		if (strstr(buf_text(&out), "evil") == NULL)
			fail_msg("command %zu: %s", i, buf_text(&out));
		buf_free(&out);
	}
	/* Also what the user typed, which may be pasted. */
	struct buf out = shown((const char *const[]){"ev\033[2Jil\xc2\x9b", NULL});
	assert_null(strchr(buf_text(&out), '\033'));
	buf_free(&out);
	out = shown(
	    (const char *const[]){"query", "no\033[2J", "--data", talk->data, NULL});
	assert_non_null(strstr(buf_text(&out), "no\\x1b[2J"));
	buf_free(&out);
}

/* faults 5.14: programs get the data as it is */
TEST(a_pipe_gets_exactly_what_was_sent)
{
	const struct talk *talk = *state;
	static const char body[] = "\033[2J\xc2\x9b"
				   "31m\xe2\x80\xae"
				   "evil\xe2\x80\x8b\x7f\nline";
	assert_string_equal(talk_field(talk, "sms_messages", "{}", "body"), body);
	struct buf out = {0};
	const char *csv[] = {
	    "export", "sms_messages", "--format", "csv", "--data", talk->data, NULL};
	assert_int_equal(talk_run(&out, NULL, csv), 0);
	assert_non_null(strstr(buf_text(&out), body));
	buf_free(&out);
}
