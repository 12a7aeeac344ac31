/* Handler processes: what a handler does wrong costs its own webhook its reply, and
 * nothing else. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conversation.h"
#include "util/text.h"

enum { CLIENTS = 4, EACH = 150 };

static const char *const patient[] = {"--handler-timeout", "3s", NULL};

static void form_of(char out[160], const char *sid, const char *from, const char *body)
{
	(void)snprintf(
	    out, 160, "MessageSid=%s&From=%s&To=%%2B1999&Body=%s", sid, from, body);
}

static void expect(const struct talk *talk, const char *path, const char *sid,
    const char *body, const char *text)
{
	char form[160];
	form_of(form, sid, "%2B1555", body);
	talk_expect_text(talk, path, form, text);
}

/* A text of the event of that SID; kept until the next call. */
static const char *event_text(
    const struct talk *talk, const char *sid, const char *field)
{
	static char text[512];
	json_t *events = talk_events(talk);
	size_t index;
	json_t *event;
	text[0] = '\0';
	json_array_foreach(events, index, event) {
		const char *value = json_string_value(json_object_get(event, field));
		if (strcmp(json_string_value(json_object_get(event, "sid")), sid) == 0)
			(void)snprintf(
			    text, sizeof(text), "%s", value != NULL ? value : "");
	}
	json_decref(events);
	return text;
}

TEST(a_crash_is_told_with_its_place)
{
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/rogue", NULL);
	expect(&talk, "/sms", "SM1", "crash", "<Message>Try later, +1555</Message>");
	assert_string_equal(event_text(&talk, "SM1", "state"), "failed");
	assert_true(talk_logged(&talk, "the handler crashed (SIGSEGV"));
	assert_true(talk_logged(&talk, "crash_here+0x"));
	assert_true(talk_logged(&talk, "on_sms+0x"));
	expect(&talk, "/sms", "SM1", "crash", "Try later"); /* a repeat */
	expect(&talk, "/sms", "SM2", "hello", "Fine: SM2");
	assert_int_equal(talk_count(&talk, "seen", "{}"), 1);
	talk_end(&talk);
}

/* Waits: one that starts has not set it yet. False when it has ended. */
static bool leaves_no_core(pid_t pid)
{
	struct rlimit core = {1, 1};
	for (int waited = 0; waited < 4000 && core.rlim_cur != 0; waited++) {
		if (prlimit(pid, RLIMIT_CORE, NULL, &core) < 0)
			return false;
		(void)usleep(5000);
	}
	assert_int_equal(core.rlim_cur, 0);
	return true;
}

/* How many processes the server has started, each with no core file to leave. */
static int children_without_core(pid_t server)
{
	char command[96];
	int pid, count = 0;
	(void)snprintf(
	    command, sizeof(command), "cat /proc/%d/task/*/children", (int)server);
	FILE *children = popen(command, "r");
	assert_non_null(children);
	while (fscanf(children, "%d", &pid) == 1)
		count += leaves_no_core(pid);
	(void)pclose(children);
	return count;
}

/* It would hold the bodies of messages. */
TEST(no_handler_process_leaves_a_core_file)
{
	struct talk talk;
	struct rlimit core;
	assert_int_equal(getrlimit(RLIMIT_CORE, &core), 0);
	core.rlim_cur = core.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_CORE, &core), 0);
	talk_start_program(&talk, APPS_DIR "/rogue", NULL);
	expect(&talk, "/sms", "SM1", "hello", "Fine: SM1");
	assert_true(children_without_core(talk.pid) > 0);
	talk_end(&talk);
}

TEST(exit_fails_its_event)
{
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/rogue", NULL);
	expect(&talk, "/sms", "SM1", "exit", "Try later");
	assert_string_equal(event_text(&talk, "SM1", "state"), "failed");
	assert_true(talk_logged(&talk, "the handler called exit(3)"));
	talk_end(&talk);
}

