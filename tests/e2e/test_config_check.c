/* `config check` says what `serve` would say, and all of it. */
#include "conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/offhook-test-XXXXXX";

static int enter(void **state)
{
	(void)state;
	return mkdtemp(dir) != NULL && chdir(dir) == 0 &&
		       mkdir("templates", 0700) == 0 && mkdir("empty", 0700) == 0
		   ? 0
		   : -1;
}

static int leave(void **state)
{
	char command[96];
	(void)state;
	(void)snprintf(command, sizeof(command), "cd / && rm -rf %s", dir);
	return system(command);
}

TEST_GROUP(enter, leave)

static void save(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(name, 0600), 0);
}

enum { WORDS = 13, TEXTS = 8 };

/* Both commands fail with each of the texts; the check leaves nothing behind. */
static void expect_errors(const char *const *options, const char *const *texts)
{
	static const char *const commands[][2] = {{"config", "check"}, {"serve", NULL}};
	for (size_t c = 0; c < 2; c++) {
		const char *words[WORDS + 3] = {0};
		struct buf out = {0}, err = {0};
		size_t n = 0;
		for (size_t i = 0; i < 2 && commands[c][i] != NULL; i++)
			words[n++] = commands[c][i];
		words[n++] = "--log-format=text";
		for (size_t i = 0; options[i] != NULL; i++)
			words[n++] = options[i];
		int code = talk_run(&out, &err, words);
		for (size_t i = 0; i < TEXTS && texts[i] != NULL; i++)
			if (strstr(buf_text(&err), texts[i]) == NULL)
				fail_msg("%s: no %s in\n%s", words[0], texts[i],
				    buf_text(&err));
		assert_true(code == 1 || (c == 1 && code == 2));
		assert_int_equal(out.len, 0);
		buf_free(&out);
		buf_free(&err);
	}
}

#define EXPECT_ERRORS(texts, ...)                                                      \
	expect_errors((const char *const[]){__VA_ARGS__, NULL}, texts)

/* faults 5.11: all of them, by both commands */
TEST(every_error_is_told_by_the_check_and_by_serve)
{
	static const char *const places[TEXTS] = {
	    "templates: /nope: No such file", "cannot make /proc/x"};
	EXPECT_ERRORS(places, "--templates", "/nope", "--data", "/proc/x",
	    "--log-format", "text", "--listen", "127.0.0.1:0");
	save("wrong.conf", "listen = localhost:http\nadmin = 1\nlisen = :1\nnonsense\n"
			   "max-body = huge\npublic-url = ftp://x\nalert-url = x\n");
	static const char *const settings[TEXTS] = {"wrong.conf:1: listen: the port",
	    "wrong.conf:2: admin:", "did you mean \"listen\"?",
	    "wrong.conf:4: a line reads",
	    "wrong.conf:5: max-body:", "wrong.conf:6: public-url:",
	    "wrong.conf:7: alert-url:", "cannot make /proc/x"};
	EXPECT_ERRORS(settings, "--config", "wrong.conf", "--data", "/proc/x");
	save("templates/sms.xml", "<Response><Mesage/></Response>");
	save("templates/voice.xml", "");
	assert_int_equal(mkdir("templates/voice-fallback.xml", 0700), 0);
	save("file", "");
	static const char *const texts[TEXTS] = {"did you mean <Message>?",
	    "voice.xml is empty", "it is not a file", "file is not a directory",
	    "are the same address"};
	EXPECT_ERRORS(texts, "--templates", "templates", "--data", "file", "--listen",
	    ":45671", "--admin", "127.0.0.1:45671");
	save("empty/offhook.db", "");
	static const char *const damaged[TEXTS] = {
	    "is empty (0 bytes)", "cannot listen on \"nowhere:80\""};
	EXPECT_ERRORS(damaged, "--data", "empty", "--listen", "nowhere:80");
	static const char *const path[TEXTS] = {"use a shorter --data"};
	char longer[200];
	(void)memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	EXPECT_ERRORS(path, "--data", longer, "--listen", "127.0.0.1:0");
}

/* faults 5.11: addresses, and a server that runs */
TEST(beside_its_server_the_check_is_content_and_beside_another_it_is_not)
{
	struct talk talk;
	struct buf out = {0}, err = {0};
	talk_start(&talk, NULL);
	const char *beside[] = {
	    "config", "check", "--data", talk.data, "--listen", talk.address, NULL};
	if (talk_run(&out, &err, beside) != 0)
		fail_msg("%s", buf_text(&err));
	assert_string_equal(buf_text(&out), "ok\n");
	static const char *const taken[TEXTS] = {"(is another server running there?)"};
	EXPECT_ERRORS(taken, "--data", "new", "--listen", talk.address);
	assert_int_equal(access("new", F_OK), -1);
	talk_end(&talk);
	buf_free(&out);
	buf_free(&err);
}

/* faults 5.11: what is right is right, and what does not go together is said */
TEST(a_check_that_finds_nothing_leaves_nothing)
{
	struct buf out = {0}, err = {0};
	const char *words[] = {"config", "check", "--json", "--data", "new", "--listen",
	    "127.0.0.1:0", "--handlers", "90", NULL};
	assert_int_equal(talk_run(&out, &err, words), 0);
	assert_string_equal(buf_text(&out),
	    "{\"ok\":true,\"warnings\":[\"handlers is more than "
	    "max-handlers\"]}\n");
	assert_int_equal(access("new", F_OK), -1);
	words[4] = "/proc/x";
	buf_clear(&out);
	assert_int_equal(talk_run(&out, &err, words), 1);
	assert_non_null(strstr(buf_text(&out), "{\"ok\":false,\"errors\":[\"data: "));
	char command[600];
	(void)snprintf(command, sizeof(command),
	    "env -u TWILIO_AUTH_TOKEN %s config check --data new --listen 127.0.0.1:0 2>&1 "
	    "| grep -q 'export TWILIO_AUTH_TOKEN'",
	    OFFHOOK_BIN);
	assert_int_equal(system(command), 0);
	buf_free(&out);
	buf_free(&err);
}
