/* oh_worker, run_job: a worker on its job, and how an attempt may end. */
#include "unit/host/play.h"

#include <math.h>

static void fails(struct play *play, oh_job_handler work, const char *why)
{
	const struct frame_result *result = play_job(play, "{}", work);
	assert_false(result->ok);
	assert_int_equal(result->write_count + result->job_count, 0);
	if (strstr(result->failure.ptr, why) == NULL)
		fail_msg("\"%s\" has no \"%s\"", result->failure.ptr, why);
}

/* ---- what it knows ---- */

static int reads(oh_job *job)
{
	assert_string_equal(oh_payload_str(job, "sid"), "SM1");
	assert_string_equal(oh_payload_str(job, "n"), "");
	assert_string_equal(oh_payload_str(job, "none"), "");
	assert_null(oh_payload_str_or(job, "none", NULL));
	assert_null(oh_payload_str_or(job, "n", NULL));
	assert_string_equal(oh_payload_str_or(job, "sid", NULL), "SM1");
	assert_int_equal(json_integer_value(json_object_get(oh_payload(job), "n")), 3);
	assert_int_equal(oh_job_id(job), 42);
	assert_int_equal(oh_job_attempt(job), 2);
	assert_int_equal(oh_job_is_last_attempt(job), 1);
	assert_true(oh_time_ms(job) == 1769860800000);
	return OH_OK;
}

PLAY_TEST(a_worker_knows_its_job)
{
	struct play *play = *state;
	play->job.nth = 2;
	const struct frame_result *result =
	    play_job(play, "{\"sid\": \"SM1\", \"n\": 3}", reads);
	assert_true(result->ok && result->end == FRAME_END);
	assert_int_equal(result->status, 0);
}

static int is_first(oh_job *job)
{
	assert_int_equal(oh_job_attempt(job), 1);
	assert_int_equal(oh_job_is_last_attempt(job), 0);
	assert_string_equal(oh_payload_str(job, "sid"), "");
	return OH_OK;
}

PLAY_TEST(a_first_attempt_of_two_is_not_the_last)
{
	assert_true(play_job(*state, "{}", is_first)->ok);
}

static int cannot(oh_job *job)
{
	(void)job;
	fail_msg("it was run");
	return OH_OK;
}

PLAY_TEST(what_is_no_job_does_not_run)
{
	struct play *play = *state;
	const struct frame_result *result = play_job(play, "{", cannot);
	assert_false(result->ok);
	assert_non_null(strstr(result->failure.ptr, "the payload is not JSON"));
	result = play_job(play, NULL, cannot);
	assert_non_null(strstr(result->failure.ptr, "the payload is not JSON"));
	play->job.worker = 9;
	fails(play, cannot, "no such worker");
}

/* ---- what it writes ---- */

static int writes(oh_job *job)
{
	oh_insert(job, "orders", json_pack("{s:i}", "n", 1));
	oh_enqueue(job, "work", json_object(), .delay_s = 1);
	oh_log(job, "written", "n", "1", NULL);
	return OH_OK;
}

PLAY_TEST(an_attempt_is_committed_with_its_writes_and_jobs)
{
	struct play *play = *state;
	const struct frame_result *result = play_job(play, "{}", writes);
	assert_true(result->ok);
	assert_int_equal(result->write_count, 1);
	assert_int_equal(result->job_count, 1);
	assert_string_equal(buf_text(&play->log), "written n=1\n");
}

static int writes_and_snoozes(oh_job *job)
{
	(void)writes(job);
	return oh_snooze(job, 2.5);
}

PLAY_TEST(a_snoozed_job_keeps_what_it_wrote)
{
	const struct frame_result *result = play_job(*state, "{}", writes_and_snoozes);
	assert_true(result->ok && result->end == FRAME_SNOOZED);
	assert_int_equal(result->snooze_ms, 2500);
	assert_int_equal(result->write_count, 1);
	assert_int_equal(result->job_count, 1);
}

