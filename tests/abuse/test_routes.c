/* Floods of requests that are understood: to routes for anybody, and repeats. */
#include "abuse.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { EACH = 10, MIB = 1 << 20, SLOW = 1500 };

/* The statuses that all of them must have, one of two. */
static void flood(struct abuse *abuse, const struct buf *request, int one, int other)
{
	int statuses[ABUSE_ASKS];
	for (int round = 0; abuse_goes_on(abuse, &round, EACH);) {
		abuse_ask(abuse, request, statuses, ABUSE_ASKS);
		for (int i = 0; i < ABUSE_ASKS; i++)
			if (statuses[i] != one && statuses[i] != other)
				fail_msg("answered %d", statuses[i]);
	}
}

static size_t stored(const struct talk *talk, const char *route)
{
	json_t *events = talk_events(talk);
	const json_t *event;
	size_t i, count = 0;
	json_array_foreach(events, i, event)
		count += strcmp(json_string_value(json_object_get(event, "route")),
			     route) == 0;
	json_decref(events);
	return count;
}

/* faults 3.5 */
TEST(a_flood_of_what_nobody_signed_fills_no_disk)
{
	static const char *const little[] = {"--max-unsigned", "64k", NULL};

	static const struct {
		const char *target, *type, *fill;
		int count, one, other;
	} rows[] = {
	    {"/known?act=take", "application/x-www-form-urlencoded", "a=b&", 100, 401,
		401},
	    {"/open?act=refuse", "application/x-www-form-urlencoded", "a=b&", 100, 400,
		400},
	    {"/open?act=fail", "application/json", "[", 10000, 500, 500},
	    {"/open?act=read", "application/json", "[", MIB, 204, 503},
	    {"/open?act=read", "application/x-www-form-urlencoded", "%01", 100000, 503,
		503},
	    {"/slow?act=take", "text/plain", "x", 10, 201, 503},
	    {"/slow?act=late", "text/plain", "x", 10, 503, 503},
	};
	struct abuse abuse;
	struct buf request = {0}, body = {0};
	abuse_open_program(&abuse, APPS_DIR "/open", little);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&request);
		buf_clear(&body);
		for (int n = 0; n < rows[i].count; n++)
			buf_puts(&body, rows[i].fill);
		buf_printf(&request,
		    "POST %s HTTP/1.1\r\nHost: h\r\nContent-Type: %s\r\n"
		    "Content-Length: %zu\r\n\r\n",
		    rows[i].target, rows[i].type, body.len);
		buf_put(&request, buf_span(&body));
		flood(&abuse, &request, rows[i].one, rows[i].other);
	}
	/* Each may pass the limit that was in flight when it was met. */
	assert_true(stored(&abuse.talk, "/open") <= ABUSE_ASKS);
	assert_int_equal(stored(&abuse.talk, "/known"), 0);
	abuse_close(&abuse);
	buf_free(&request);
	buf_free(&body);
}

/* faults 3.5: more slow requests at a time than there may be handler processes */
TEST(slow_handlers_that_anybody_may_call_leave_room_for_others)
{
	static const struct rlimit files = {SLOW + 200, SLOW + 200};
	static const char request[] = "POST /open?act=late HTTP/1.1\r\nHost: h\r\n"
				      "Content-Length: 0\r\n\r\n";
	static int fds[SLOW];
	struct abuse abuse;
	int round = 0;
	for (int i = 0; i < SLOW; i++)
		fds[i] = -1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
	abuse_open_program(&abuse, APPS_DIR "/open", NULL);
	while (abuse_goes_on(&abuse, &round, 2)) {
		abuse_connect_again(&abuse, fds, SLOW);
		for (int i = 0; i < SLOW; i++)
			if (fds[i] >= 0)
				(void)abuse_puts(fds[i], request);
	}
	abuse_close_all(fds, SLOW);
	abuse_close(&abuse);
}

/* faults 3.8 */
TEST(a_flood_of_repeats_is_one_event)
{
	static const char form[] = "MessageSid=SM00000000000000000000000000009999"
				   "&From=%2B15551230001&To=%2B15559990000&Body=again";
	struct abuse abuse;
	struct buf request = {0};
	char signature[64];
	talk_signature(signature, TALK_TOKEN, TALK_URL "/twilio/sms", form);
	talk_request(&request, "/twilio/sms", signature, form);
	abuse_open(&abuse, NULL);
	flood(&abuse, &request, 200, 200);
	assert_int_equal(
	    talk_count(&abuse.talk, "sms_messages", "{\"body\": \"again\"}"), 1);
	abuse_close(&abuse);
	buf_free(&request);
}
