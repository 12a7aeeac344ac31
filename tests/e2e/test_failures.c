/* When something fails: who is told, and events that are handled again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "talk_jobs.h"
#include "util/text.h"

static void start(struct talk *talk)
{
	talk_start_program(talk, APPS_DIR "/jobs", NULL);
}

static void post(
    const struct talk *talk, const char *path, const char *sid, const char *body)
{
	char form[160];
	(void)snprintf(form, sizeof(form),
	    "MessageSid=%s&From=%%2B1555&To=%%2B1999&Body=%s", sid, body);
	talk_expect(talk, path, form, 200);
}

static void post_status(
    const struct talk *talk, const char *path, const char *sid, const char *status)
{
	char form[160];
	(void)snprintf(form, sizeof(form), "MessageSid=%s&MessageStatus=%s%s", sid,
	    status, *status == 'd' || *status == 's' ? "" : "&ErrorCode=30003");
	talk_expect(talk, path, form, 204);
}

/* ---- being told ---- */

TEST(a_failed_event_is_told_to_on_failure)
{
	struct talk talk;
	start(&talk);
	post(&talk, "/broken", "SM1", "x");
	talk_await_documents(&talk, "failures", "{\"what\": \"event.failed\"}", 1);
	json_t *event = talk_event(&talk, "SM1");
	json_t *told = talk_query(&talk, "failures", "{}");
	const json_t *doc = json_array_get(told, 0);
	assert_int_equal(job_number(doc, "id"), job_number(event, "id"));
	assert_string_equal(json_string_value(json_object_get(doc, "sid")), "SM1");
	assert_string_equal(
	    json_string_value(json_object_get(doc, "route")), "/broken");
	assert_string_equal(json_string_value(json_object_get(doc, "error")), "broken");
	json_decref(told);
	json_decref(event);
	talk_end(&talk);
}

