/* Webhooks that are refused one after another: told once, and again when it was well in
 * between. */
#include "talk_jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/text.h"

#define ACCOUNT "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* Signed with another token. */
static void forge(const struct talk *talk, const char *form, int status)
{
	char signature[64];
	struct buf request = {0};
	struct answer answer;
	talk_signature(signature, "ffffffffffffffffffffffffffffffff",
	    TALK_URL "/twilio/sms", form);
	talk_request(&request, "/twilio/sms", status == 400 ? "" : signature, form);
	talk_once(talk, &answer, &request);
	assert_int_equal(answer.status, status);
	answer_clear(&answer);
	buf_free(&request);
}

static void refuse(const struct talk *talk, int times)
{
	for (int i = 0; i < times; i++)
		forge(talk,
		    "MessageSid=SM00112233445566778899aabbccddeeff&From=%2B15551234567"
		    "&Body=hi&AccountSid=" ACCOUNT,
		    403);
}

/* faults 5.4: one alert, not a hundred; a second one only after it was well */
TEST(a_hundred_refused_webhooks_are_one_alert)
{
	struct talk talk;
	char command[300], path[120];
	char dir[] = "/tmp/offhook-alerts-XXXXXX";
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/alerts", dir);
	(void)snprintf(command, sizeof(command), "cat >>%s; echo >>%s", path, path);
	const char *const extra[] = {"--alert-command", command, "--alert-delay", "0",
	    "--alert-interval", "0", NULL};
	talk_start(&talk, extra);
	refuse(&talk, 100);
	talk_await(&talk, "offhook.alerts", "done", 1);
	assert_true(talk_logged(&talk, "webhooks are refused one after another"));
	refuse(&talk, 20);
	talk_expect(&talk, "/twilio/sms", "MessageSid=SM1&Body=hi", 200);
	assert_true(talk_logged(&talk, "webhooks are Twilio's again"));
	refuse(&talk, 100);
	talk_await(&talk, "offhook.alerts", "done", 2);
	talk_stop(&talk);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	char line[4096];
	int count = 0;
	for (; fgets(line, sizeof(line), file) != NULL; count++) {
		json_t *alert = json_loads(line, 0, NULL);
		const char *what = json_string_value(json_object_get(alert, "what"));
		const char *sid = json_string_value(json_object_get(alert, "sid"));
		const char *text = json_string_value(json_object_get(alert, "text"));
		assert_string_equal(what, "webhook.refused");
		assert_string_equal(sid, "SM00112233445566778899aabbccddeeff");
		assert_non_null(
		    strstr(text, "webhooks were refused one after another"));
		assert_true(json_integer_value(json_object_get(alert, "count")) >= 10);
		assert_null(strstr(line, "15551234567"));
		json_decref(alert);
	}
	assert_int_equal(count, 2);
	(void)fclose(file);
	(void)unlink(path);
	(void)rmdir(dir);
	talk_end(&talk);
}

/* faults 5.4 */
TEST(a_refusals_line_names_what_it_was_about)
{
	struct talk *talk = *state;
	refuse(talk, 1);
	assert_true(talk_logged(talk,
	    "sid=SM00112233445566778899aabbccddeeff account=" ACCOUNT " request_id="));
	forge(talk, "CallSid=CAfedcba9876543210fedcba9876543210&AccountSid=" ACCOUNT,
	    400);
	assert_true(talk_logged(talk,
	    "sid=CAfedcba9876543210fedcba9876543210 account=" ACCOUNT " request_id="));
	/* Nothing else takes a SID's place. */
	forge(talk, "MessageSid=%2B15551112223&AccountSid=AC15551112224&Body=x", 403);
	forge(talk, "MessageSid=SM%1b[31m%0aforged=1&AccountSid=AC%22%5c&Body=x", 403);
	refuse(talk, 1);
	talk_expect(talk, "/twilio/sms", "MessageSid=SMlast&Body=hi", 200);
	assert_true(talk_logged(talk, "SMlast"));
	size_t len;
	char *log = text_read_file(talk->log, 8U << 20, &len);
	assert_null(strstr(log, "555111222"));
	assert_null(strstr(log, "forged"));
	assert_null(strstr(log, "15551234567"));
	free(log);
}

TEST_GROUP(talk_setup, talk_teardown)
