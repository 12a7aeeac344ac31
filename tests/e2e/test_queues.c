/* Queues: order, one at a time, not at all, later, and beside webhooks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "talk_jobs.h"
#include "util/clock.h"

static void start(struct talk *talk)
{
	talk_start_program(talk, APPS_DIR "/jobs", NULL);
}

TEST(jobs_of_a_group_run_in_the_order_in_which_they_were_enqueued)
{
	enum { EACH = 20, ALL = 2 * EACH };

	struct talk talk;
	start(&talk);
	talk_enqueue(&talk, "SM1", "unsteady", "&Count=20&Group=a");
	talk_enqueue(&talk, "SM2", "unsteady", "&Count=20&Group=b");
	talk_await(&talk, "unsteady", "done", ALL);
	json_t *notes = talk_query(&talk, "notes", "{}");
	json_t *doc;
	size_t index;
	json_int_t next[2] = {0, 0};
	assert_int_equal(json_array_size(notes), ALL);
	json_array_foreach(notes, index, doc) {
		const char *sid = json_string_value(json_object_get(doc, "sid"));
		int group = strcmp(sid, "SM1") == 0 ? 0 : 1;
		assert_int_equal(
		    json_integer_value(json_object_get(doc, "n")), next[group]++);
	}
	json_decref(notes);
	talk_end(&talk);
}

TEST(a_job_that_waits_holds_up_its_group_and_no_other)
{
	struct talk talk;
	char id[32];
	start(&talk);
	talk_enqueue(&talk, "SM1", "note", "&Delay=600&Group=a");
	json_t *job = talk_job(&talk, "note", "waiting");
	(void)snprintf(id, sizeof(id), "%d", (int)job_number(job, "id"));
	json_decref(job);
	talk_enqueue(&talk, "SM2", "note", "&Group=a");
	talk_enqueue(&talk, "SM3", "note", "&Group=b");
	talk_enqueue(&talk, "SM4", "note", "");
	talk_await(&talk, "note", "done", 2);
	talk_await(&talk, "note", "blocked", 1);
	assert_int_equal(talk_count(&talk, "notes", "{\"sid\": \"SM2\"}"), 0);
	talk_command(&talk, (const char *const[]){"jobs", "cancel", id, NULL});
	talk_await(&talk, "note", "done", 3);
	assert_int_equal(talk_count(&talk, "notes", "{\"sid\": \"SM2\"}"), 1);
	talk_end(&talk);
}

TEST(of_a_unique_key_there_is_one_open_job)
{
	struct talk talk;
	start(&talk);
	talk_enqueue(&talk, "SM1", "note", "&Delay=600&Unique=k");
	talk_enqueue(&talk, "SM2", "note", "&Unique=k");
	talk_enqueue(&talk, "SM3", "note", "&Unique=other&UniqueS=600");
	talk_await(&talk, "note", "done", 1);
	talk_enqueue(&talk, "SM4", "note", "&Unique=other&UniqueS=600");
	json_t *jobs = talk_jobs(&talk, "note", "");
	assert_int_equal(json_array_size(jobs), 2);
	json_decref(jobs);
	talk_expect_text(&talk, "/cancel",
	    "MessageSid=SM5&From=%2B1555&To=%2B1999&Body=note&Unique=k", "cancelled");
	talk_await(&talk, "note", "cancelled", 1);
	talk_enqueue(&talk, "SM6", "note", "&Unique=k");
	talk_await(&talk, "note", "done", 2);
	talk_end(&talk);
}

TEST(what_a_cancelled_job_wrote_is_undone)
{
	struct talk talk;
	char id[32];
	start(&talk);
	talk_enqueue(&talk, "SM1", "patient", "");
	json_t *job = talk_job(&talk, "patient", "running");
	(void)snprintf(id, sizeof(id), "%d", (int)job_number(job, "id"));
	json_decref(job);
	talk_command(&talk, (const char *const[]){"jobs", "cancel", id, NULL});
	talk_await(&talk, "patient", "cancelled", 1);
	talk_enqueue(&talk, "SM2", "patient", "");
	talk_release(&talk);
	talk_await(&talk, "patient", "done", 1);
	talk_await_documents(&talk, "notes", "{}", 1);
	talk_end(&talk);
}

TEST(a_paused_queue_starts_nothing_even_after_a_crash)
{
	struct talk talk;
	start(&talk);
	talk_enqueue(&talk, "SM1", "note", "");
	talk_await(&talk, "note", "done", 1);
	talk_command(&talk, (const char *const[]){"jobs", "pause", "note", NULL});
	talk_enqueue(&talk, "SM2", "note", "");
	talk_kill(&talk);
	talk_again(&talk);
	talk_enqueue(&talk, "SM3", "unsteady", "");
	talk_await(&talk, "unsteady", "done", 1);
	talk_await(&talk, "note", "waiting", 1);
	talk_command(&talk, (const char *const[]){"jobs", "resume", "note", NULL});
	talk_await(&talk, "note", "done", 2);
	talk_end(&talk);
}

TEST(the_job_of_a_cron_table_stands_in_its_queue)
{
	struct talk talk;
	start(&talk);
	json_t *job = talk_job(&talk, "yearly", "waiting");
	const char *at = json_string_value(json_object_get(job, "runAt"));
	assert_non_null(strstr(at, "-01-01T00:00:00.000Z"));
	json_decref(job);
	talk_kill(&talk);
	talk_again(&talk);
	json_decref(talk_job(&talk, "yearly", "waiting"));
	talk_end(&talk);
}

TEST(a_job_survives_a_kill_and_runs_once)
{
	struct talk talk;
	start(&talk);
	talk_enqueue(&talk, "SM1", "note", "&Delay=1");
	talk_kill(&talk);
	talk_again(&talk);
	talk_await(&talk, "note", "done", 1);
	assert_int_equal(talk_count(&talk, "notes", "{}"), 1);
	talk_end(&talk);
}

TEST(a_try_that_the_server_died_in_counts)
{
	struct talk talk;
	start(&talk);
	talk_enqueue(&talk, "SM1", "patient", "");
	json_decref(talk_job(&talk, "patient", "running"));
	talk_kill(&talk);
	talk_again(&talk);
	talk_release(&talk);
	json_t *job = talk_job(&talk, "patient", "done");
	assert_int_equal(job_number(job, "tries"), 2);
	assert_string_equal(job_error(job, 0), "the server stopped while it ran");
	json_decref(job);
	assert_int_equal(talk_count(&talk, "notes", "{}"), 1);
	talk_end(&talk);
}

TEST(a_server_that_stops_in_order_lets_jobs_end)
{
	struct talk talk;
	start(&talk);
	talk_enqueue(&talk, "SM1", "slow", "&Count=3");
	talk_await(&talk, "slow", "running", 3);
	talk_stop(&talk);
	talk_await(&talk, "slow", "done", 3);
	talk_again(&talk);
	assert_int_equal(talk_count(&talk, "notes", "{\"try\": 1}"), 3);
	talk_end(&talk);
}

/* Four jobs are with the only process, which waits in the first. */
TEST(a_try_that_had_not_begun_when_the_server_died_does_not_count)
{
	static const char *const one[] = {"--workers", "1", "--max-workers", "1", NULL};
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/jobs", one);
	talk_enqueue(&talk, "SM1", "patient", "&Count=4");
	talk_await(&talk, "patient", "running", 1);
	talk_kill(&talk);
	json_t *jobs = talk_jobs(&talk, "patient", "waiting");
	assert_int_equal(json_array_size(jobs), 4);
	json_decref(jobs);
	talk_again(&talk);
	jobs = talk_jobs(&talk, "patient", "");
	int counted = 0;
	for (size_t i = 0; i < json_array_size(jobs); i++)
		counted += (int)job_number(json_array_get(jobs, i), "tries");
	assert_int_equal(counted, 1);
	json_decref(jobs);
	talk_kill(&talk);
	talk_end(&talk);
}

/* The workers' processes are all asleep; handlers have processes of their own. */
TEST(slow_jobs_do_not_slow_webhooks)
{
	struct talk talk;
	start(&talk);
	talk_enqueue(&talk, "SM0", "slow", "&Count=40");
	talk_await(&talk, "slow", "running", 8);
	int64_t begun_us = clock_mono_us();
	for (int i = 1; i <= 100; i++) {
		char form[100];
		(void)snprintf(form, sizeof(form),
		    "MessageSid=SM%d&From=%%2B1555&To=%%2B1999&Body=x", i);
		talk_expect_text(&talk, "/plain", form, "plain");
	}
	int64_t took_us = clock_mono_us() - begun_us;
	json_t *left = talk_jobs(&talk, "slow", "waiting,running");
	assert_true(json_array_size(left) > 0 || took_us > 8000000);
	json_decref(left);
	talk_kill(&talk);
	talk_end(&talk);
}