/* faults 5.9 */
TEST(failed_events_are_listed_with_their_reason_and_by_number)
{
	struct talk talk;
	start(&talk);
	post(&talk, "/broken", "SM1", "x");
	talk_expect(&talk, "/broken",
	    "MessageSid=SM2&From=whatsapp%3A%2B15551234567&To=%2B1999&Body=y", 200);

	static const struct {
		const char *words[4];
		const char *sid, *not ;
	} rows[] = {
	    {{"--state", "failed"}, "SM1", NULL},
	    {{"--state", "failed", "--from", "+15551234567"}, "SM2", "SM1"},
	    {{"--from", "whatsapp:+15551234567"}, "SM2", "SM1"},
	    {{"--number", "1555"}, "SM1", "SM2"},
	    {{"--number", "…4567"}, "SM2", "SM1"},
	    {{"--to", "+1999", "--error", "BROKEN"}, "SM2", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *words[12] = {"events", "--data", talk.data, "--json"};
		struct buf out = {0};
		memcpy(words + 4, rows[i].words, sizeof(rows[i].words));
		assert_int_equal(talk_run(&out, NULL, words), 0);
		if (strstr(buf_text(&out), rows[i].sid) == NULL ||
		    (rows[i].not != NULL &&
			strstr(buf_text(&out), rows[i].not ) != NULL) ||
		    strstr(buf_text(&out), "\"failure\":\"broken\"") == NULL)
			fail_msg("row %zu: %s", i, buf_text(&out));
		buf_clear(&out);
		words[3] = "--limit=5";
		assert_int_equal(talk_run(&out, NULL, words), 0);
		assert_non_null(strstr(buf_text(&out), "  why: broken\n"));
		buf_clear(&out);
		const char *retry[] = {"events", "retry", "--data", talk.data,
		    "--dry-run", "--number", "+15551234567", NULL};
		assert_int_equal(talk_run(&out, NULL, retry), 0);
		assert_non_null(strstr(buf_text(&out), "1 event would be"));
		buf_free(&out);
	}
	talk_end(&talk);
}

TEST(a_late_event_is_told_once)
{
	struct talk talk;
	start(&talk);
	post(&talk, "/late", "SM1", "well");
	talk_await_documents(&talk, "failures", "{\"what\": \"event.late\"}", 1);
	talk_await(&talk, "note", "done", 1);
	assert_int_equal(talk_count(&talk, "failures", "{}"), 1);
	talk_end(&talk);
}

TEST(a_message_that_was_not_delivered_is_told_once)
{
	struct talk talk;
	start(&talk);
	post_status(&talk, "/status", "SM1", "sent");
	post_status(&talk, "/status", "SM1", "undelivered");
	post_status(&talk, "/status", "SM1", "undelivered"); /* a repeat */
	post_status(&talk, "/status", "SM1", "failed");
	post_status(&talk, "/twilio/status", "SM2", "failed"); /* the built-in app's */
	post_status(&talk, "/twilio/status", "SM3", "delivered");
	talk_await(&talk, "offhook.failures", "done", 2);
	assert_int_equal(talk_count(&talk, "failures", "{}"), 2);
	assert_int_equal(talk_count(&talk, "failures",
			     "{\"what\": \"message.undelivered\", \"sid\": \"SM1\", "
			     "\"errorCode\": \"30003\"}"),
	    1);
	assert_int_equal(talk_count(&talk, "failures",
			     "{\"what\": \"message.failed\", \"sid\": \"SM2\"}"),
	    1);
	talk_end(&talk);
}

TEST(many_failures_are_one_alert)
{
	struct talk talk;
	char command[300];
	char path[120];
	char dir[] = "/tmp/offhook-alerts-XXXXXX";
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/alerts", dir);
	(void)snprintf(command, sizeof(command), "cat >>%s; echo >>%s", path, path);
	const char *const extra[] = {
	    "--alert-command", command, "--alert-delay", "4s", NULL};
	talk_start_program(&talk, APPS_DIR "/jobs", extra);
	for (int i = 0; i < 5; i++) {
		char sid[8];
		(void)snprintf(sid, sizeof(sid), "SM%d", i);
		post(&talk, "/broken", sid, "x");
	}
	talk_await(&talk, "offhook.alerts", "done", 1);
	assert_int_equal(talk_count(&talk, "offhook.alerts", "{\"total\": 5}"), 1);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	json_t *alert = json_loadf(file, 0, NULL); /* the whole file: one */
	(void)fclose(file);
	assert_non_null(alert);
	assert_int_equal(json_integer_value(json_object_get(alert, "count")), 5);
	json_decref(alert);
	(void)unlink(path);
	(void)rmdir(dir);
	talk_end(&talk);
}

TEST(the_built_in_app_has_alerts_too)
{
	struct talk talk;
	char path[120];
	char command[300];
	char dir[] = "/tmp/offhook-alerts-XXXXXX";
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/alerts", dir);
	(void)snprintf(command, sizeof(command), "cat >>%s", path);
	const char *const extra[] = {
	    "--alert-command", command, "--alert-delay", "0", NULL};
	talk_start(&talk, extra);
	post_status(&talk, "/twilio/status", "SM1", "failed");
	talk_await(&talk, "offhook.alerts", "done", 1);
	assert_int_equal(access(path, F_OK), 0);
	(void)unlink(path);
	(void)rmdir(dir);
	talk_end(&talk);
}

TEST(no_process_has_the_settings_of_alerts_in_its_environment)
{
	struct talk talk;
	size_t len;
	char path[120];
	char command[300];
	char dir[] = "/tmp/offhook-alerts-XXXXXX";
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/environment", dir);
	/* Its parent is the worker process. */
	(void)snprintf(command, sizeof(command),
	    "(env; tr '\\0' '\\n' </proc/$PPID/environ) >>%s", path);
	const char *const extra[] = {"--alert-delay", "0", NULL};
	(void)setenv("OFFHOOK_ALERT_COMMAND", command, 1);
	(void)setenv(
	    "OFFHOOK_ALERT_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1);
	talk_start(&talk, extra);
	(void)unsetenv("OFFHOOK_ALERT_COMMAND");
	(void)unsetenv("OFFHOOK_ALERT_SECRET");
	post_status(&talk, "/twilio/status", "SM1", "failed");
	talk_await(&talk, "offhook.alerts", "done", 1);
	char *text = text_read_file(path, 1 << 20, &len);
	assert_non_null(text);
	assert_non_null(strstr(text, "OFFHOOK_ALERT_TEXT="));
	assert_non_null(strstr(text, "PATH="));
	assert_null(strstr(text, "TWILIO_AUTH_TOKEN"));
	assert_null(strstr(text, "OFFHOOK_ALERT_SECRET"));
	assert_null(strstr(text, "OFFHOOK_ALERT_COMMAND"));
	free(text);
	(void)unlink(path);
	(void)rmdir(dir);
	talk_end(&talk);
}

TEST(an_app_without_routes_is_told_of_the_built_in_ones)
{
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/watcher", NULL);
	post_status(&talk, "/twilio/status", "SM1", "failed");
	talk_await_documents(
	    &talk, "failures", "{\"what\": \"message.failed\", \"sid\": \"SM1\"}", 1);
	talk_end(&talk);
}

/* ---- events again ---- */

static void retry(const struct talk *talk, const char *sid)
{
	char id[32];
	json_t *event = talk_event(talk, sid);
	(void)snprintf(id, sizeof(id), "%d", (int)job_number(event, "id"));
	json_decref(event);
	talk_command(talk, (const char *const[]){"events", "retry", id, NULL});
}

TEST(a_failed_event_can_be_handled_again)
{
	struct talk talk;
	start(&talk);
	post(&talk, "/broken", "SM1", "caf%C3%A9");
	post(&talk, "/broken/nine%20ten", "SM2", "x");
	retry(&talk, "SM1");
	json_t *job = talk_job(&talk, "offhook.events", "dead");
	assert_string_equal(job_error(job, 0), "broken");
	json_decref(job);
	talk_expect_event(&talk, "SM1", "state", "failed");
	post(&talk, "/mend", "SM3", "x");
	talk_command(&talk, (const char *const[]){"events", "retry", "--all", NULL});
	talk_await(&talk, "offhook.events", "done", 2);
	talk_await(&talk, "note", "done", 2); /* what its handler enqueued */
	assert_int_equal(
	    talk_count(&talk, "handled",
		"{\"sid\": \"SM1\", \"body\": \"café\", \"method\": \"POST\", "
		"\"host\": \"example.com\"}"),
	    1);
	assert_int_equal(
	    talk_count(&talk, "handled", "{\"sid\": \"SM2\", \"name\": \"nine ten\"}"),
	    1);
	talk_expect_event(&talk, "SM1", "state", "done");
	talk_expect_event(&talk, "SM1", "failure", NULL);
	post(&talk, "/broken", "SM1", "caf%C3%A9"); /* a repeat: the first reply */
	assert_int_equal(talk_count(&talk, "handled", "{}"), 2);
	talk_end(&talk);
}

TEST(a_retry_whose_writes_meet_a_conflict_runs_again)
{
	struct talk talk;
	start(&talk);
	post(&talk, "/sell", "SM1", "patiently");
	post(&talk, "/mend", "SM2", "x");
	retry(&talk, "SM1");
	talk_await(&talk, "offhook.events", "running", 1);
	talk_expect_text(&talk, "/sell",
	    "MessageSid=SM3&From=%2B1556&To=%2B1999&Body=quickly", "sold");
	json_t *job = talk_job(&talk, "offhook.events", "done");
	assert_int_equal(job_number(job, "tries"), 2);
	json_decref(job);
	talk_expect_event(&talk, "SM1", "state", "done");
	assert_int_equal(talk_count(&talk, "stock", "{\"n\": 8}"), 1);
	talk_end(&talk);
}

/* on_failure was told of the event when it failed first. */
TEST(an_alert_tells_of_a_retry_that_failed)
{
	struct talk talk;
	const char *const extra[] = {
	    "--alert-command", "true", "--alert-delay", "0", NULL};
	talk_start_program(&talk, APPS_DIR "/jobs", extra);
	post(&talk, "/broken", "SM1", "x");
	talk_await(&talk, "offhook.failures", "done", 1);
	retry(&talk, "SM1");
	talk_await_documents(&talk, "offhook.alerts",
	    "{\"group\": \"job.dead offhook.events\", \"lastError\": \"broken\"}", 1);
	assert_int_equal(talk_count(&talk, "failures", "{}"), 1);
	talk_end(&talk);
}

TEST(a_retry_that_nobody_needs_is_given_up)
{
	struct talk talk;
	start(&talk);
	post(&talk, "/late", "SM1", "well");
	talk_await(&talk, "note", "done", 1);
	retry(&talk, "SM1"); /* late, but what it wrote is committed */
	json_t *job = talk_job(&talk, "offhook.events", "dead");
	assert_non_null(
	    strstr(job_error(job, 0), "what its handler wrote is committed"));
	json_decref(job);
	talk_expect_event(&talk, "SM1", "state", "late");
	talk_end(&talk);
}

TEST(a_late_event_whose_handler_failed_can_be_handled_again)
{
	struct talk talk;
	start(&talk);
	post(&talk, "/late", "SM1", "badly");
	talk_await(&talk, "offhook.failures", "done", 1);
	talk_expect_event(&talk, "SM1", "state", "late");
	retry(&talk, "SM1");
	json_t *job = talk_job(&talk, "offhook.events", "dead");
	assert_string_equal(job_error(job, 0), "late and bad");
	json_decref(job);
	json_t *notes = talk_jobs(&talk, "note", "");
	assert_int_equal(json_array_size(notes), 0);
	json_decref(notes);
	talk_end(&talk);
}
