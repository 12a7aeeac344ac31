/* Users' apps: what handlers can do, through the whole program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "talk_jobs.h"

#define FROM(n, from) "MessageSid=SM0000000000000000000000000000000" n "&From=" from
#define ANN           "%2B15550000001"
#define BOB           "%2B15550000002"

static void start(struct talk *talk)
{
	assert_int_equal(setenv("EVERY_TOKEN", "t0p", 1), 0);
	talk_start_program(talk, APPS_DIR "/every", NULL);
}

TEST(the_guides_listing_runs_as_it_is_printed)
{
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/guide_async", NULL);
	talk_expect_text(&talk, "/twilio/sms", FROM("1", ANN) "&Body=Hi",
	    "<Response><Message>Got it! Processing your request...</Message></Response>");
	json_t *stored = talk_query(&talk, "sms_messages", "{}");
	assert_int_equal(json_array_size(stored), 1);
	json_t *doc = json_array_get(stored, 0);
	assert_string_equal(
	    json_string_value(json_object_get(doc, "from")), "+15550000001");
	assert_string_equal(json_string_value(json_object_get(doc, "body")), "Hi");
	json_decref(stored);
	talk_await(&talk, "processSms", "done", 1);
	assert_int_equal(
	    talk_count(&talk, "sms_messages",
		"{\"processed\": true, \"processedAt\": {\"$exists\": true}}"),
	    1);
	talk_end(&talk);
}

TEST(the_guides_job_survives_a_kill_before_it_runs)
{
	static const char *const pause[] = {"jobs", "pause", "processSms", NULL};
	static const char *const resume[] = {"jobs", "resume", "processSms", NULL};
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/guide_async", NULL);
	talk_expect(&talk, "/twilio/sms", FROM("1", ANN) "&Body=Hi", 200);
	talk_await(&talk, "processSms", "done", 1);
	talk_command(&talk, pause);
	talk_expect(&talk, "/twilio/sms", FROM("2", ANN) "&Body=Hi", 200);
	talk_kill(&talk);
	talk_again(&talk);
	assert_int_equal(
	    talk_count(&talk, "sms_messages", "{\"processed\": false}"), 1);
	talk_command(&talk, resume);
	talk_await(&talk, "processSms", "done", 2);
	assert_int_equal(talk_count(&talk, "sms_messages",
			     "{\"processed\": true, \"processedAt\": {\"$exists\": "
			     "true}}"),
	    2);
	json_t *jobs = talk_jobs(&talk, "processSms", "done");
	assert_int_equal(job_number(json_array_get(jobs, 1), "tries"), 1);
	json_decref(jobs);
	talk_end(&talk);
}

TEST(a_repeat_is_not_handled_again)
{
	struct talk talk;
	start(&talk);
	for (int i = 0; i < 3; i++)
		talk_expect_text(
		    &talk, "/sms", FROM("1", ANN) "&Body=a", "Message 1 from you");
	talk_expect_text(&talk, "/sms", FROM("2", ANN) "&Body=b", "Message 2 from you");
	talk_expect_text(&talk, "/sms", FROM("3", BOB) "&Body=c", "Message 1 from you");
	assert_string_equal(
	    talk_field(&talk, "people", "{\"number\": \"+15550000001\"}", "last"), "b");
	assert_int_equal(talk_count(&talk, "people", "{}"), 2);
	talk_end(&talk);
}

TEST(what_is_kept_under_a_key_outlives_the_server)
{
	struct talk talk;
	start(&talk);
	talk_expect_text(&talk, "/vote", FROM("1", ANN) "&Body=A", "Counted");
	talk_expect_text(&talk, "/vote", FROM("2", ANN) "&Body=B", "voted already");
	talk_kill(&talk);
	talk_again(&talk);
	talk_expect_text(&talk, "/vote", FROM("3", ANN) "&Body=C", "voted already");
	talk_expect_text(&talk, "/vote", FROM("4", BOB) "&Body=D", "Counted");
	talk_end(&talk);
}

TEST(each_booking_sees_the_one_before)
{
	struct talk talk;
	start(&talk);
	talk_expect_text(&talk, "/book", FROM("1", ANN) "&Body=1A", "It is yours");
	talk_expect_text(&talk, "/book", FROM("2", BOB) "&Body=1A", "It is taken");
	assert_int_equal(talk_count(&talk, "seats", "{}"), 1);
	talk_end(&talk);
}

static void get(
    const struct talk *talk, struct answer *out, const char *path, const char *token)
{
	struct buf request = {0};
	buf_printf(&request, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path, token);
	talk_once(talk, out, &request);
	buf_free(&request);
}

TEST(a_path_of_ones_own_has_parameters_and_filters)
{
	struct talk talk;
	struct answer answer;
	start(&talk);
	talk_expect(&talk, "/sms", FROM("1", ANN) "&Body=a", 200);
	get(&talk, &answer, "/people/%2B15550000001", "");
	assert_int_equal(answer.status, 401);
	answer_clear(&answer);
	assert_true(talk_logged(&talk, "turned away route=/people/:number"));
	get(&talk, &answer, "/people/%2B15550000001", "X-Token: t0p\r\n");
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.type, "application/json");
	assert_non_null(strstr(buf_text(&answer.body), "\"messages\":1"));
	answer_clear(&answer);
	get(&talk, &answer, "/people/7", "X-Token: t0p\r\n");
	assert_int_equal(answer.status, 404);
	answer_clear(&answer);
	talk_end(&talk);
}

static const char *event_field(const struct talk *talk, const char *name)
{
	static char text[512];
	json_t *events = talk_events(talk);
	json_t *last = json_array_get(events, json_array_size(events) - 1);
	const char *value = json_string_value(json_object_get(last, name));
	(void)snprintf(text, sizeof(text), "%s", value != NULL ? value : "(none)");
	json_decref(events);
	return text;
}

TEST(a_mistake_undoes_its_writes_and_sends_the_fallback)
{
	struct talk talk;
	start(&talk);
	talk_expect(&talk, "/status", FROM("2", ANN) "&MessageStatus=sent", 204);
	for (int i = 0; i < 2; i++)
		talk_expect_text(&talk, "/mistake", FROM("1", ANN) "&Body=x", "Sorry");
	assert_string_equal(event_field(&talk, "state"), "failed");
	assert_true(talk_logged(&talk, "oh_insert, kept: the document is NULL"));
	talk_expect(&talk, "/status", FROM("2", ANN) "&MessageStatus=failed", 204);
	assert_string_equal(event_field(&talk, "state"), "failed");
	assert_true(talk_logged(&talk, "SM00000000000000000000000000000002 failed"));
	assert_int_equal(talk_count(&talk, "kept", "{}"), 1);
	talk_end(&talk);
}

TEST(a_crash_costs_its_own_webhook_only)
{
	struct talk talk;
	start(&talk);
	talk_expect(&talk, "/status", FROM("2", ANN) "&MessageStatus=sent", 204);
	for (int i = 0; i < 5; i++) {
		char form[128];
		(void)snprintf(form, sizeof(form), "MessageSid=SM%032d&From=%s&Body=x",
		    100 + i, ANN);
		talk_expect_text(&talk, "/crash", form, "<Response");
		assert_string_equal(event_field(&talk, "state"), "failed");
		(void)snprintf(form, sizeof(form), "MessageSid=SM%032d&From=%s&Body=x",
		    200 + i, ANN);
		talk_expect_text(&talk, "/sms", form, "from you");
	}
	assert_int_equal(talk_count(&talk, "kept", "{}"), 1);
	assert_true(talk_logged(&talk, "SIGSEGV"));
	assert_true(talk_logged(&talk, "on_crash"));
	talk_end(&talk);
}

TEST(built_in_routes_can_stand_in_a_table)
{
	struct talk talk;
	start(&talk);
	talk_expect_text(&talk, "/twilio/sms", FROM("1", ANN) "&Body=Hello", "Hello");
	assert_string_equal(talk_field(&talk, "sms_messages", "{}", "body"), "Hello");
	talk_expect(&talk, "/twilio/nothing", FROM("1", ANN), 404);
	talk_end(&talk);
}

/* faults 2.5 */
TEST(a_route_of_ones_own_stands_in_for_a_built_in_one)
{
	struct talk talk;
	start(&talk);
	talk_expect_text(&talk, "/twilio/voice",
	    "CallSid=CA00000000000000000000000000000001&CallStatus=ringing&From=" ANN,
	    "<Response><Say>My own voice</Say>");
	assert_true(talk_logged(&talk,
	    "a route of the app's own replaces the built-in one path=/twilio/voice"));
	talk_end(&talk);
}