TEST(a_late_handlers_writes_are_committed_and_its_reply_dropped)
{
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/rogue", NULL);
	expect(&talk, "/sms", "SM0", "hello", "Fine");
	expect(&talk, "/slow", "SM1", "sleep+1600", "<Response/>");
	assert_string_equal(event_text(&talk, "SM1", "state"), "late");
	for (int i = 0; i < 400 && talk_count(&talk, "seen", "{}") == 1; i++)
		(void)usleep(20000);
	assert_int_equal(talk_count(&talk, "seen", "{\"sid\": \"SM1\"}"), 1);
	assert_string_equal(event_text(&talk, "SM1", "state"), "late");
	expect(&talk, "/slow", "SM1", "sleep+1600", "<Response/>");
	assert_int_equal(talk_count(&talk, "seen", "{}"), 2);
	talk_end(&talk);
}

TEST(a_hanging_handler_is_killed_and_nothing_of_it_is_stored)
{
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/rogue", patient);
	expect(&talk, "/slow", "SM1", "sleep+60000", "<Response/>");
	assert_true(talk_logged(&talk, "ran for more than 3 s and was killed"));
	expect(&talk, "/slow", "SM2", "hello", "Fine: SM2");
	assert_int_equal(talk_count(&talk, "seen", "{\"sid\": \"SM1\"}"), 0);
	talk_end(&talk);
}

/* As when a service manager stops all processes of a service at once. */
TEST(a_handler_is_not_ended_by_a_sigterm)
{
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/rogue", NULL);
	expect(&talk, "/sms", "SM1", "terminate", "Fine: SM1");
	assert_int_equal(talk_count(&talk, "seen", "{\"sid\": \"SM1\"}"), 1);
	talk_end(&talk);
}

TEST(a_handler_that_logs_in_a_loop_is_cut_short)
{
	struct talk talk;
	size_t len;
	talk_start_program(&talk, APPS_DIR "/rogue", NULL);
	expect(&talk, "/sms", "SM1", "log", "Fine: SM1");
	assert_true(talk_logged(&talk, "a handler logged too much"));
	char *log = text_read_file(talk.log, 64U << 20, &len);
	int lines = 0;
	for (const char *at = log; (at = strstr(at, "again and again")) != NULL; at++)
		lines++;
	assert_in_range(lines, 1000, 20000); /* of 100,000 */
	free(log);
	talk_end(&talk);
}

/* Ours to wait for once their server is gone. */
static bool orphans_end(int *count)
{
	for (int waited_ms = 0; waited_ms < 20000; waited_ms += 20) {
		pid_t pid;
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			(*count)++;
		if (pid < 0)
			return true;
		(void)usleep(20000);
	}
	return false;
}

TEST(a_hanging_handler_does_not_outlive_a_killed_server)
{
	struct talk talk;
	int orphans = 0;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	talk_start_program(&talk, APPS_DIR "/rogue", NULL);
	expect(&talk, "/slow", "SM1", "sleep+600000", "<Response/>");
	talk_kill(&talk);
	assert_true(orphans_end(&orphans));
	assert_true(orphans > 0);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
	talk_end(&talk);
}

