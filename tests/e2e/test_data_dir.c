/* The data directory: moved away under a server. */
#include "conversation.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/text.h"

static const char *const with_admin[] = {"--admin", "127.0.0.1:0", NULL};

enum { PATIENCE = 500 }; /* times 20 ms */

/* A shell command, in which D is the data directory. */
static bool in_shell(const struct talk *talk, const char *command)
{
	char line[400];
	(void)snprintf(line, sizeof(line), "D=%s; %s", talk->data, command);
	return system(line) == 0;
}

static void find_admin(struct talk *talk)
{
	for (int i = 0; i < PATIENCE && !talk_find_admin(talk); i++)
		(void)usleep(20000);
}

static void start(struct talk *talk)
{
	talk_start(talk, with_admin);
	find_admin(talk);
}

/* What /readyz says; the caller's. */
static int ready(const struct talk *talk, struct answer *answer)
{
	const char *request =
	    "GET /readyz HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n";
	int fd = talk_connect(talk->admin);
	talk_send(fd, request, strlen(request));
	talk_receive(fd, answer);
	(void)close(fd);
	return answer->status;
}

/* Waits for that status of /readyz; its text must have `words`. */
static void await_ready(const struct talk *talk, int status, const char *words)
{
	struct answer answer;
	for (int i = 0; ready(talk, &answer) != status && i < PATIENCE; i++) {
		answer_clear(&answer);
		(void)usleep(20000);
	}
	assert_int_equal(answer.status, status);
	if (strstr(answer.body.ptr, words) == NULL)
		fail_msg("no \"%s\" in %s", words, answer.body.ptr);
	answer_clear(&answer);
}

static size_t count_logged(const struct talk *talk, const char *text)
{
	size_t len, count = 0;
	char *log = text_read_file(talk->log, 8U << 20, &len);
	assert_non_null(log);
	for (const char *at = log; (at = strstr(at, text)) != NULL; at++)
		count++;
	free(log);
	return count;
}

/* At once, so that nobody sees it gone: an empty directory in its place, or it again. */
static bool exchange(const struct talk *talk)
{
	char other[200];
	(void)snprintf(other, sizeof(other), "%s.x", talk->data);
	(void)mkdir(other, 0700);
	return renameat2(AT_FDCWD, talk->data, AT_FDCWD, other, RENAME_EXCHANGE) == 0;
}

static const struct {
	const char *away, *back; /* shell commands; NULL: exchange */
	const char *words;
} moves[] = {
    {"mv $D $D.x", "mv $D.x $D", "data is gone"},
    {NULL, NULL, "data is not the one"},
    {"mv $D/offhook.db-wal $D/x", "mv $D/x $D/offhook.db-wal", "offhook.db-wal is"},
    {"mount -t tmpfs tmpfs $D 2>/dev/null", "umount -l $D", "data is not the one"},
};

/* faults 4.3: moved away and put back */
TEST(what_was_moved_away_is_missed_and_known_again)
{
	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		struct talk talk;
		start(&talk);
		talk_expect(&talk, "/twilio/sms", "MessageSid=SM1&Body=a", 200);
		if (moves[i].away == NULL ? exchange(&talk)
					  : in_shell(&talk, moves[i].away)) {
			await_ready(&talk, 503, moves[i].words);
			talk_expect(&talk, "/twilio/sms", "MessageSid=SM2&Body=a", 503);
			talk_expect(&talk, "/twilio/sms", "MessageSid=SM1&Body=a", 503);
			talk_expect(&talk, "/twilio/sms", "MessageSid=SM2&Body=a", 503);
			assert_int_equal(count_logged(&talk, "nothing can be"), 1);
			assert_true(talk_logged(&talk, moves[i].words));
			assert_true(moves[i].back == NULL
					? exchange(&talk)
					: in_shell(&talk, moves[i].back));
			await_ready(&talk, 200, "ready");
			assert_true(talk_logged(&talk, "storing works again"));
		}
		talk_expect(&talk, "/twilio/sms", "MessageSid=SM1&Body=a", 200);
		talk_expect(&talk, "/twilio/sms", "MessageSid=SM2&Body=a", 200);
		talk_kill(&talk);
		json_t *events = talk_events(&talk);
		assert_int_equal(json_array_size(events), 2);
		json_decref(events);
		talk_end(&talk);
	}
}

