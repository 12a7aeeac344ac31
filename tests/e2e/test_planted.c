/* Planted secrets: after everything that a server does, they stand nowhere that somebody
 * else might read. */
#include "conversation.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/text.h"

#define TOKEN "9f3c1b7ae52d84069f3c1b7ae52d8406"
#define SHOP  "planted-shop-key-7Qx"
#define OTHER "planted-other-key-5Zt"

#define SMS(number, body)                                                              \
	"MessageSid=SM" number "&From=%2B15550001&To=%2B15550002&Body=" body

static const char *const planted[] = {TOKEN, SHOP, OTHER};

enum { PLANTED = sizeof(planted) / sizeof(planted[0]) };

/* Neither as it is, nor in Base64. */
static void expect_clean(const char *where, struct span text)
{
	for (size_t i = 0; i < PLANTED; i++) {
		char encoded[128];
		size_t len =
		    text_base64(encoded, planted[i], strlen(planted[i])) / 4 * 4 - 4;
		if (text.len > 0 &&
		    (memmem(text.ptr, text.len, planted[i], strlen(planted[i])) !=
			    NULL ||
			memmem(text.ptr, text.len, encoded, len) != NULL))
			fail_msg("%s has planted secret %zu", where, i);
	}
}

static void expect_file_clean(const char *path)
{
	size_t len;
	char *text = text_read_file(path, 256U << 20, &len);
	if (text == NULL)
		return; /* a socket, or a process that has ended */
	expect_clean(path, (struct span){text, len});
	free(text);
}

static void expect_tree_clean(const char *dir, int *files)
{
	DIR *entries = opendir(dir);
	const struct dirent *entry;
	assert_non_null(entries);
	while ((entry = readdir(entries)) != NULL) {
		char *path = mem_printf("%s/%s", dir, entry->d_name);
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0) {
			if (entry->d_type == DT_DIR)
				expect_tree_clean(path, files);
			else
				expect_file_clean(path);
			(*files)++;
		}
		free(path);
	}
	(void)closedir(entries);
}

/* The process and all that descend from it. */
static void expect_process_clean(pid_t pid, int *processes)
{
	char path[64], children[4096] = "";
	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	expect_file_clean(path);
	(void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	expect_file_clean(path);
	(*processes)++;
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
		for (long child; (child = strtol(rest, &end, 10)) > 0; rest = end)
			expect_process_clean((pid_t)child, processes);
	}
	if (tasks != NULL)
		(void)closedir(tasks);
}

static void set(const struct talk *talk, const char *name, const char *value)
{
	/* The value is in a file: the test's own shell shows no planted word either. */
	char *path = mem_printf("%s.value", talk->dir);
	char *command = mem_printf("%s env set %s --data %s <%s 2>/dev/null",
	    OFFHOOK_BIN, name, talk->data, path);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(value, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(system(command), 0);
	assert_int_equal(unlink(path), 0);
	free(command);
	free(path);
}

static void expect_command_clean(const struct talk *talk, const char *const *words)
{
	struct buf out = {0}, err = {0};
	(void)talk;
	(void)talk_run(&out, &err, words);
	expect_clean(words[0], buf_span(&out));
	expect_clean(words[0], buf_span(&err));
	buf_free(&out);
	buf_free(&err);
}

static int post(const struct talk *talk, const char *token, const char *form)
{
	char signature[64];
	struct buf request = {0};
	struct answer answer;
	talk_signature(signature, token, TALK_URL "/twilio/sms", form);
	talk_request(&request, "/twilio/sms", signature, form);
	talk_once(talk, &answer, &request);
	int status = answer.status;
	expect_clean("a reply", buf_span(&answer.body));
	answer_clear(&answer);
	buf_free(&request);
	return status;
}

TEST(planted_secrets_stand_nowhere)
{
	struct talk talk;
	/* A core file would be written where it was started. */
	static const char *const wrapper[] = {"sh", "-c",
	    "ulimit -c unlimited; unset TWILIO_AUTH_TOKEN; exec \"$@\"", "sh", NULL};
	int files = 0, processes = 0;
	talk_start_program(&talk, APPS_DIR "/secretive", NULL);
	talk_stop(&talk);
	set(&talk, "TWILIO_AUTH_TOKEN", TOKEN);
	set(&talk, "SHOP_KEY", SHOP);
	set(&talk, "OTHER_KEY", OTHER);
	assert_int_equal(chdir(talk.dir), 0);
	talk.wrapper = wrapper;
	talk_again(&talk);

	assert_int_equal(post(&talk, TOKEN, SMS("1", "log")), 200);
	assert_int_equal(post(&talk, TOKEN, SMS("2", "job")), 200);
	assert_int_equal(post(&talk, TOKEN, SMS("3", "crash")), 200);
	assert_int_equal(post(&talk, TOKEN, SMS("4", "NOT_DECLARED")), 200);
	assert_int_equal(post(&talk, "wrong", SMS("5", "log")), 403);
	assert_true(talk_logged(&talk, "key=[secret SHOP_KEY]"));
	assert_true(talk_logged(&talk, "SIGABRT"));
	assert_true(talk_logged(&talk, "webhook refused"));
	set(&talk, "OTHER_KEY", OTHER "-and-more");
	assert_true(talk_logged(&talk, "changed=secrets"));

	expect_process_clean(talk.pid, &processes);
	assert_true(processes >= 3); /* it, handlers, workers */
	expect_command_clean(&talk,
	    (const char *const[]){"events", "--json", "--data", talk.data, NULL});
	expect_command_clean(&talk,
	    (const char *const[]){"env", "list", "--json", "--data", talk.data, NULL});
	expect_command_clean(&talk,
	    (const char *const[]){"config", "--json", "--data", talk.data, NULL});
	expect_command_clean(
	    &talk, (const char *const[]){"jobs", "--json", "--data", talk.data, NULL});
	/* The data directory, the log, and core files, if there are any. */
	assert_int_equal(kill(talk.pid, SIGSEGV), 0);
	talk_kill(&talk);
	expect_tree_clean(talk.dir, &files);
	assert_true(files >= 4);
	assert_int_equal(chdir("/"), 0);
	talk_end(&talk);
}
