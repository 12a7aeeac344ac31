/* Settings that change while the server runs: SIGHUP, `offhook reload`. */
#include "talk_jobs.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/text.h"

#define ACCOUNT "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OLD     "00000000000000000000000000000000"
#define NEW     "11111111111111111111111111111111"
#define LOAD    "3000"

struct served {
	struct talk talk;
	char conf[80];
	const char *extra[3];
};

static void save(const struct served *served, const char *text)
{
	char beside[96];
	(void)snprintf(beside, sizeof(beside), "%s.new", served->conf);
	FILE *file = fopen(beside, "w");
	assert_non_null(file);
	assert_int_equal(chmod(beside, 0600), 0);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(beside, served->conf), 0);
}

/* With a file of settings, which is outside of the directory that talk_end removes. */
static void begin(struct served *served, const char *program, const char *text)
{
	(void)snprintf(served->conf, sizeof(served->conf), "/tmp/offhook-conf-XXXXXX");
	int fd = mkstemp(served->conf);
	assert_true(fd >= 0);
	(void)close(fd);
	save(served, text);
	served->extra[0] = "--config";
	served->extra[1] = served->conf;
	served->extra[2] = NULL;
	talk_start_program(&served->talk, program, served->extra);
}

static void end(struct served *served)
{
	talk_end(&served->talk);
	(void)unlink(served->conf);
}

static size_t times(const struct talk *talk, const char *text)
{
	size_t len, count = 0;
	char *log = text_read_file(talk->log, 8U << 20, &len);
	for (const char *at = log; (at = strstr(at, text)) != NULL; at++)
		count++;
	free(log);
	return count;
}

/* Sends SIGHUP and waits until the log has that text once more. */
static void reload(const struct served *served, const char *text)
{
	size_t before = times(&served->talk, text);
	assert_int_equal(kill(served->talk.pid, SIGHUP), 0);
	for (int waited = 0; times(&served->talk, text) == before; waited += 10) {
		if (waited > 20000)
			fail_msg("not logged: %s", text);
		(void)usleep(10000);
	}
}

static int post_as(const struct served *served, const char *token, int number)
{
	char form[200], signature[64];
	struct buf request = {0};
	struct answer answer;
	(void)snprintf(form, sizeof(form),
	    "MessageSid=SM%s%d&From=%%2B1&Body=hi&AccountSid=" ACCOUNT, token, number);
	talk_signature(signature, token, TALK_URL "/twilio/sms", form);
	talk_request(&request, "/twilio/sms", signature, form);
	talk_once(&served->talk, &answer, &request);
	int status = answer.status;
	answer_clear(&answer);
	buf_free(&request);
	return status;
}

/* faults 5.2: tokens are rotated without a restart */
TEST(rotated_tokens_count_after_sighup)
{
	struct served served;
	begin(&served, NULL, "auth-tokens = " ACCOUNT ":" OLD "\n");
	assert_int_equal(post_as(&served, OLD, 1), 200);
	assert_int_equal(post_as(&served, NEW, 1), 403);
	save(&served, "auth-tokens = " ACCOUNT ":" OLD "," ACCOUNT ":" NEW "\n");
	reload(&served, "settings reloaded changed=auth-tokens");
	assert_int_equal(post_as(&served, OLD, 2), 200);
	assert_int_equal(post_as(&served, NEW, 2), 200);
	save(&served, "auth-tokens = " ACCOUNT ":" NEW "\n");
	reload(&served, "settings reloaded changed=auth-tokens");
	assert_int_equal(post_as(&served, OLD, 3), 403);
	assert_int_equal(post_as(&served, NEW, 3), 200);
	reload(&served, "settings reloaded: nothing has changed");
	assert_int_equal(times(&served.talk, OLD), times(&served.talk, "SM" OLD));
	end(&served);
}

/* faults 5.2: what is wrong changes nothing, what cannot change is named */
TEST(a_broken_file_keeps_the_old_settings)
{
	struct served served;
	begin(&served, NULL, "auth-tokens = " ACCOUNT ":" OLD "\n");
	save(&served, "auth-tokens = " ACCOUNT ":" NEW "\nlog-levle = debug\n");
	reload(&served, "settings not reloaded; the old ones stay");
	assert_true(talk_logged(&served.talk, "did you mean"));
	assert_int_equal(post_as(&served, OLD, 1), 200);
	save(&served, "auth-tokens = nonsense\n");
	reload(&served, "settings not reloaded; the old ones stay");
	assert_int_equal(times(&served.talk, "nonsense"), 0);
	assert_int_equal(chmod(served.conf, 0644), 0);
	reload(&served, "settings not reloaded; the old ones stay");
	assert_int_equal(unlink(served.conf), 0);
	reload(&served, "settings not reloaded; the old ones stay");
	assert_int_equal(post_as(&served, OLD, 2), 200);
	save(&served, "auth-tokens = " ACCOUNT ":" OLD
		      "\nlog-level = debug\nmax-body = 2k\nthreads = 3\n");
	reload(&served,
	    "settings reloaded changed=log-level restart_needed=\"threads, max-body\"");
	assert_int_equal(post_as(&served, OLD, 3), 200);
	assert_true(talk_logged(&served.talk, "step=send"));
	end(&served);
}

