/* The command line: what each command prints, and how it ends. */
#include "conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TEST(exit_codes_tell_ok_failure_and_usage_apart)
{

	static const struct {
		const char *words[6];
		int want;
		const char *says; /* on stderr, or on stdout when it ends with 0 */
	} rows[] = {
	    {{"version"}, 0, "offhook "},
	    {{"--version"}, 0, "offhook "},
	    {{"help"}, 0, "serve"},
	    {{"--help"}, 0, "serve"},
	    {{"help", "send"}, 0, "Usage: offhook send"},
	    {{"query", "--help"}, 0, "Usage: offhook query"},
	    {{"config", "--data", "/nowhere"}, 0, "/nowhere"},
	    {{"serv"}, 2, "serve"},
	    {{"serve", "--lisen", ":1"}, 2, "--listen"},
	    {{"serve", "--listen", "nonsense"}, 2, "listen"},
	    {{"query", "--data", "/nowhere", "calls"}, 1, "/nowhere"},
	    {{"send", "telegram"}, 2, "offhook help send"},
	    {{"query", "calls", "{nonsense"}, 2, "JSON"},
	    {{"alerts"}, 2, "alerts test"},
	    {{"alerts", "tset"}, 2, "did you mean"},
	    {{"alerts", "test"}, 1, "set alert-url or alert-command"},
	    {{"alerts", "test", "--alert-command", "exit 3"}, 1, "exit code 3"},
	    {{"alerts", "test", "--alert-command", "cat >&2; echo"}, 0, ""},
	    {{"alerts", "test", "--json", "--alert-command", "true"}, 0,
		"this is a test"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = {0};
		struct buf err = {0};
		int code = talk_run(&out, &err, rows[i].words);
		const char *told = buf_text(code == 0 ? &out : &err);
		if (code != rows[i].want || strstr(told, rows[i].says) == NULL)
			print_error("offhook %s %s: %d\n%s%s\n", rows[i].words[0],
			    rows[i].words[1] == NULL ? "" : rows[i].words[1], code,
			    buf_text(&out), buf_text(&err));
		assert_int_equal(code, rows[i].want);
		assert_non_null(strstr(told, rows[i].says));
		buf_free(&out);
		buf_free(&err);
	}
}

TEST(serve_refuses_to_start_without_a_token)
{
	char command[600];
	(void)snprintf(command, sizeof(command),
	    "cd /tmp && env -u TWILIO_AUTH_TOKEN %s serve --listen 127.0.0.1:0 --data "
	    "/tmp/offhook-never 2>&1 | grep -q TWILIO_AUTH_TOKEN",
	    OFFHOOK_BIN);
	assert_int_equal(system(command), 0);
	assert_int_equal(access("/tmp/offhook-never", F_OK), -1);
}

TEST(send_plays_twilio)
{
	struct talk *talk = *state;

	static const struct {
		const char *kind, *shows;
	} rows[] = {
	    {"sms", "Thanks for your message"},
	    {"mms", "Thanks for your message"},
	    {"status", "204"},
	    {"call", "Hello! Thank you"},
	    {"call-status", "204"},
	    {"record", "hangs up"},
	    {"recording", "204"},
	    {"transcription", "204"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = {0};
		const char *words[] = {"send", rows[i].kind, "--url", TALK_URL,
		    "--connect", talk->address, NULL};
		assert_int_equal(talk_run(&out, NULL, words), 0);
		if (strstr(buf_text(&out), rows[i].shows) == NULL)
			fail_msg("send %s: %s", rows[i].kind, buf_text(&out));
		buf_free(&out);
	}
	const char *tampered[] = {"send", "sms", "--url", TALK_URL, "--connect",
	    talk->address, "--tamper", NULL};
	assert_int_equal(talk_run(NULL, NULL, tampered), 1);
}

TEST(send_repeats_in_parallel)
{
	struct talk *talk = *state;
	struct buf out = {0};
	const char *words[] = {"send", "sms", "--url", TALK_URL, "--connect",
	    talk->address, "--repeat", "200", "--parallel", "8", "--fresh", NULL};
	assert_int_equal(talk_run(&out, NULL, words), 0);
	assert_non_null(strstr(buf_text(&out), "200 requests"));
	buf_free(&out);
}

TEST(verify_names_the_cause)
{
	struct buf out = {0};
	struct buf err = {0};
	char header[64];
	const char *url = "https://example.com/twilio/sms";
	talk_signature(header, TALK_TOKEN, url, "Body=hi");
	header[strcspn(header, "\r")] = '\0';
	const char *signature = header + strlen("X-Twilio-Signature: ");
	const char *good[] = {"verify", "--url", url, "--signature", signature,
	    "--body", "Body=hi", NULL};
	const char *scheme[] = {"verify", "--url", "http://example.com/twilio/sms",
	    "--signature", signature, "--body", "Body=hi", NULL};
	assert_int_equal(talk_run(&out, &err, good), 0);
	buf_clear(&out);
	buf_clear(&err);
	assert_int_equal(talk_run(&out, &err, scheme), 1);
	buf_put(&out, buf_span(&err));
	assert_non_null(strstr(buf_text(&out), "https"));
	assert_null(strstr(buf_text(&out), TALK_TOKEN));
	buf_free(&out);
	buf_free(&err);
}

TEST(export_writes_csv_and_json_lines)
{
	struct talk *talk = *state;
	struct buf out = {0};
	talk_expect(talk, "/twilio/sms",
	    "MessageSid=SM000000000000000000000000000000e1&From=%2B15557770000&Body="
	    "a%2C%22b%22%0Ac",
	    200);
	const char *csv[] = {"export", "--data", talk->data, "sms_messages",
	    "{\"from\":\"+15557770000\"}", "--format", "csv", NULL};
	assert_int_equal(talk_run(&out, NULL, csv), 0);
	assert_non_null(strstr(buf_text(&out), "messageSid,"));
	assert_non_null(strstr(buf_text(&out), "\"a,\"\"b\"\"\nc\""));
	buf_clear(&out);
	const char *lines[] = {"export", "--data", talk->data, "sms_messages",
	    "{\"from\":\"+15557770000\"}", "--format", "jsonl", NULL};
	assert_int_equal(talk_run(&out, NULL, lines), 0);
	json_t *doc = json_loads(buf_text(&out), 0, NULL);
	assert_non_null(doc);
	assert_string_equal(
	    json_string_value(json_object_get(doc, "body")), "a,\"b\"\nc");
	json_decref(doc);
	buf_free(&out);
}

/* grep over the whole directory: the bytes leave the files, not only the rows. */
static bool directory_has(const struct talk *talk, const char *text)
{
	char command[300];
	(void)snprintf(
	    command, sizeof(command), "grep -rqa -- '%s' %s", text, talk->data);
	return system(command) == 0;
}

TEST(forget_erases_a_person)
{
	struct talk *talk = *state;
	struct buf out = {0};
	for (int running = 1; running >= 0; running--) {
		char form[200];
		char number[20];
		(void)snprintf(number, sizeof(number), "+1555888000%d", running);
		(void)snprintf(form, sizeof(form),
		    "MessageSid=SMf%031d&From=%%2B%s&Body=my+secret+%d", running,
		    number + 1, running);
		talk_expect(talk, "/twilio/sms", form, 200);
		assert_true(directory_has(talk, number));
		if (!running)
			talk_stop(talk);
		const char *words[] = {
		    "forget", number, "--data", talk->data, "--yes", NULL};
		assert_int_equal(talk_run(&out, NULL, words), 0);
		assert_false(directory_has(talk, number));
		assert_false(
		    directory_has(talk, running ? "my secret 1" : "my secret 0"));
		if (!running)
			talk_again(talk);
		talk_expect(talk, "/twilio/sms", form, 200);
		assert_false(
		    directory_has(talk, number)); /* a repeat: still forgotten */
	}
	buf_free(&out);
}

TEST(index_is_made_while_the_server_runs)
{
	struct talk *talk = *state;
	const char *words[] = {
	    "index", "sms_messages", "from", "--data", talk->data, NULL};
	assert_int_equal(talk_run(NULL, NULL, words), 0);
	json_t *found = talk_query(talk, "sms_messages", "{\"from\":\"+15557770000\"}");
	assert_int_equal(json_array_size(found), 1);
	json_decref(found);
}

TEST_GROUP(talk_setup, talk_teardown)
