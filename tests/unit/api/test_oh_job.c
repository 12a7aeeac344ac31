/* oh_job: what a handler does to jobs goes with its event. */
#include "unit/host/play.h"

#include <math.h>

#include "util/clock.h"

static int works(oh_job *job)
{
	(void)job;
	return OH_OK;
}

static int setup(void **state)
{
	(void)play_setup(state);
	struct play *play = *state;
	play->workers[0] = (oh_worker){.queue = "processSms", .work = works};
	return 0;
}

#define JOB_TEST(name) TEST_WITH(name, setup, play_teardown)

static void assert_text(struct span got, const char *want)
{
	if (!span_is(got, want) || got.ptr[got.len] != '\0')
		fail_msg("\"%.*s\" is not \"%s\"", SPAN_ARG(got), want);
}

static int enqueues(oh_event *event, oh_twiml *reply)
{
	char text[] = "+1555";
	(void)reply;
	oh_enqueue(event, "processSms", json_pack("{s:s}", "sid", "SM1"));
	oh_enqueue(event, "processSms", json_object(), .delay_s = 0.5, .priority = -100,
	    .unique = "once", .unique_s = 1.5, .group = text);
	text[0] = '\0';
	oh_enqueue(event, "processSms", json_object(), .run_at_ms = 4102444800000,
	    .priority = 100);
	oh_cancel(event, "processSms", "once");
	return OH_OK;
}

JOB_TEST(jobs_go_with_their_event_in_order)
{
	int64_t before_ms = clock_wall_ms();
	const struct frame_result *result = play_run(*state, OH_MESSAGE, enqueues);
	assert_true(result->ok);
	assert_int_equal(result->write_count, 0);
	assert_int_equal(result->job_count, 4);
	const struct frame_job *job = result->jobs;
	assert_int_equal(job->op, JOB_ENQUEUE);
	assert_text(job->queue, "processSms");
	assert_text(job->payload, "{\"sid\":\"SM1\"}");
	assert_null(job->group.ptr);
	assert_null(job->unique.ptr);
	assert_true(job->run_at_ms == 0 && job->priority == 0 && job->unique_ms == 0);
	job++;
	assert_text(job->unique, "once");
	assert_text(job->group, "+1555");
	assert_int_equal(job->priority, -100);
	assert_int_equal(job->unique_ms, 1500);
	assert_true(job->run_at_ms >= before_ms + 500 &&
		    job->run_at_ms <= clock_wall_ms() + 500);
	job++;
	assert_true(job->run_at_ms == 4102444800000 && job->priority == 100);
	job++;
	assert_int_equal(job->op, JOB_CANCEL);
	assert_text(job->queue, "processSms");
	assert_text(job->unique, "once");
	assert_null(job->payload.ptr);
}

/* Only the options that it knows are looked at. */
static int is_of_yesterday(oh_event *event, oh_twiml *reply)
{
	oh_job_options how = {.delay_s = 60, .priority = 7, .group = (const char *)1};
	(void)reply;
	oh_enqueue_job_(oh_context_of(event), "processSms", json_object(), &how,
	    offsetof(oh_job_options, priority));
	oh_enqueue_job_(oh_context_of(event), "processSms", json_object(), NULL, 0);
	return OH_OK;
}

JOB_TEST(an_older_program_has_fewer_options)
{
	const struct frame_result *result =
	    play_run(*state, OH_MESSAGE, is_of_yesterday);
	assert_true(result->ok);
	assert_int_equal(result->job_count, 2);
	assert_true(result->jobs[0].run_at_ms > 0);
	assert_true(result->jobs[0].priority == 0 && result->jobs[0].group.ptr == NULL);
	assert_true(result->jobs[1].run_at_ms == 0);
}

static int fails_after_it(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_enqueue(event, "processSms", json_object());
	return oh_fail(event, "no stock");
}

JOB_TEST(an_event_that_fails_enqueues_nothing)
{
	play_badly(*state, fails_after_it, "no stock");
}

/* ---- mistakes ---- */

static oh_job_options how; /* of the next oh_enqueue */

static int enqueues_so(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_enqueue_job_(
	    oh_context_of(event), "processSms", json_object(), &how, sizeof(how));
	return OH_OK;
}