/* ---- how it fails ---- */

static int gives_up(oh_job *job)
{
	(void)writes(job);
	return oh_give_up(job, "no number %d", 7);
}

static int gives_up_but(oh_job *job)
{
	(void)oh_give_up(job, "no number %d", 7);
	return OH_OK;
}

static int gives_up_after(oh_job *job)
{
	oh_insert(job, "orders", NULL);
	return oh_give_up(job, "no number %d", 7);
}

PLAY_TEST(giving_up_is_for_good_unless_a_mistake_came_first)
{
	fails(*state, gives_up, "no number 7");
	assert_int_equal(((struct play *)*state)->result.end, FRAME_GIVEN_UP);
	fails(*state, gives_up_but, "no number 7");
	assert_int_equal(((struct play *)*state)->result.end, FRAME_GIVEN_UP);
	fails(*state, gives_up_after, "the document is NULL");
	assert_int_equal(((struct play *)*state)->result.end, FRAME_END);
}

static int just_fails(oh_job *job)
{
	(void)job;
	return OH_FAILED;
}

static int passes(oh_job *job)
{
	(void)job;
	return OH_PASS;
}

static int says_snoozed(oh_job *job)
{
	(void)job;
	return OH_SNOOZED;
}

static int snoozes_and_ends(oh_job *job)
{
	(void)oh_snooze(job, 5);
	return OH_OK;
}

static int snoozes_backwards(oh_job *job)
{
	return oh_snooze(job, -1);
}

static int snoozes_nonsense(oh_job *job)
{
	return oh_snooze(job, (double)NAN);
}

static int snoozes_and_fails(oh_job *job)
{
	(void)oh_fail(job, "first");
	return oh_snooze(job, 1);
}

PLAY_TEST(failures_have_their_reason)
{
	static const struct {
		oh_job_handler work;
		const char *why;
	} rows[] = {
	    {just_fails, "returned OH_FAILED without a reason"},
	    {passes, "returned 1, which is no result"},
	    {says_snoozed, "without a call of oh_snooze"},
	    {snoozes_and_ends, "return what oh_snooze gives"},
	    {snoozes_backwards, "0 s to 100 years"},
	    {snoozes_nonsense, "0 s to 100 years"},
	    {snoozes_and_fails, "first"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fails(*state, rows[i].work, rows[i].why);
		assert_int_equal(((struct play *)*state)->result.end, FRAME_END);
	}
}

static int says_snoozed_of_a_webhook(oh_event *event, oh_twiml *reply)
{
	(void)event;
	(void)reply;
	return OH_SNOOZED;
}

PLAY_TEST(a_webhook_is_not_snoozed)
{
	struct play *play = *state;
	play_badly(play, says_snoozed_of_a_webhook, "OH_SNOOZED, which is for workers");
	assert_int_equal(play->result.end, FRAME_END);
}

/* ---- how far it is ---- */

static int tells(oh_job *job)
{
	oh_progress(job, "%d of %d\xff", 1, 2);
	return OH_OK;
}

static int tells_a_million_times(oh_job *job)
{
	for (int i = 0; i < 1000000; i++)
		oh_progress(job, "%d", i);
	return OH_OK;
}

PLAY_TEST(progress_is_told_but_not_without_end)
{
	struct play *play = *state;
	int lines = 0;
	assert_true(play_job(play, "{}", tells)->ok);
	assert_string_equal(buf_text(&play->progress), "1 of 2\xef\xbf\xbd\n");
	buf_clear(&play->progress);
	assert_true(play_job(play, "{}", tells_a_million_times)->ok);
	for (const char *c = buf_text(&play->progress); *c != '\0'; c++)
		lines += *c == '\n';
	assert_true(strncmp(buf_text(&play->progress), "0\n1\n2\n", 6) == 0);
	assert_in_range(lines, 10, 100000);
}