static size_t lines_logged(const struct talk *talk, const char *text)
{
	char line[2048];
	size_t count = 0;
	FILE *log = fopen(talk->log, "re");
	assert_non_null(log);
	while (fgets(line, sizeof(line), log) != NULL)
		count += strstr(line, text) != NULL;
	(void)fclose(log);
	return count;
}

/* faults 5.13 */
TEST(a_query_that_twilio_would_sort_is_warned_of_once)
{
	static const char warning[] = "the URL's query is not sorted by name";
	struct talk talk;
	start(&talk);
	for (int i = 0; i < 5; i++) {
		char form[128];
		(void)snprintf(form, sizeof(form),
		    "CallSid=CA%032d&CallStatus=ringing&From=%s", i, ANN);
		talk_expect_text(&talk, "/twilio/voice", form, "My own voice");
	}
	assert_true(talk_logged(&talk, warning));
	talk_stop(&talk);
	assert_int_equal(lines_logged(&talk, warning), 1);
	talk_end(&talk);
}

TEST(an_app_has_all_commands_under_its_own_name)
{
	static const struct {
		const char *words, *wanted;
	} table[] = {
	    {"--help", "Usage: every COMMAND"},
	    {"serve --help", "Usage: every serve [options]"},
	    {"serve --help", "  every serve --listen :3000"},
	    {"srve 2>&1", "every: there is no command \"srve\"; did you mean"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char command[256];
		char text[8192];
		(void)snprintf(
		    command, sizeof(command), APPS_DIR "/every %s", table[i].words);
		/* NOLINTNEXTLINE(cert-env33-c): our own words, for the shell */
		FILE *out = popen(command, "r");
		assert_non_null(out);
		text[fread(text, 1, sizeof(text) - 1, out)] = '\0';
		(void)pclose(out);
		if (strstr(text, table[i].wanted) == NULL)
			fail_msg("%s: no \"%s\"", text, table[i].wanted);
	}
}
