/* Regular expressions that take too long: their webhook fails, the owner's command says so,
 * and everybody else goes on. */
#include "talk_jobs.h"

#include <string.h>

static void assert_failed(const struct talk *talk, const char *sid)
{
	json_t *event = talk_event(talk, sid);
	const char *why = json_string_value(json_object_get(event, "failure"));
	if (why == NULL || strstr(why, "takes too long") == NULL)
		fail_msg("%s: %s", sid, why == NULL ? "has not failed" : why);
	json_decref(event);
}

static void assert_refused(const struct talk *talk, const char *command)
{
	struct buf err = {0};
	const char *const words[] = {command, "--data", talk->data, "texts",
	    "{\"t\": {\"$regex\": \"(a+)+$|b\"}}", NULL};
	assert_int_equal(talk_run(NULL, &err, words), 1);
	if (strstr(buf_text(&err), "takes too long") == NULL)
		fail_msg("%s", buf_text(&err));
	buf_free(&err);
}

/* faults 4.8: a handler's, and the commands' */
TEST(a_pattern_that_takes_too_long_fails_alone)
{
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/patterns", NULL);
	talk_expect_text(&talk, "/fill", "MessageSid=SM1&From=%2B1", "filled");
	talk_expect_text(&talk, "/good", "MessageSid=SM2&From=%2B2", "changed 100");
	talk_expect(&talk, "/evil", "MessageSid=SM3&From=%2B3", 200);
	talk_expect(&talk, "/find", "MessageSid=SM4&From=%2B4", 200);
	talk_expect_text(&talk, "/good", "MessageSid=SM5&From=%2B5", "changed 100");
	assert_failed(&talk, "SM3");
	assert_failed(&talk, "SM4");
	assert_int_equal(talk_count(&talk, "texts", "{\"done\": 2}"), 100);
	assert_refused(&talk, "query");
	assert_refused(&talk, "export");
	talk_end(&talk);
}
