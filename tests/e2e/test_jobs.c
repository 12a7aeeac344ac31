/* Jobs: what becomes of each, through the whole program. */
#include <stdio.h>
#include <string.h>

#include "talk_jobs.h"

static void start(struct talk *talk)
{
	talk_start_program(talk, APPS_DIR "/jobs", NULL);
}

TEST(the_guides_message_is_processed_after_its_reply)
{
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/guide_async", NULL);
	talk_expect_text(&talk, "/twilio/sms",
	    "MessageSid=SM1&From=%2B1555&To=%2B1999&Body=Hi",
	    "<Response><Message>Got it! Processing your request...</Message></Response>");
	talk_await_documents(&talk, "sms_messages", "{\"processed\": true}", 1);
	const char *at = talk_field(
	    &talk, "sms_messages", "{\"messageSid\": \"SM1\"}", "processedAt");
	assert_non_null(at);
	assert_int_equal(strlen(at), strlen("2026-01-31T12:00:00.000Z"));
	json_t *job = talk_job(&talk, "processSms", "done");
	assert_int_equal(job_number(job, "tries"), 1);
	json_decref(job);
	talk_end(&talk);
}

TEST(a_job_that_fails_is_tried_again_until_it_works)
{
	struct talk talk;
	start(&talk);
	talk_enqueue(&talk, "SM1", "flaky", "");
	json_t *job = talk_job(&talk, "flaky", "done");
	assert_int_equal(job_number(job, "tries"), 3);
	assert_string_equal(job_error(job, 0), "not at attempt 1");
	assert_string_equal(job_error(job, 1), "not at attempt 2");
	assert_null(job_error(job, 2));
	json_decref(job);
	assert_int_equal(
	    talk_count(&talk, "notes", "{}"), 1); /* of the last try alone */
	assert_int_equal(talk_count(&talk, "notes", "{\"try\": 3}"), 1);
	talk_end(&talk);
}

TEST(after_its_last_try_it_is_a_dead_letter_which_can_be_redriven)
{
	struct talk talk;
	char id[32];
	start(&talk);
	talk_enqueue(&talk, "SM1", "doomed", "");
	json_t *job = talk_job(&talk, "doomed", "dead");
	assert_int_equal(job_number(job, "tries"), 2);
	assert_string_equal(job_error(job, 0), "attempt 1 is in vain");
	assert_string_equal(job_error(job, 1), "attempt 2 is in vain, as the last one");
	(void)snprintf(id, sizeof(id), "%d", (int)job_number(job, "id"));
	json_decref(job);
	talk_command(&talk, (const char *const[]){"jobs", "retry", id, NULL});
	talk_await_documents(&talk, "failures", "{\"what\": \"job.dead\"}", 2);
	job = talk_job(&talk, "doomed", "dead");
	assert_int_equal(json_array_size(json_object_get(job, "errors")), 4);
	json_decref(job);
	talk_command(&talk, (const char *const[]){"jobs", "drop", id, NULL});
	talk_await(&talk, "doomed", "dead", 0);
	talk_end(&talk);
}

TEST(a_snoozed_job_keeps_its_writes_and_its_tries)
{
	struct talk talk;
	start(&talk);
	talk_enqueue(&talk, "SM1", "sleepy", "");
	json_t *job = talk_job(&talk, "sleepy", "done");
	assert_int_equal(job_number(job, "tries"), 1);
	assert_null(job_error(job, 0));
	json_decref(job);
	assert_int_equal(talk_count(&talk, "notes", "{\"try\": 1}"), 1);
	talk_end(&talk);
}

TEST(a_job_that_is_given_up_is_dead_at_once)
{
	struct talk talk;
	start(&talk);
	talk_enqueue(&talk, "SM1", "hopeless", "");
	json_t *job = talk_job(&talk, "hopeless", "dead");
	assert_int_equal(job_number(job, "tries"), 1);
	assert_string_equal(job_error(job, 0), "no such number");
	json_decref(job);
	talk_end(&talk);
}

TEST(a_crash_counts_as_a_try)
{
	struct talk talk;
	start(&talk);
	talk_enqueue(&talk, "SM1", "crashing", "");
	json_t *job = talk_job(&talk, "crashing", "done");
	assert_int_equal(job_number(job, "tries"), 2);
	assert_non_null(strstr(job_error(job, 0), "crashed (SIGSEGV"));
	json_decref(job);
	assert_int_equal(talk_count(&talk, "notes", "{\"try\": 2}"), 1);
	talk_end(&talk);
}

TEST(a_job_that_kills_its_process_does_not_loop)
{
	struct talk talk;
	start(&talk);
	talk_enqueue(&talk, "SM1", "deadly", "");
	json_t *job = talk_job(&talk, "deadly", "dead");
	assert_int_equal(job_number(job, "tries"), 2);
	assert_non_null(strstr(job_error(job, 1), "exit(7)"));
	json_decref(job);
	talk_enqueue(&talk, "SM2", "note", "");
	talk_await(&talk, "note", "done", 1);
	assert_int_equal(talk_count(&talk, "notes", "{}"), 1);
	talk_end(&talk);
}

TEST(a_job_that_hangs_is_killed_and_tried_again)
{
	struct talk talk;
	start(&talk);
	talk_enqueue(&talk, "SM1", "hanging", "");
	json_t *job = talk_job(&talk, "hanging", "done");
	assert_int_equal(job_number(job, "tries"), 2);
	assert_non_null(strstr(job_error(job, 0), "ran for more than 1 s"));
	json_decref(job);
	talk_end(&talk);
}

TEST(a_running_job_is_shown_with_its_progress)
{
	struct talk talk;
	start(&talk);
	talk_enqueue(&talk, "SM1", "patient", "");
	json_t *job = talk_job(&talk, "patient", "running");
	json_decref(job);
	talk_release(&talk);
	job = talk_job(&talk, "patient", "done");
	assert_string_equal(
	    json_string_value(json_object_get(job, "progress")), "half of it");
	json_decref(job);
	talk_end(&talk);
}
