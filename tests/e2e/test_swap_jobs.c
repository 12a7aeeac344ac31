/* Another build of the app comes in while jobs run and wait. */
#include <string.h>
#include <unistd.h>

#include "control/control.h"
#include "talk_jobs.h"

static void swap(const struct talk *talk, const char *program)
{
	struct error err = {0};
	json_t *answer = NULL;
	json_t *request =
	    json_pack("{s:s, s:s}", "command", "swap", "program", program);
	if (control_request(talk->data, request, &answer, &err) != 0)
		fail_msg("%s: %s", program, err.text);
	json_decref(answer);
	json_decref(request);
}

/* In between comes a build without these workers: their jobs wait. */
TEST(swaps_lose_no_job_and_run_none_twice)
{
	enum { JOBS = 300, SWAPS = 6 };

	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/jobs", NULL);
	talk_enqueue(&talk, "SM1", "unsteady", "&Count=300");
	for (int i = 0; i < SWAPS; i++) {
		swap(&talk, i % 3 == 1 ? APPS_DIR "/guide_async" : APPS_DIR "/jobs");
		(void)usleep(50000);
	}
	talk_await(&talk, "unsteady", "done", JOBS);
	assert_int_equal(talk_count(&talk, "notes", "{}"), JOBS);
	assert_int_equal(talk_count(&talk, "notes", "{\"try\": 1}"), JOBS);
	talk_end(&talk);
}

TEST(a_build_may_bring_the_first_workers_and_take_them_away)
{
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/build_a", NULL);
	swap(&talk, APPS_DIR "/jobs");
	talk_enqueue(&talk, "SM1", "note", "");
	talk_await(&talk, "note", "done", 1);
	talk_enqueue(&talk, "SM2", "note", "&Delay=3");
	swap(&talk, APPS_DIR "/build_a");
	(void)usleep(3300000);
	talk_await(&talk, "note", "waiting", 1);
	swap(&talk, APPS_DIR "/jobs");
	talk_await(&talk, "note", "done", 2);
	talk_end(&talk);
}
