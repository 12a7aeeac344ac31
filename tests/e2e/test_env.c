/* `offhook env`, and a server that reads what it has sealed. */
#include "conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/text.h"

#define FIRST  "00000000000000000000000000000001"
#define SECOND "00000000000000000000000000000002"

/* A shell's command line with $O the program and $D the data directory. Gives the exit code;
 * what it prints on both outputs is in out. */
static int shell(const struct talk *talk, struct buf *out, const char *line)
{
	char bytes[4096];
	char *whole = mem_printf("O=%s D=%s; export -n TWILIO_AUTH_TOKEN; { %s; } 2>&1",
	    OFFHOOK_BIN, talk->data, line);
	char *command = mem_printf("bash -c '%s'", whole);
	buf_clear(out);
	FILE *pipe = popen(command, "re");
	assert_non_null(pipe);
	size_t n;
	while ((n = fread(bytes, 1, sizeof(bytes), pipe)) > 0)
		buf_add(out, bytes, n);
	int status = pclose(pipe);
	free(command);
	free(whole);
	return WEXITSTATUS(status);
}

static void expect(const struct talk *talk, const char *line, int code, const char *has)
{
	struct buf out = {0};
	int got = shell(talk, &out, line);
	if (got != code || strstr(buf_text(&out), has) == NULL)
		fail_msg("%s: %d\n%s", line, got, buf_text(&out));
	buf_free(&out);
}

static int post_as(const struct talk *talk, const char *token, int number)
{
	char form[128], signature[64];
	struct buf request = {0};
	struct answer answer;
	(void)snprintf(form, sizeof(form),
	    "MessageSid=SM%032d&Body=hi&From=%%2B15550001&To=%%2B15550002", number);
	talk_signature(signature, token, TALK_URL "/twilio/sms", form);
	talk_request(&request, "/twilio/sms", signature, form);
	talk_once(talk, &answer, &request);
	int status = answer.status;
	answer_clear(&answer);
	buf_free(&request);
	return status;
}

/* A server without a token in its environment. */
static const char *const no_token[] = {"env", "-u", "TWILIO_AUTH_TOKEN", NULL};

TEST(a_sealed_token_serves_and_another_one_takes_over_without_a_restart)
{
	struct talk talk;
	talk_start(&talk, NULL);
	talk_stop(&talk);
	expect(&talk, "echo " FIRST " | $O env set TWILIO_AUTH_TOKEN --data $D", 0,
	    "is set");
	talk.wrapper = no_token;
	talk_again(&talk);
	assert_int_equal(post_as(&talk, FIRST, 1), 200);
	assert_int_equal(post_as(&talk, SECOND, 2), 403);
	expect(&talk,
	    "echo " FIRST "," SECOND
	    " | $O env set TWILIO_AUTH_TOKEN --encrypted --data $D",
	    0, "the server has it");
	assert_int_equal(post_as(&talk, FIRST, 3), 200);
	assert_int_equal(post_as(&talk, SECOND, 4), 200);
	expect(&talk, "echo " SECOND " | $O env set TWILIO_AUTH_TOKEN --data $D", 0,
	    "the server has it");
	assert_int_equal(post_as(&talk, FIRST, 5), 403);
	assert_int_equal(post_as(&talk, SECOND, 6), 200);
	/* The last token cannot be taken away from a server. */
	expect(&talk, "$O env unset TWILIO_AUTH_TOKEN --data $D", 1,
	    "the server did not take it");
	assert_int_equal(post_as(&talk, SECOND, 7), 200);
	talk_end(&talk);
}

TEST(a_server_takes_what_was_set_without_the_key)
{
	struct talk talk;
	talk_start(&talk, NULL);
	expect(
	    &talk, "echo 10m | $O env set OFFHOOK_ALERT_DELAY --data $D", 0, "is set");
	expect(&talk, "mkdir $D/../k && mv $D/key $D/../k/key", 0, "");
	const char *extra[] = {"--key-file", NULL, NULL};
	char path[128];
	(void)snprintf(path, sizeof(path), "%s/k/key", talk.dir);
	extra[1] = path;
	talk_stop(&talk);
	talk.extra = extra;
	talk_again(&talk);
	expect(&talk, "echo 11m | $O env set OFFHOOK_ALERT_DELAY --data $D", 0,
	    "the server has it");
	assert_true(talk_logged(&talk, "alert-delay"));
	expect(&talk, "$O env list --data $D", 1, "there is no key");
	expect(&talk, "$O env list --json --data $D --key-file $D/../k/key", 0,
	    "\"setting\":\"alert-delay\"");
	expect(&talk, "$O config --data $D --key-file $D/../k/key | grep alert-delay",
	    0, "secrets");
	/* The file beats what is sealed, and the environment the file. */
	expect(&talk,
	    "echo alert-delay=7m > $D/../conf; $O config --config $D/../conf --data $D "
	    "--key-file $D/../k/key | grep alert-delay",
	    0, "7m");
	expect(&talk,
	    "OFFHOOK_ALERT_DELAY=8m $O config --config $D/../conf --data $D --key-file "
	    "$D/../k/key | grep alert-delay",
	    0, "8m");
	talk_end(&talk);
}

