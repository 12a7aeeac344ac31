/* What anybody may send is stored when its handler takes it, and then within bounds. */
#include "conversation.h"

#include <stdio.h>
#include <string.h>

static int post(
    const struct talk *talk, const char *target, const char *headers, const char *body)
{
	struct buf request = {0};
	struct answer answer;
	talk_request(&request, target, headers, body);
	talk_once(talk, &answer, &request);
	int status = answer.status;
	answer_clear(&answer);
	buf_free(&request);
	return status;
}

static size_t events(const struct talk *talk)
{
	json_t *list = talk_events(talk);
	size_t count = json_array_size(list);
	json_decref(list);
	return count;
}

/* faults 3.5 */
TEST(what_a_handler_does_not_take_leaves_nothing)
{
	static const struct {
		const char *target;
		int status;
	} rows[] = {
	    {"/known?act=take", 401},
	    {"/open?act=refuse", 400},
	    {"/open?act=crash", 500},
	    {"/open?act=fail", 500},
	    {"/slow?act=late", 503},
	};
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/open", NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = post(&talk, rows[i].target, "", "a=b");
		if (status != rows[i].status)
			fail_msg("%s: %d", rows[i].target, status);
	}
	assert_int_equal(
	    post(&talk, "/known?act=fail", "X-Token: known\r\n", "a=b"), 500);
	talk_stop(&talk); /* the late one has ended */
	assert_int_equal(events(&talk), 0);
	talk_again(&talk);
	assert_int_equal(
	    post(&talk, "/known?act=take", "X-Token: known\r\n", "a=b"), 201);
	assert_int_equal(events(&talk), 1);
	assert_int_equal(talk_count(&talk, "taken", "{}"), 1);
	talk_end(&talk);
}

/* faults 3.5 */
TEST(what_a_handler_takes_is_stored_with_its_writes_and_jobs)
{
	static const struct {
		const char *target;
		int status;
		bool writes;
	} rows[] = {
	    {"/known?act=take", 201, true},
	    {"/known?act=move", 303, true},
	    {"/known?act=count", 403, true},
	    {"/known?act=read", 204, false},
	};
	struct talk talk;
	size_t wrote = 0;
	talk_start_program(&talk, APPS_DIR "/open", NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = post(&talk, rows[i].target, "X-Token: known\r\n", "a=b");
		if (status != rows[i].status)
			fail_msg("%s: %d", rows[i].target, status);
		wrote += rows[i].writes ? 1 : 0;
		if (i == 0)
			talk_kill(&talk); /* acknowledged means stored */
		if (i == 0)
			talk_again(&talk);
	}
	assert_int_equal(events(&talk), 4);
	assert_int_equal(talk_count(&talk, "taken", "{}"), wrote);
	while (talk_count(&talk, "worked", "{}") < wrote)
		;
	talk_end(&talk);
}

/* faults 3.5 */
TEST(a_route_stores_its_share_of_an_hour_and_no_more)
{
	static const char *const little[] = {
	    "--max-unsigned", "20k", "--admin", "127.0.0.1:0", NULL};
	char long_form[5000] = "a=";
	struct talk talk;
	int taken = 0;
	memset(long_form + 2, 'x', sizeof(long_form) - 3);
	talk_start_program(&talk, APPS_DIR "/open", little);
	while (post(&talk, "/open?act=take", "", long_form) == 201)
		taken++;
	assert_true(taken >= 3 && taken <= 4);
	assert_int_equal(post(&talk, "/open?act=take", "", "a=b"), 503);
	assert_int_equal(events(&talk), taken);
	assert_true(talk_logged(&talk, "an unsigned route has stored as much"));
	/* neither another route's, nor a signed one's */
	assert_int_equal(
	    post(&talk, "/known?act=take", "X-Token: known\r\n", "a=b"), 201);
	talk_expect(&talk, "/twilio/sms", "MessageSid=SM1&From=%2B1&Body=hi", 200);
	assert_true(talk_find_admin(&talk));
	struct buf request = {0};
	struct answer answer;
	int fd = talk_connect(talk.admin);
	buf_puts(&request, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	talk_send(fd, request.ptr, request.len);
	talk_receive(fd, &answer);
	assert_non_null(strstr(
	    buf_text(&answer.body), "offhook_webhooks_total{outcome=\"spent\"} 2\n"));
	answer_clear(&answer);
	buf_free(&request);
	talk_end(&talk);
}
