/* offhook dev: an app that changes while it answers. */
#include "conversation.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/text.h"

#define LOAD "3000"

#define SMS(n)                                                                         \
	"MessageSid=SM0000000000000000000000000000000" n                               \
	"&From=%2B15551234567&To=%2B15559876543&NumMedia=0&Body=Hi"                    \
	"&AccountSid=ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

#define SLOW_SMS(n)                                                                    \
	"MessageSid=SM0000000000000000000000000000000" n                               \
	"&From=%2B15551234567&To=%2B15559876543&NumMedia=0&Body=1500"

struct project {
	char dir[64];
	const char *extra[4]; /* of the command line */
};

/* ---- the source ---- */

/* Saved as many editors do: written beside it, then renamed over it. */
static void save(const struct project *project, const char *text)
{
	char path[96];
	char beside[96];
	(void)snprintf(path, sizeof(path), "%s/app.c", project->dir);
	(void)snprintf(beside, sizeof(beside), "%s/.app.c.swp", project->dir);
	FILE *file = fopen(beside, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(beside, path), 0);
}

/* An app that answers with that text, and has more routes before its own. */
static void save_app(
    const struct project *project, const char *answer, const char *more)
{
	struct buf text = {0};
	buf_printf(&text,
	    "#include <offhook.h>\n"
	    "static int on_other(oh_event *event, oh_twiml *reply)\n"
	    "{\n"
	    "	(void)event;\n"
	    "	oh_message(reply, \"the other route\");\n"
	    "	return OH_OK;\n"
	    "}\n"
	    "static int on_sms(oh_event *event, oh_twiml *reply)\n"
	    "{\n"
	    "	oh_insert(event, \"runs\", json_pack(\"{s:s}\", \"sid\", oh_sid(event)));\n"
	    "	oh_message(reply, \"%s\");\n"
	    "	return OH_OK;\n"
	    "}\n"
	    "int main(int argc, char **argv)\n"
	    "{\n"
	    "	static const oh_route routes[] = {%s\n"
	    "	    {OH_MESSAGE, \"/last\", on_other},\n"
	    "	    {OH_MESSAGE, \"/twilio/sms\", on_sms}, {0}};\n"
	    "	return oh_main(argc, argv, &(oh_app){.routes = routes});\n"
	    "}\n",
	    answer, more);
	save(project, buf_text(&text));
	buf_free(&text);
}

static void begin(struct project *project, struct talk *talk)
{
	*project = (struct project){.dir = "/tmp/offhook-test-XXXXXX"};
	(void)setenv("PKG_CONFIG_PATH", PKGCONFIG_DIR, 1);
	(void)setenv("CC", C_COMPILER, 1);
	assert_non_null(mkdtemp(project->dir));
	save_app(project, "first", "");
	project->extra[0] = project->dir;
	talk_start_dev(talk, project->extra);
}

static void end(const struct project *project, struct talk *talk)
{
	char command[96];
	talk_end(talk);
	(void)snprintf(command, sizeof(command), "rm -rf %s", project->dir);
	assert_int_equal(system(command), 0);
}

/* ---- a load beside it ---- */

static pid_t start_load(const struct talk *talk)
{
	pid_t pid = fork();
	if (pid == 0) {
		(void)setenv("TWILIO_AUTH_TOKEN", TALK_TOKEN, 1);
		(void)!freopen("/dev/null", "w", stdout);
		(void)!freopen("/dev/null", "w", stderr);
		execl(OFFHOOK_BIN, "offhook", "send", "sms", "--url", TALK_URL,
		    "--connect", talk->address, "--fresh", "--repeat", LOAD,
		    "--parallel", "4", (char *)NULL);
		_exit(127);
	}
	return pid;
}

static bool is_running(pid_t pid, int *status)
{
	return waitpid(pid, status, WNOHANG) == 0;
}

/* ---- tests ---- */

TEST(saved_code_answers_and_the_old_does_not)
{
	struct project project;
	struct talk talk;
	begin(&project, &talk);
	talk_expect_text(&talk, "/twilio/sms", SMS("1"), "<Message>first</Message>");
	assert_true(talk_logged(&talk, "│ first"));
	save_app(&project, "second", "");
	assert_true(talk_logged(&talk, "swapped in"));
	talk_expect_text(&talk, "/twilio/sms", SMS("2"), "<Message>second</Message>");
	/* Still the same event. */
	talk_expect_text(&talk, "/twilio/sms", SMS("1"), "<Message>first</Message>");
	end(&project, &talk);
}

