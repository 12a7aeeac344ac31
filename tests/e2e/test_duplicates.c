/* Once: a webhook that comes again gets the first reply back, byte for byte, and is
 * not handled again, whether it comes later, after a restart, or a thousand times at
 * once. */
#include "conversation.h"

#include <string.h>
#include <unistd.h>

enum { STORM = 1000, STORM_CONNECTIONS = 50 };

#define SMS(sid) "MessageSid=" sid "&From=%2B15551230001&To=%2B15559990000&Body=hi"

static void assert_same(const struct answer *a, const struct answer *b)
{
	assert_int_equal(a->status, b->status);
	assert_string_equal(a->type, b->type);
	assert_int_equal(a->body.len, b->body.len);
	assert_memory_equal(a->body.ptr, b->body.ptr, a->body.len);
}

static size_t count_events(const struct talk *talk)
{
	json_t *events = talk_events(talk);
	size_t count = json_array_size(events);
	json_decref(events);
	return count;
}

TEST(a_repeat_gets_the_first_reply_also_after_a_restart)
{
	struct talk *talk = *state;
	struct answer first;
	struct answer again;
	const char *form = SMS("SM00000000000000000000000000000001");
	talk_post(talk, &first, "/twilio/sms", form);
	talk_post(talk, &again, "/twilio/sms", form);
	assert_same(&first, &again);
	answer_clear(&again);
	talk_kill(talk);
	talk_again(talk);
	talk_post(talk, &again, "/twilio/sms", form);
	assert_same(&first, &again);
	answer_clear(&again);
	answer_clear(&first);
	assert_int_equal(count_events(talk), 1);
}

TEST(a_repeat_of_a_204_is_a_204)
{
	struct talk *talk = *state;
	const char *form = "MessageSid=SM00000000000000000000000000000002"
			   "&MessageStatus=sent";
	talk_expect(talk, "/twilio/status", form, 204);
	talk_expect(talk, "/twilio/status", form, 204);
	assert_int_equal(count_events(talk), 2);
}

TEST(the_request_target_is_part_of_the_key)
{
	struct talk *talk = *state;
	const char *form = SMS("SM00000000000000000000000000000003");
	size_t before = count_events(talk);
	talk_expect(talk, "/twilio/sms?a=1", form, 200);
	talk_expect(talk, "/twilio/sms?a=2", form, 200);
	talk_expect(talk, "/twilio/sms?a=1", form, 200);
	assert_int_equal(count_events(talk), before + 2);
}

TEST(later_statuses_are_no_duplicates)
{
	struct talk *talk = *state;
	size_t before = count_events(talk);
	talk_expect(talk, "/twilio/status",
	    "MessageSid=SM00000000000000000000000000000004&MessageStatus=sent", 204);
	talk_expect(talk, "/twilio/status",
	    "MessageSid=SM00000000000000000000000000000004&MessageStatus=delivered",
	    204);
	assert_int_equal(count_events(talk), before + 2);
}

TEST(a_fallback_of_a_known_webhook_repeats_its_reply)
{
	struct talk *talk = *state;
	struct answer first;
	struct answer again;
	talk_post(
	    talk, &first, "/twilio/sms", SMS("SM00000000000000000000000000000005"));
	talk_post(talk, &again, "/twilio/fallback",
	    SMS("SM00000000000000000000000000000005") "&ErrorCode=11205&ErrorUrl=" TALK_URL
						      "/twilio/sms");
	assert_same(&first, &again);
	answer_clear(&again);
	/* Twilio had the reply and rejected it: the same again would not help. */
	talk_post(talk, &again, "/twilio/fallback",
	    SMS("SM00000000000000000000000000000005") "&ErrorCode=12100&ErrorUrl=" TALK_URL
						      "/twilio/sms");
	assert_int_equal(again.status, 200);
	assert_non_null(strstr(again.body.ptr, "<Response/>"));
	answer_clear(&again);
	answer_clear(&first);
}

/* All copies are sent before any answer is read. */
TEST(a_storm_of_copies_has_one_effect)
{
	struct talk *talk = *state;
	const char *form = SMS("SM00000000000000000000000000000006");
	int fds[STORM_CONNECTIONS];
	char signature[64];
	struct buf request = {0};
	size_t before = count_events(talk);
	talk_signature(signature, TALK_TOKEN, TALK_URL "/twilio/sms", form);
	talk_request(&request, "/twilio/sms", signature, form);
	for (int i = 0; i < STORM_CONNECTIONS; i++)
		fds[i] = talk_connect(talk->address);
	for (int i = 0; i < STORM; i++)
		talk_send(fds[i % STORM_CONNECTIONS], request.ptr, request.len);
	struct answer first = {0};
	for (int i = 0; i < STORM_CONNECTIONS; i++) {
		struct buf all = {0};
		for (int n = 0; n < STORM / STORM_CONNECTIONS; n++) {
			struct answer answer;
			talk_receive_next(fds[i], &all, &answer);
			if (first.status == 0) {
				first = answer;
				continue;
			}
			assert_same(&first, &answer);
			answer_clear(&answer);
		}
		buf_free(&all);
		(void)close(fds[i]);
	}
	assert_int_equal(first.status, 200);
	answer_clear(&first);
	buf_free(&request);
	assert_int_equal(count_events(talk), before + 1);
	json_t *found = talk_query(talk, "sms_messages",
	    "{\"messageSid\":\"SM00000000000000000000000000000006\"}");
	assert_int_equal(json_array_size(found), 1);
	json_decref(found);
}

TEST(duplicates_are_counted)
{
	struct talk *talk = *state;
	talk_stop(talk);
	talk_again(talk);
	json_t *events = talk_events(talk);
	json_t *last = json_array_get(events, json_array_size(events) - 1);
	assert_int_equal(
	    json_integer_value(json_object_get(last, "duplicates")), STORM - 1);
	json_decref(events);
}

TEST_GROUP(talk_setup, talk_teardown)