TEST(no_error_repeats_a_value_that_stands_on_the_command_line)
{
	static const char *const lines[] = {
	    "$O env set NAME planted --data $D",
	    "$O env set NAME planted planted planted --data $D",
	    "$O env set NAME=planted --data $D",
	    "$O env set planted-x --data $D",
	    "$O env set NAME --planted --data $D",
	    "$O env set NAME --planted=planted --data $D",
	    "$O env set NAME -planted --data $D",
	    "$O env set NAME --encrypted=planted --data $D",
	    "$O env unset NAME planted --data $D",
	};
	struct talk talk;
	struct buf out = {0};
	talk_start(&talk, NULL);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (shell(&talk, &out, lines[i]) != 2 ||
		    strstr(buf_text(&out), "planted") != NULL)
			fail_msg("%s: %s", lines[i], buf_text(&out));
	buf_free(&out);
	talk_end(&talk);
}

TEST(a_wrong_value_of_a_setting_is_not_stored)
{
	struct talk talk;
	talk_start(&talk, NULL);
	expect(&talk, "echo x | $O env set OFFHOOK_ALERT_SECRET --data $D", 1,
	    "it is not whsec_");
	expect(&talk, "echo x | $O env set OFFHOOK_LISTENN --data $D", 1,
	    "did you mean OFFHOOK_LISTEN");
	expect(&talk, "echo x | $O env set OFFHOOK_DATA --data $D", 1,
	    "says where the secrets are");
	expect(&talk, "printf \"\" | $O env set EMPTY --data $D", 1, "is empty");
	expect(&talk, "test ! -e $D/secrets.age && echo none", 0, "none");
	talk_end(&talk);
}

TEST(the_environment_wins_and_a_lost_key_is_told_by_serve)
{
	struct talk talk;
	talk_start(&talk, NULL);
	expect(&talk, "echo " FIRST " | $O env set TWILIO_AUTH_TOKEN --data $D", 0,
	    "is set");
	/* talk's own token is in the environment of the server. */
	talk_expect(&talk, "/twilio/sms", "MessageSid=SM1&Body=hi", 200);
	talk_stop(&talk);
	expect(&talk, "rm $D/key", 0, "");
	talk_again(&talk);
	assert_true(talk_logged(&talk, "there is no key in"));
	talk_expect(&talk, "/twilio/sms", "MessageSid=SM2&Body=hi", 200);
	talk_stop(&talk);
	expect(&talk,
	    "env -u TWILIO_AUTH_TOKEN $O serve --listen 127.0.0.1:0 --data $D", 1,
	    "without your account");
	talk_end(&talk);
}

#define SMS(number, body)                                                              \
	"MessageSid=SM" number "&From=%2B15550001&To=%2B15550002&Body=" body

TEST(an_app_gets_the_secrets_that_it_declares_and_new_values_without_a_restart)
{
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/secretive", NULL);
	assert_true(talk_logged(&talk, "secrets that the app declares are not set"));
	assert_true(talk_logged(&talk, "names=\"SHOP_KEY, OTHER_KEY\""));
	talk_expect_text(&talk, "/twilio/sms", SMS("1", "SHOP_KEY"), "none");
	expect(&talk, "echo planted-one | $O env set SHOP_KEY --data $D", 0,
	    "the server has it");
	expect(&talk, "echo planted-two | $O env set NOT_DECLARED --data $D", 0,
	    "the server has it");
	talk_expect_text(&talk, "/twilio/sms", SMS("2", "SHOP_KEY"), "planted-one");
	talk_expect_text(&talk, "/twilio/sms", SMS("3", "OTHER_KEY"), "none");
	/* One that is not declared fails its event, in words for its author. */
	talk_expect(&talk, "/twilio/sms", SMS("4", "NOT_DECLARED"), 200);
	assert_true(talk_logged(&talk, "NOT_DECLARED is not declared"));
	expect(&talk, "echo planted-three | $O env set SHOP_KEY --data $D", 0,
	    "the server has it");
	talk_expect_text(&talk, "/twilio/sms", SMS("5", "SHOP_KEY"), "planted-three");
	talk_expect_text(&talk, "/twilio/sms", SMS("6", "environment"), "clean");
	talk_expect(&talk, "/twilio/sms", SMS("7", "job"), 200);
	for (int waited = 0; talk_count(&talk, "told", "{\"has\": true}") == 0;
	     waited += 20) {
		if (waited > 20000)
			fail_msg("the job has not run");
		(void)usleep(20000);
	}
	talk_end(&talk);
}