/* faults 4.3: removed, and asked at once */
TEST(nothing_is_acknowledged_once_the_directory_is_removed)
{
	struct talk talk;
	start(&talk);
	talk_expect(&talk, "/twilio/sms", "MessageSid=SM1&Body=a", 200);
	assert_true(in_shell(&talk, "rm -rf $D"));
	talk_expect(&talk, "/twilio/sms", "MessageSid=SM2&Body=a", 503);
	talk_expect(&talk, "/twilio/sms", "MessageSid=SM1&Body=a", 503);
	await_ready(&talk, 503, "data is gone");
	assert_int_equal(count_logged(&talk, "nothing can be stored"), 1);
	talk_end(&talk);
}

/* faults 4.5: said when it is new, and refused when it is what a restore has left */
TEST(a_new_store_is_said_to_be_and_an_empty_file_is_none)
{
	struct talk talk;
	struct buf err = {0};
	talk_start(&talk, NULL);
	assert_int_equal(count_logged(&talk, "new store made in "), 1);
	assert_true(talk_logged(&talk, talk.data));
	talk_stop(&talk);
	talk_again(&talk);
	talk_expect(&talk, "/twilio/sms", "MessageSid=SM1&Body=a", 200);
	assert_int_equal(count_logged(&talk, "new store made in "), 0);
	talk_stop(&talk);
	assert_true(in_shell(&talk, ": > $D/offhook.db"));
	const char *const serve[] = {
	    "serve", "--listen", "127.0.0.1:0", "--data", talk.data, NULL};
	assert_int_equal(talk_run(NULL, &err, serve), 1);
	assert_non_null(strstr(buf_text(&err), "offhook.db is empty"));
	buf_clear(&err);
	const char *const query[] = {"events", "--data", talk.data, NULL};
	assert_int_equal(talk_run(NULL, &err, query), 1);
	assert_non_null(strstr(buf_text(&err), "offhook.db is empty"));
	buf_free(&err);
	talk_end(&talk);
}

/* faults 4.6: no file of a running server is open to others, whatever the umask */
TEST(others_cannot_open_what_is_stored)
{
	static const char find[] = "test -z \"$(find $D -perm /077)\"";
	struct talk talk;
	mode_t mask = umask(0);
	start(&talk);
	(void)umask(mask);
	talk_expect(&talk, "/twilio/sms", "MessageSid=SM1&Body=a", 200);
	assert_true(in_shell(&talk, find));
	talk_stop(&talk);
	assert_true(in_shell(&talk, "chmod 755 $D; chmod 644 $D/*"));
	talk_again(&talk);
	assert_true(talk_logged(&talk, "other users could open"));
	assert_true(in_shell(&talk, find));
	talk_expect(&talk, "/twilio/sms", "MessageSid=SM1&Body=a", 200);
	talk_end(&talk);
}

static void post_large(const struct talk *talk, int number)
{
	struct buf form = {0};
	buf_printf(&form, "MessageSid=SM%032x&Body=", (unsigned)number);
	for (int i = 0; i < 1000; i++)
		buf_puts(&form, "0123456789012345678901234567890123456789");
	talk_expect(talk, "/twilio/sms", buf_text(&form), 200);
	buf_free(&form);
}

/* faults 4.7: the database cannot grow, while its log still can */
TEST(a_checkpoint_that_fails_is_logged_once_and_readyz_tells)
{
	struct talk talk;
	struct stat st;
	char path[160];
	int number = 0;
	start(&talk);
	while (number < 150)
		post_large(&talk, number++);
	talk_stop(&talk);
	talk_again(&talk);
	find_admin(&talk);
	(void)snprintf(path, sizeof(path), "%s/offhook.db", talk.data);
	assert_int_equal(stat(path, &st), 0);
	struct rlimit limit = {(rlim_t)st.st_size, RLIM_INFINITY};
	assert_int_equal(prlimit(talk.pid, RLIMIT_FSIZE, &limit, NULL), 0);
	while (number < 260)
		post_large(&talk, number++);
	await_ready(&talk, 503, "offhook.db");
	post_large(&talk, number++);
	limit.rlim_cur = RLIM_INFINITY;
	assert_int_equal(prlimit(talk.pid, RLIMIT_FSIZE, &limit, NULL), 0);
	await_ready(&talk, 200, "ready");
	assert_true(talk_logged(&talk, "the store's log is written back again"));
	assert_int_equal(count_logged(&talk, "cannot be written back"), 1);
	talk_end(&talk);
}
