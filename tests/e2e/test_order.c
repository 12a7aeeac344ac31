/* Acknowledged means stored: seen from the kernel's side, no reply's bytes are written
 * to a socket before the sync of the log that holds its transaction. */
#include "conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WEBHOOKS = 25 };

/* What the idle writer makes the log's file longer with; a page has a number. */
#define ZEROS "\"\\0\\0\\0\\0\\0\\0\\0\\0"

/* One line of `strace -f -y`: what matters of it. */
enum call { CALL_OTHER, CALL_LOG_WRITE, CALL_SYNC_DONE, CALL_REPLY };

static enum call classify(const char *line)
{
	if (strstr(line, "HTTP/1.1 200") != NULL)
		return CALL_REPLY;
	bool is_sync =
	    strstr(line, "fdatasync") != NULL || strstr(line, "fsync") != NULL;
	if (is_sync && strstr(line, "unfinished") == NULL &&
	    strstr(line, "= 0") != NULL)
		return CALL_SYNC_DONE;
	if (strstr(line, "pwrite64(") != NULL && strstr(line, "-wal>") != NULL)
		return strstr(line, ZEROS) != NULL ? CALL_OTHER : CALL_LOG_WRITE;
	return CALL_OTHER;
}

TEST(no_reply_leaves_before_the_sync_of_its_transaction)
{
	if (system("strace -V >/dev/null 2>&1") != 0)
		fail_msg("strace is missing");
	struct talk talk;
	char trace[] = "/tmp/offhook-trace-XXXXXX";
	int fd = mkstemp(trace);
	assert_true(fd >= 0);
	const char *const wrapper[] = {"strace", "-D", "-f", "-y", "-s", "24", "-o",
	    trace, "-e", "trace=pwrite64,fdatasync,fsync,write,writev,sendto,sendmsg",
	    NULL};
	/* A leak checker cannot run under a tracer. */
	(void)setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	talk_start_wrapped(&talk, wrapper);
	for (int i = 0; i < WEBHOOKS; i++) {
		char form[100];
		(void)snprintf(form, sizeof(form), "MessageSid=SM%d&Body=x", i);
		talk_expect(&talk, "/twilio/sms", form, 200);
	}
	talk_end(&talk);

	FILE *file = fdopen(fd, "r");
	assert_non_null(file);
	char line[2048];
	bool written = false;
	bool synced = false;
	int replies = 0;
	while (fgets(line, sizeof(line), file) != NULL) {
		switch (classify(line)) {
		case CALL_LOG_WRITE:
			written = true;
			synced = false;
			break;
		case CALL_SYNC_DONE:
			synced = written;
			break;
		case CALL_REPLY:
			if (!written || !synced)
				fail_msg(
				    "reply %d left before its sync: %s", replies, line);
			written = synced = false;
			replies++;
			break;
		case CALL_OTHER:
			break;
		}
	}
	(void)fclose(file);
	(void)unlink(trace);
	assert_int_equal(replies, WEBHOOKS);
}
