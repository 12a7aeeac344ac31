#include "cli/prompt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

enum { LINE_MAX_LEN = 2048 };

bool prompt_possible(void)
{
	return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

int prompt_read(struct buf *out, size_t max, bool typed)
{
	buf_reserve(out, max + 1); /* it never moves */
	while (out->len < max) {
		ssize_t n = read(STDIN_FILENO, out->ptr + out->len, max - out->len);
		if (n < 0)
			return -1;
		out->len += (size_t)n;
		out->ptr[out->len] = '\0';
		if (n == 0 || (typed && out->ptr[out->len - 1] == '\n'))
			break;
	}
	return 0;
}

int prompt_line(struct buf *out, const char *question)
{
	struct buf typed = {0};
	(void)fprintf(stderr, "%s", question);
	int rc = prompt_read(&typed, LINE_MAX_LEN, true);
	if (rc == 0 && typed.len == 0)
		rc = -1;
	buf_put(out, span_trim(buf_span(&typed)));
	buf_free(&typed);
	return rc;
}

bool prompt_yes(const char *question, bool usual)
{
	struct buf answer = {0};
	int rc = prompt_line(&answer, question);
	bool yes =
	    rc == 0 && (answer.len == 0 ? usual
					: strcasecmp(answer.ptr, "y") == 0 ||
					      strcasecmp(answer.ptr, "yes") == 0);
	buf_free(&answer);
	return yes;
}

static void prompt_interrupted(int signal)
{
	(void)signal; /* ppoll() ends */
}

/* Until a line was typed. A signal that comes before it waits is not lost: the signal is
 * blocked but while it waits. */
static int prompt_wait(const sigset_t *waiting)
{
	struct pollfd typed = {.fd = STDIN_FILENO, .events = POLLIN};
	return ppoll(&typed, 1, NULL, waiting) == 1 ? 0 : -1;
}

int prompt_secret(struct buf *out, const char *name, size_t max, struct error *err)
{
	struct termios shown, hidden;
	struct sigaction before, ours = {.sa_handler = prompt_interrupted};
	sigset_t interrupt, outside;
	if (tcgetattr(STDIN_FILENO, &shown) < 0)
		return error_set(err, "standard input: %s", strerror(errno));
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	(void)sigemptyset(&interrupt);
	(void)sigaddset(&interrupt, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &interrupt, &outside);
	(void)sigaction(SIGINT, &ours, &before);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	(void)fprintf(stderr, "%s (what you type is not shown): ", name);
	int rc = prompt_wait(&outside) == 0 ? prompt_read(out, max, true) : -1;
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	(void)sigaction(SIGINT, &before, NULL);
	(void)sigprocmask(SIG_SETMASK, &outside, NULL);
	(void)fputc('\n', stderr);
	return rc < 0 ? error_set(err, "interrupted; nothing is stored") : 0;
}