static pid_t start_load(const struct talk *talk)
{
	pid_t pid = fork();
	if (pid == 0) {
		(void)setenv("TWILIO_AUTH_TOKEN", TALK_TOKEN, 1);
		(void)!freopen("/dev/null", "w", stdout);
		(void)!freopen("/dev/null", "w", stderr);
		execl(OFFHOOK_BIN, "offhook", "send", "sms", "--url",
		    TALK_URL "/twilio/sms", "--connect", talk->address, "--fresh",
		    "--repeat", LOAD, "--parallel", "4", (char *)NULL);
		_exit(127);
	}
	return pid;
}

/* faults 5.2 */
TEST(a_reload_under_load_loses_nothing)
{
	struct served served;
	int status, turns = 0;
	begin(&served, NULL, "log-level = warn\n");
	pid_t load = start_load(&served.talk);
	while (waitpid(load, &status, WNOHANG) == 0) {
		save(&served,
		    turns % 2 == 0
			? "log-level = warn\nauth-tokens = " ACCOUNT ":" NEW "\n"
			: "log-level = info\nauth-tokens = " ACCOUNT ":" OLD "\n");
		(void)kill(served.talk.pid, SIGHUP);
		(void)usleep(5000);
		turns++;
	}
	assert_int_equal(status, 0);
	assert_true(turns > 1);
	assert_true(times(&served.talk, "settings reloaded") > 0);
	assert_int_equal(talk_count(&served.talk, "sms_messages", "{}"), 3000);
	talk_stop(&served.talk);
	end(&served);
}

/* faults 5.2 */
TEST(alerts_can_be_switched_on)
{
	struct served served;
	char text[200], path[100];
	begin(&served, NULL, "alert-delay = 0\n");
	(void)snprintf(path, sizeof(path), "%s.alert", served.conf);
	(void)snprintf(
	    text, sizeof(text), "alert-delay = 0\nalert-command = cat >%s\n", path);
	save(&served, text);
	reload(&served, "settings reloaded changed=alert-command");
	talk_expect(&served.talk, "/twilio/status",
	    "MessageSid=SM1&MessageStatus=failed&To=%2B1", 204);
	talk_await(&served.talk, "offhook.alerts", "done", 1);
	assert_int_equal(unlink(path), 0);
	end(&served);
}

/* faults 5.2: no process of the server's ends */
TEST(signals_end_no_process)
{
	struct served served;
	char path[96], children[400] = "";
	begin(&served, APPS_DIR "/rogue", "log-level = debug\n");
	/* Handler processes are the children of the server's pool thread. */
	(void)snprintf(path, sizeof(path),
	    "cat /proc/%d/task/*/children | tr '\\n' ' '", (int)served.talk.pid);
	for (int round = 0; round < 2; round++) {
		FILE *pipe = popen(path, "r");
		char now[400] = "";
		assert_non_null(pipe);
		(void)!fgets(now, sizeof(now), pipe);
		(void)pclose(pipe);
		assert_true(strlen(now) > 0);
		/* More may have been starting. */
		if (strncmp(now, children, strlen(children)) != 0)
			fail_msg("%s: %s", children, now);
		(void)snprintf(children, sizeof(children), "%s", now);
		for (char *at = now, *next; (next = strtok(at, " ")) != NULL;
		     at = NULL) {
			(void)kill((pid_t)strtol(next, NULL, 10), SIGHUP);
			(void)kill((pid_t)strtol(next, NULL, 10), SIGUSR1);
		}
		assert_int_equal(kill(served.talk.pid, SIGUSR1), 0);
		assert_true(
		    talk_logged(&served.talk, "SIGUSR1: the log goes to stderr"));
		talk_expect(&served.talk, "/sms",
		    round == 0 ? "MessageSid=SM1&Body=hi" : "MessageSid=SM2&Body=hi",
		    200);
	}
	end(&served);
}

/* faults 5.2: the same as a command, with its result */
TEST(the_command_says_what_changed)
{
	struct served served;
	begin(&served, NULL, "log-level = info\n");
	const char *const words[] = {
	    "reload", "--data", served.talk.data, "--json", NULL};
	const char *const plain[] = {"reload", "--data", served.talk.data, NULL};
	struct buf out = {0}, err = {0};
	save(&served, "log-level = warn\nmax-body = 2k\n");
	assert_int_equal(talk_run(&out, NULL, words), 0);
	assert_string_equal(buf_text(&out),
	    "{\"changed\":[\"log-level\"],\"restart\":[\"max-body\"]}\n");
	save(&served, "log-level = info\n");
	assert_int_equal(talk_run(NULL, &err, plain), 0);
	assert_string_equal(buf_text(&err), "changed: log-level\n");
	buf_clear(&err);
	save(&served, "log-level = loud\n");
	assert_int_equal(talk_run(NULL, &err, plain), 1);
	assert_non_null(strstr(buf_text(&err), "\"loud\" is not one of"));
	talk_stop(&served.talk);
	buf_clear(&err);
	assert_int_equal(talk_run(NULL, &err, plain), 1);
	assert_non_null(strstr(buf_text(&err), "no server runs"));
	buf_free(&out);
	buf_free(&err);
	end(&served);
}

TEST_GROUP(NULL, NULL)