JOB_TEST(wrong_options_are_told)
{
	static char long_text[FRAME_JOB_TEXT + 2];

	static const struct {
		oh_job_options how;
		const char *why;
	} rows[] = {
	    {{.delay_s = -1}, ".delay_s must be 0 s to 100 years"},
	    {{.delay_s = 1e11}, ".delay_s must be 0 s to 100 years"},
	    {{.delay_s = (double)NAN}, ".delay_s must be 0 s to 100 years"},
	    {{.delay_s = 1, .run_at_ms = 4102444800000}, "one of the two"},
	    {{.run_at_ms = 1769860800}, "milliseconds since 1970"},
	    {{.run_at_ms = -1}, "milliseconds since 1970"},
	    {{.run_at_ms = INT64_MAX}, "milliseconds since 1970"},
	    {{.priority = 101}, "the priority 101 is not between"},
	    {{.priority = -101}, "the priority -101 is not between"},
	    {{.unique = ""}, "the unique key is empty"},
	    {{.group = ""}, "the group is empty"},
	    {{.unique = long_text}, "the unique key has 201 bytes"},
	    {{.group = long_text}, "the group has 201 bytes; it may have"},
	    {{.group = "\xff"}, "the group is not UTF-8"},
	    {{.unique = "offhook.cron 0"}, "begin with \"offhook.\" are Offhook's"},
	    {{.unique_s = 5}, ".unique_s needs a key"},
	    {{.unique = "u", .unique_s = -1}, ".unique_s must be"},
	};

	memset(long_text, 'x', sizeof(long_text) - 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		how = rows[i].how;
		play_badly(*state, enqueues_so, rows[i].why);
	}
	long_text[FRAME_JOB_TEXT] = '\0';
	how = (oh_job_options){.group = long_text, .delay_s = 1};
	assert_true(play_run(*state, OH_MESSAGE, enqueues_so)->ok);
}

static int misspells(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_enqueue(event, "procesSms", json_object());
	return OH_OK;
}

static int unheard_of(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_enqueue(event, "nothing like it", json_object());
	return OH_OK;
}

static int offhooks(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_enqueue(event, "offhook.events", json_pack("{s:i}", "event", 1));
	return OH_OK;
}

static int no_payload(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_enqueue(event, "processSms", NULL);
	return OH_OK;
}

static int no_text(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_enqueue(
	    event, "processSms", json_pack("{s:o}", "a", json_string_nocheck("a\xFF")));
	return OH_OK;
}

static int no_object(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_enqueue(event, "processSms", json_string("text"));
	return OH_OK;
}

static int large_payload(oh_event *event, oh_twiml *reply)
{
	static char text[FRAME_PAYLOAD];
	(void)reply;
	memset(text, 'x', sizeof(text) - 1);
	oh_enqueue(event, "processSms", json_pack("{s:s}", "text", text));
	return OH_OK;
}

static int no_queue(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_enqueue(event, NULL, json_object());
	return OH_OK;
}

static int too_many(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	for (int i = 0; i <= FRAME_JOBS; i++)
		oh_enqueue(event, "processSms", json_object());
	return OH_OK;
}

static int cancels_no_key(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_cancel(event, "processSms", NULL);
	return OH_OK;
}

static int cancels_offhooks(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_cancel(event, "processSms", "offhook.cron 0");
	return OH_OK;
}

static int cancels_nowhere(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_cancel(event, "procesSms", "u");
	return OH_OK;
}

JOB_TEST(mistakes_are_told)
{
	struct play *play = *state;
	play_badly(play, misspells, "did you mean \"processSms\"?");
	play_badly(play, unheard_of, "name one in its .workers");
	play_badly(play, offhooks, "name one in its .workers");
	play_badly(play, no_payload, "payload is NULL");
	play_badly(play, no_object, "payload is not an object");
	play_badly(play, no_text, "the payload has a text that is not UTF-8");
	play_badly(play, large_payload, "insert it as a document");
	play_badly(play, no_queue, "queue's name is NULL");
	play_badly(play, too_many, "10000 jobs, no more");
	play_badly(play, cancels_no_key, "oh_cancel: the unique key is NULL");
	play_badly(play, cancels_offhooks, "are Offhook's");
	play_badly(play, cancels_nowhere, "oh_cancel, queue \"procesSms\"");
	play->app.workers = NULL;
	play_badly(play, misspells, "no worker");
}