TEST(anybody_may_call_an_unsigned_route)
{
	struct talk talk;
	struct answer answer;
	struct buf request = {0};
	talk_start_program(&talk, APPS_DIR "/rogue", NULL);
	for (int i = 0; i < 2; i++) { /* the same twice is no repeat */
		buf_clear(&request);
		buf_puts(&request, "PUT /open/a%20b HTTP/1.1\r\nHost: x\r\n"
				   "Content-Type: text/csv\r\nContent-Length: 3\r\n\r\n"
				   "1,2");
		talk_once(&talk, &answer, &request);
		assert_int_equal(answer.status, 200);
		assert_string_equal(buf_text(&answer.body), "a b");
		answer_clear(&answer);
	}
	assert_int_equal(talk_count(&talk, "opened", "{\"id\": \"a b\"}"), 2);
	buf_clear(&request);
	buf_puts(
	    &request, "POST /open/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	talk_once(&talk, &answer, &request);
	assert_int_equal(answer.status, 405);
	assert_non_null(strstr(buf_text(&answer.head), "Allow: GET, PUT"));
	answer_clear(&answer);
	buf_free(&request);
	talk_end(&talk);
}

/* ---- many at a time ---- */

struct client {
	const struct talk *talk;
	const char *path, *from; /* NULL: each its own */
	int number;
	bool rogue;
	pthread_t thread;
	int wrong;
};

static const char *body_of(const struct client *client, int i)
{
	static const char *const rogue[] = {
	    "crash", "exit", "abort", "leak", "sleep+15", "crash"};
	return client->rogue ? rogue[i % 6] : "fine";
}

static void *client_main(void *arg)
{
	struct client *client = arg;
	int count = client->rogue ? EACH / 10 : EACH;
	for (int i = 0; i < count; i++) {
		char sid[40];
		char from[40];
		char form[160];
		struct answer answer;
		(void)snprintf(sid, sizeof(sid), "SM%d_%d", client->number, i);
		(void)snprintf(from, sizeof(from), "%%2B1%d%d", client->number, i);
		form_of(form, sid, client->from != NULL ? client->from : from,
		    body_of(client, i));
		talk_post(client->talk, &answer, client->path, form);
		bool right = answer.status == 200 &&
			     (client->rogue ||
				 strstr(buf_text(&answer.body), "Try later") == NULL);
		client->wrong += !right;
		answer_clear(&answer);
	}
	return NULL;
}

static int run_clients(struct client *clients, int count)
{
	int wrong = 0;
	for (int i = 0; i < count; i++)
		assert_int_equal(
		    pthread_create(&clients[i].thread, NULL, client_main, &clients[i]),
		    0);
	for (int i = 0; i < count; i++) {
		(void)pthread_join(clients[i].thread, NULL);
		wrong += clients[i].wrong;
	}
	return wrong;
}

TEST(rogues_cost_no_other_webhook_anything)
{
	struct talk talk;
	struct client clients[CLIENTS + 1];
	talk_start_program(&talk, APPS_DIR "/rogue", NULL);
	for (int i = 0; i <= CLIENTS; i++)
		clients[i] = (struct client){
		    .talk = &talk, .path = "/sms", .number = i, .rogue = i == CLIENTS};
	assert_int_equal(run_clients(clients, CLIENTS + 1), 0);
	assert_int_equal(
	    talk_count(&talk, "seen", "{\"body\": \"fine\"}"), CLIENTS * EACH);
	talk_end(&talk);
}

TEST(handlers_of_a_conversation_run_one_by_one)
{
	static const char *const lanes[] = {"--threads", "3", NULL};
	struct talk talk;
	struct client clients[CLIENTS];
	talk_start_program(&talk, APPS_DIR "/rogue", lanes);
	for (int i = 0; i < CLIENTS; i++)
		clients[i] = (struct client){
		    .talk = &talk, .path = "/ordered", .number = i, .from = "%2B1555"};
	assert_int_equal(run_clients(clients, CLIENTS), 0);
	for (int n = 0; n < CLIENTS * EACH; n += 37) {
		char filter[32];
		(void)snprintf(filter, sizeof(filter), "{\"n\": %d}", n);
		assert_int_equal(talk_count(&talk, "ordered", filter), 1);
	}
	talk_end(&talk);
}

int main(void)
{
	/* Of the apps: a sanitizer's own handlers would take the crash. */
	(void)setenv("ASAN_OPTIONS", "detect_leaks=1:handle_segv=0:handle_abort=0", 1);
	(void)setenv("TSAN_OPTIONS", "handle_segv=0:handle_abort=0", 1);
	return test_run();
}