TEST(code_that_does_not_compile_is_told_and_not_taken)
{
	struct project project;
	struct talk talk;
	begin(&project, &talk);
	save_app(&project, "second\", .voise = \"alice", "");
	assert_true(talk_logged(&talk, "app.c:11: error:"));
	assert_true(talk_logged(&talk, "the old code goes on answering"));
	talk_expect_text(&talk, "/twilio/sms", SMS("1"), "<Message>first</Message>");
	save_app(&project, "mended", "");
	assert_true(talk_logged(&talk, "swapped in"));
	talk_expect_text(&talk, "/twilio/sms", SMS("2"), "<Message>mended</Message>");
	end(&project, &talk);
}

TEST(code_that_does_not_start_is_not_taken)
{
	struct project project;
	struct talk talk;
	begin(&project, &talk);
	save(&project, "int main(void)\n{\n\treturn 3;\n}\n");
	assert_true(talk_logged(&talk, "the new code was not taken"));
	talk_expect_text(&talk, "/twilio/sms", SMS("1"), "<Message>first</Message>");
	end(&project, &talk);
}

TEST(routes_come_and_go_with_the_code)
{
	struct project project;
	struct talk talk;
	begin(&project, &talk);
	talk_expect(&talk, "/new", SMS("1"), 404);
	save_app(&project, "second", "{OH_MESSAGE, \"/new\", on_other},");
	assert_true(talk_logged(&talk, "swapped in"));
	talk_expect_text(&talk, "/new", SMS("1"), "the other route");
	talk_expect_text(&talk, "/twilio/sms", SMS("2"), "<Message>second</Message>");
	end(&project, &talk);
}

/* The new code has another route first: a webhook must not reach the route that now
 * stands where its own did. */
