/* api_job: jobs are stored with their event. */
#include "play.h"

static int works(oh_job *job)
{
	(void)job;
	return OH_OK;
}

static const oh_worker workers[] = {
    {"processSms", works, 0, 0, 0, {0}},
    {0          }
};

static int enqueues(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_enqueue(event, "processSms", json_pack("{s:s}", "sid", "SM1"));
	oh_enqueue_in(event, "processSms", json_string("text"), 0.5);
	return OH_OK;
}

static void a_job_is_a_document_of_its_queue(void **state)
{
	struct play *play = *state;
	play->app.workers = workers;
	const struct frame_result *result = play_run(play, OH_MESSAGE, enqueues);
	assert_true(result->ok);
	assert_int_equal(result->write_count, 2);
	assert_string_equal(result->writes[0].collection.ptr, COLLECTION_JOBS);
	json_t *doc = json_loads(result->writes[0].doc.ptr, 0, NULL);
	const char *queue, *sid, *job_state, *run_at, *created_at;
	int tries = -1;
	assert_int_equal(
	    json_unpack(doc, "{s:s, s:{s:s}, s:s, s:s, s:i, s:s}", "queue", &queue,
		"payload", "sid", &sid, "state", &job_state, "runAt", &run_at, "tries",
		&tries, "createdAt", &created_at),
	    0);
	assert_string_equal(queue, "processSms");
	assert_string_equal(sid, "SM1");
	assert_string_equal(job_state, "waiting");
	assert_int_equal(tries, 0);
	assert_string_equal(run_at, created_at);
	json_decref(doc);
	doc = json_loads(result->writes[1].doc.ptr, 0, NULL);
	assert_int_equal(
	    json_unpack(doc, "{s:s, s:s}", "runAt", &run_at, "createdAt", &created_at),
	    0);
	assert_true(strcmp(run_at, created_at) > 0);
	json_decref(doc);
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

static int no_payload(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_enqueue(event, "processSms", NULL);
	return OH_OK;
}

static int no_queue(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_enqueue(event, NULL, json_object());
	return OH_OK;
}

static int no_delay(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_enqueue_in(event, "processSms", json_object(), -1.0);
	return OH_OK;
}

static void mistakes_are_told(void **state)
{
	struct play *play = *state;
	play->app.workers = workers;
	play_badly(play, misspells, "did you mean \"processSms\"?");
	play_badly(play, unheard_of, "name one in its .workers");
	play_badly(play, no_payload, "payload is NULL");
	play_badly(play, no_queue, "queue's name is NULL");
	play_badly(play, no_delay, "0 s to 100 years");
	play->app.workers = NULL;
	play_badly(play, no_delay, "0 s to 100 years");
	play_badly(play, misspells, "no worker");
}

static void a_job_reads_its_payload(void **state)
{
	struct play *play = *state;
	struct oh_context job;
	json_t *payload = json_pack("{s:s, s:i}", "sid", "SM1", "n", 3);
	context_open(&job, &play->world, &play->event, OH_SIGNED, play->arena);
	job.payload = payload;
	job.try_number = 2;
	assert_string_equal(oh_payload_str(&job, "sid"), "SM1");
	assert_null(oh_payload_str(&job, "n"));
	assert_null(oh_payload_str(&job, "none"));
	assert_ptr_equal(oh_payload(&job), payload);
	assert_int_equal(oh_try(&job), 2);
	job.payload = NULL;
	assert_null(oh_payload_str(&job, "sid"));
	context_close(&job);
	json_decref(payload);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PLAY_TEST(a_job_is_a_document_of_its_queue),
	    PLAY_TEST(mistakes_are_told),
	    PLAY_TEST(a_job_reads_its_payload),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
