/* Trouble: a full disk, a slow sender, SIGTERM under load, a second server. */
#include "conversation.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static void sms_form(char out[200], unsigned number)
{
	(void)snprintf(out, 200,
	    "MessageSid=SM%032x&From=%%2B15551230001&To=%%2B15559990000&Body=%08u",
	    number, number);
}

/* A file-size limit is how a full disk looks from inside; it can be lifted again. */
static void set_file_limit(const struct talk *talk, rlim_t bytes)
{
	struct rlimit limit;
	assert_int_equal(prlimit(talk->pid, RLIMIT_FSIZE, NULL, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(prlimit(talk->pid, RLIMIT_FSIZE, &limit, NULL), 0);
}

TEST(a_full_disk_is_a_503_and_heals_without_a_restart)
{
	struct talk talk;
	char form[200];
	unsigned number = 1;
	talk_start(&talk, NULL);
	sms_form(form, number++);
	talk_expect(&talk, "/twilio/sms", form, 200);
	set_file_limit(&talk, 65536); /* the log comes there soon */
	int status = 200;
	for (int i = 0; i < 50 && status == 200; i++) {
		struct answer answer;
		sms_form(form, number++);
		talk_post(&talk, &answer, "/twilio/sms", form);
		status = answer.status;
		answer_clear(&answer);
	}
	assert_int_equal(status, 503);
	assert_true(talk_logged(&talk, "disk"));
	set_file_limit(&talk, RLIM_INFINITY);
	talk_expect(&talk, "/twilio/sms", form, 200); /* the refused one again */
	unsigned stored = number - 1;
	talk_kill(&talk);
	talk_again(&talk);
	json_t *events = talk_events(&talk);
	assert_int_equal(json_array_size(events), stored);
	json_decref(events);
	talk_end(&talk);
}

TEST(a_dripping_sender_is_cut_off)
{
	struct talk talk;
	struct answer answer;
	const char *const extra[] = {"--request-timeout", "300ms", NULL};
	talk_start(&talk, extra);
	int fd = talk_connect(talk.address);
	const char *request =
	    "POST /twilio/sms HTTP/1.1\r\nHost: e\r\nContent-Length: 9999"
	    "\r\nX-Twilio-Signature: x\r\n\r\n";
	talk_send(fd, request, strlen(request));
	for (int i = 0; i < 200; i++) {
		if (send(fd, "a", 1, MSG_NOSIGNAL) != 1)
			break;
		(void)usleep(10000);
	}
	talk_receive(fd, &answer);
	assert_int_equal(answer.status, 408);
	answer_clear(&answer);
	(void)close(fd);
	talk_expect(&talk, "/twilio/sms", "MessageSid=SM1&Body=still+here", 200);
	talk_end(&talk);
}

/* Requests whose bytes have arrived are answered; none fails. */
TEST(sigterm_drains)
{
	struct talk talk;

	enum { CLIENTS = 40 };

	int fds[CLIENTS];
	talk_start(&talk, NULL);
	for (int i = 0; i < CLIENTS; i++) {
		char form[200];
		char signature[64];
		struct buf request = {0};
		sms_form(form, 1000U + (unsigned)i);
		talk_signature(signature, TALK_TOKEN, TALK_URL "/twilio/sms", form);
		talk_request(&request, "/twilio/sms", signature, form);
		fds[i] = talk_connect(talk.address);
		/* Half of them have sent all but the last byte when the signal comes. */
		talk_send(fds[i], request.ptr, request.len - (i % 2 == 0 ? 1 : 0));
		buf_free(&request);
	}
	(void)usleep(500000);
	assert_int_equal(kill(talk.pid, SIGTERM), 0);
	(void)usleep(100000);
	for (int i = 0; i < CLIENTS; i++) {
		struct answer answer;
		char form[200];
		sms_form(form, 1000U + (unsigned)i);
		if (i % 2 == 0)
			talk_send(fds[i], form + strlen(form) - 1, 1);
		talk_receive(fds[i], &answer);
		assert_int_equal(answer.status, 200);
		answer_clear(&answer);
		(void)close(fds[i]);
	}
	talk_stop(&talk);
	talk_again(&talk);
	json_t *events = talk_events(&talk);
	assert_int_equal(json_array_size(events), CLIENTS);
	json_decref(events);
	talk_end(&talk);
}

TEST(a_second_server_on_the_same_data_is_refused)
{
	struct talk talk;
	struct buf err = {0};
	talk_start(&talk, NULL);
	const char *words[] = {
	    "serve", "--listen", "127.0.0.1:0", "--data", talk.data, NULL};
	assert_int_equal(talk_run(NULL, &err, words), 1);
	char pid[32];
	(void)snprintf(pid, sizeof(pid), "%d", (int)talk.pid);
	assert_non_null(strstr(buf_text(&err), pid));
	buf_free(&err);
	talk_end(&talk);
}

TEST(a_stopped_server_leaves_a_store_anyone_may_read)
{
	struct talk talk;
	talk_start(&talk, NULL);
	talk_expect(&talk, "/twilio/sms", "MessageSid=SM1&Body=a", 200);
	talk_kill(&talk);
	json_t *events = talk_events(&talk);
	assert_int_equal(json_array_size(events), 1);
	json_decref(events);
	talk_again(&talk);
	talk_stop(&talk);
	events = talk_events(&talk);
	assert_int_equal(json_array_size(events), 1);
	json_decref(events);
	talk_end(&talk);
}
