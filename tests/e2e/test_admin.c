/* The owner's listener: alive, ready, counted. */
#include "talk_jobs.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static int get(const struct talk *talk, const char *path, struct answer *answer)
{
	char request[200];
	(void)snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n", path);
	int fd = talk_connect(talk->admin);
	talk_send(fd, request, strlen(request));
	talk_receive(fd, answer);
	(void)close(fd);
	return answer->status;
}

static void expect_metric(const struct talk *talk, const char *line)
{
	struct answer answer;
	assert_int_equal(get(talk, "/metrics", &answer), 200);
	if (strstr(answer.body.ptr, line) == NULL)
		fail_msg("no %s in\n%s", line, answer.body.ptr);
	answer_clear(&answer);
}

TEST(webhooks_are_counted_by_outcome)
{
	struct talk *talk = *state;
	talk_expect(talk, "/twilio/sms", "MessageSid=SM1&Body=a", 200);
	talk_expect(talk, "/twilio/sms", "MessageSid=SM1&Body=a", 200);
	struct buf request = {0};
	struct answer answer;
	talk_request(&request, "/twilio/sms", "", "MessageSid=SM2");
	talk_once(talk, &answer, &request);
	assert_int_equal(answer.status, 400);
	answer_clear(&answer);
	buf_free(&request);
	expect_metric(talk, "offhook_webhooks_total{outcome=\"done\"} 1\n");
	expect_metric(talk, "offhook_webhooks_total{outcome=\"repeat\"} 1\n");
	expect_metric(talk, "offhook_webhooks_total{outcome=\"unsigned\"} 1\n");
	expect_metric(talk, "offhook_http_refused_total{code=\"404\"} 0\n");
	struct buf astray = {0};
	talk_request(&astray, "/nothing", "", "");
	talk_once(talk, &answer, &astray);
	assert_int_equal(answer.status, 404);
	answer_clear(&answer);
	buf_free(&astray);
	expect_metric(talk, "offhook_http_refused_total{code=\"404\"} 1\n");
	expect_metric(talk, "offhook_log_left_out_total{sort=\"no-route\"} 0\n");
	expect_metric(talk, "offhook_store_events_total 1\n");
	expect_metric(talk, "offhook_store_healthy 1\n");
}

TEST(only_its_three_pages_are_there)
{
	struct talk *talk = *state;

	static const struct {
		const char *path;
		int want;
	} rows[] = {{"/healthz", 200}, {"/readyz", 200}, {"/metrics", 200}, {"/", 404},
	    {"/twilio/sms", 404}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct answer answer;
		assert_int_equal(get(talk, rows[i].path, &answer), rows[i].want);
		answer_clear(&answer);
	}
}

TEST(a_store_that_cannot_write_is_alive_and_not_ready)
{
	struct talk *talk = *state;
	struct rlimit limit = {0, RLIM_INFINITY};
	struct answer answer;
	assert_int_equal(prlimit(talk->pid, RLIMIT_FSIZE, &limit, NULL), 0);
	talk_post(talk, &answer, "/twilio/sms", "MessageSid=SM9&Body=a");
	assert_int_equal(answer.status, 503);
	answer_clear(&answer);
	assert_int_equal(get(talk, "/healthz", &answer), 200);
	answer_clear(&answer);
	assert_int_equal(get(talk, "/readyz", &answer), 503);
	answer_clear(&answer);
	limit.rlim_cur = RLIM_INFINITY;
	assert_int_equal(prlimit(talk->pid, RLIMIT_FSIZE, &limit, NULL), 0);
	talk_expect(talk, "/twilio/sms", "MessageSid=SM9&Body=a", 200);
	assert_int_equal(get(talk, "/readyz", &answer), 200);
	answer_clear(&answer);
}

static const char *const with_admin[] = {"--admin", "127.0.0.1:0", NULL};

static void find_admin(struct talk *talk)
{
	for (int i = 0; talk->admin[0] == '\0' && i < 100; i++) {
		(void)usleep(20000);
		(void)talk_find_admin(talk);
	}
}

TEST(jobs_are_counted_by_queue)
{
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/jobs", with_admin);
	find_admin(&talk);
	talk_enqueue(&talk, "SM1", "note", "");
	talk_enqueue(&talk, "SM2", "flaky", "");
	talk_enqueue(&talk, "SM3", "hopeless", "");
	talk_enqueue(&talk, "SM4", "note", "&Delay=600");
	talk_await(&talk, "flaky", "done", 1);
	talk_await(&talk, "hopeless", "dead", 1);
	talk_await(&talk, "offhook.failures", "done", 1);
	expect_metric(&talk, "offhook_jobs_started_total 6\n");
	expect_metric(&talk, "offhook_jobs_done_total 3\n");
	expect_metric(&talk, "offhook_jobs_failed_total 3\n");
	expect_metric(&talk, "offhook_jobs_dead_total 1\n");
	expect_metric(&talk, "offhook_jobs_snoozed_total 0\n");
	expect_metric(&talk, "offhook_jobs_running 0\n");
	expect_metric(&talk, "offhook_jobs_waiting{queue=\"note\"} 1\n");
	expect_metric(&talk, "offhook_jobs_dead{queue=\"hopeless\"} 1\n");
	expect_metric(&talk, "offhook_jobs_oldest_due_seconds{queue=\"note\"} 0\n");
	talk_end(&talk);
}

static int start(void **state)
{
	static struct talk talk;
	talk_start(&talk, with_admin);
	find_admin(&talk);
	*state = &talk;
	return 0;
}

TEST_GROUP(start, talk_teardown)