TEST(no_webhook_is_lost_or_misled_while_code_is_swapped_under_load)
{
	struct project project;
	struct talk talk;
	int status = -1;
	int swaps = 0;
	begin(&project, &talk);
	pid_t load = start_load(&talk);
	while (is_running(load, &status)) {
		swaps++;
		save_app(&project, swaps % 2 == 0 ? "even" : "odd",
		    swaps % 2 == 0 ? "" : "{OH_MESSAGE, \"/new\", on_other},");
		(void)usleep(300000);
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(talk_logged(&talk, "swapped in"));
	assert_int_equal(talk_count(&talk, "runs", "{}"), strtol(LOAD, NULL, 10));
	end(&project, &talk);
}

static void save_beside(
    const struct project *project, const char *name, const char *text)
{
	char path[96];
	(void)snprintf(path, sizeof(path), "%s/%s", project->dir, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* Waits until the log has the line so often. */
static void wait_logged(const struct talk *talk, const char *line, int wanted)
{
	for (int waited_ms = 0; waited_ms < 20000; waited_ms += 20) {
		size_t len;
		int count = 0;
		char *log = text_read_file(talk->log, 8U << 20, &len);
		for (const char *at = log; at != NULL && (at = strstr(at, line)); at++)
			count++;
		free(log);
		if (count >= wanted)
			return;
		(void)usleep(20000);
	}
	fail_msg("the log has not %d times: %s", wanted, line);
}

static const char telling[] =
    "#include <offhook.h>\n"
    "#include <stdlib.h>\n"
    "#include <unistd.h>\n"
    "static int on_sms(oh_event *event, oh_twiml *reply)\n"
    "{\n"
    "	usleep(1000 * (useconds_t)atoi(oh_param(event, \"Body\")));\n"
    "	oh_insert(event, \"runs\", json_pack(\"{s:s}\", \"sid\", oh_sid(event)));\n"
    "	oh_message(reply, oh_secret(event, \"GREETING\"));\n"
    "	return OH_OK;\n"
    "}\n"
    "int main(int argc, char **argv)\n"
    "{\n"
    "	static const oh_route routes[] = {{OH_MESSAGE, \"/twilio/sms\", on_sms}, {0}};\n"
    "	return oh_main(argc, argv, &(oh_app){.routes = routes, .secrets = {\"GREETING\"}});\n"
    "}\n";

TEST(saved_settings_are_taken_and_no_request_is_lost)
{
	char signature[64];
	char line[96];
	char form[1100] = "";
	struct project project = {.dir = "/tmp/offhook-test-XXXXXX"};
	struct talk talk;
	struct buf request = {0};
	struct answer answer;
	(void)setenv("PKG_CONFIG_PATH", PKGCONFIG_DIR, 1);
	(void)setenv("CC", C_COMPILER, 1);
	assert_non_null(mkdtemp(project.dir));
	save(&project, telling);
	save_beside(&project, ".env", "GREETING=hello\n");
	project.extra[0] = project.dir;
	talk_start_dev(&talk, project.extra);
	(void)snprintf(line, sizeof(line), "listening on http://%s\n", talk.address);
	talk_expect_text(&talk, "/twilio/sms", SMS("1"), "<Message>hello</Message>");

	/* One request is under way. */
	int fd = talk_connect(talk.address);
	talk_signature(signature, TALK_TOKEN, TALK_URL "/twilio/sms", SLOW_SMS("2"));
	talk_request(&request, "/twilio/sms", signature, SLOW_SMS("2"));
	talk_send(fd, request.ptr, request.len);
	(void)usleep(500000);
	save_beside(&project, ".env", "GREETING=good day\n");
	talk_receive(fd, &answer);
	(void)close(fd);
	assert_int_equal(answer.status, 200);
	assert_non_null(strstr(buf_text(&answer.body), "hello"));
	answer_clear(&answer);
	buf_free(&request);
	wait_logged(&talk, "the new settings are in use", 1);
	wait_logged(&talk, line, 2); /* on the same port */
	talk_expect_text(&talk, "/twilio/sms", SMS("3"), "<Message>good day</Message>");

	save_beside(&project, "offhook.conf", "max-boddy = 100\n");
	wait_logged(&talk, "the old settings stay", 1);
	talk_expect_text(&talk, "/twilio/sms", SMS("4"), "<Message>good day</Message>");
	save_beside(&project, "offhook.conf", "max-body = 1k\n");
	wait_logged(&talk, "the new settings are in use", 2);
	(void)memset(form, 'x', sizeof(form) - 1);
	talk_expect(&talk, "/twilio/sms", form, 413);
	assert_int_equal(talk_count(&talk, "runs", "{}"), 4);
	end(&project, &talk);
}

/* faults 5.2: signals for a server do not end `dev` */
TEST(dev_reloads_at_sighup)
{
	struct project project;
	struct talk talk;
	begin(&project, &talk);
	save_beside(&project, ".env", "GREETING=hello\n");
	wait_logged(&talk, "the new settings are in use", 1);
	assert_int_equal(kill(talk.pid, SIGUSR1), 0);
	assert_int_equal(kill(talk.pid, SIGHUP), 0);
	wait_logged(&talk, "the new settings are in use", 2);
	talk_expect_text(&talk, "/twilio/sms", SMS("1"), "<Message>first</Message>");
	talk_stop(&talk);
	end(&project, &talk);
}

/* faults 5.5: every line of `dev` is JSON, too, when that is asked for */
TEST(dev_logs_json_when_asked)
{
	struct project project = {.dir = "/tmp/offhook-test-XXXXXX"};
	struct talk talk;
	(void)setenv("PKG_CONFIG_PATH", PKGCONFIG_DIR, 1);
	(void)setenv("CC", C_COMPILER, 1);
	assert_non_null(mkdtemp(project.dir));
	save_app(&project, "first", "");
	project.extra[0] = project.dir;
	project.extra[1] = "--log-format=json";
	talk_start_dev(&talk, project.extra);
	talk_expect_text(&talk, "/twilio/sms", SMS("1"), "<Message>first</Message>");
	save(&project, "int main(void) { return }\n");
	assert_true(talk_logged(&talk, "does not build"));
	save_app(&project, "second", "");
	assert_true(talk_logged(&talk, "swapped in\""));
	talk_stop(&talk);
	FILE *log = fopen(talk.log, "r");
	assert_non_null(log);
	char *line = NULL;
	size_t size = 0, count = 0;
	while (getline(&line, &size, log) > 0) {
		json_t *parsed = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		if (!json_is_object(parsed) ||
		    !json_is_string(json_object_get(parsed, "msg")))
			fail_msg("%s", line);
		json_decref(parsed);
		count++;
	}
	assert_true(count > 5);
	free(line);
	(void)fclose(log);
	end(&project, &talk);
}

TEST(send_finds_the_token_that_dev_made)
{
	char command[600];
	struct project project;
	struct talk talk;
	(void)setenv("PKG_CONFIG_PATH", PKGCONFIG_DIR, 1);
	(void)setenv("CC", C_COMPILER, 1);
	project = (struct project){.dir = "/tmp/offhook-test-XXXXXX"};
	assert_non_null(mkdtemp(project.dir));
	save_app(&project, "first", "");
	project.extra[0] = project.dir;
	talk_start_dev(&talk, project.extra);
	talk_stop(&talk); /* with the token of the environment: none is made */
	(void)snprintf(
	    command, sizeof(command), "test ! -e %s/.offhook-dev/token", project.dir);
	assert_int_equal(system(command), 0);
	(void)snprintf(command, sizeof(command),
	    "cd %s && unset TWILIO_AUTH_TOKEN && "
	    "{ %s dev --listen 127.0.0.1:0 2>log & } && dev=$! && "
	    "for i in 1 2 3 4 5 6 7 8 9; do sleep 0.5; "
	    "at=$(sed -n 's|^listening on http://||p' log); [ -z \"$at\" ] || break; done; "
	    "%s send sms --url http://$at >out 2>&1; code=$?; "
	    "kill $dev; wait $dev && grep -q first out && exit $code",
	    project.dir, OFFHOOK_BIN, OFFHOOK_BIN);
	assert_int_equal(system(command), 0);
	end(&project, &talk);
}
