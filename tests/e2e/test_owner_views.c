/* What an owner sees of the store: events, collections and exports of both. */
#include "conversation.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/text.h"

#define SMS  "SM000000000000000000000000000000a1"
#define CALL "CA000000000000000000000000000000a2"

enum { PATIENCE_MS = 20000 };

/* Events 1 to 3: a message that came twice, its undelivered reply, a call. */
static int start_with_events(void **state)
{
	static const char message[] =
	    "MessageSid=" SMS "&From=%2B15551230001&To=%2B15559876543&NumMedia=0&Body="
	    "a%2C+%22b%22%1B";
	if (talk_setup(state) != 0)
		return -1;
	struct talk *talk = *state;
	talk_expect(talk, "/twilio/sms", message, 200);
	talk_expect(talk, "/twilio/sms", message, 200);
	talk_expect(talk, "/twilio/sms/status",
	    "MessageSid=" SMS "&MessageStatus=undelivered&ErrorCode=30003"
	    "&From=%2B15559876543&To=%2B15551230001",
	    204);
	talk_expect(talk, "/twilio/voice",
	    "CallSid=" CALL "&CallStatus=ringing&From=%2B15551230001&To=%2B15559876543",
	    200);
	return 0;
}

TEST_GROUP(start_with_events, talk_teardown)

/* What `offhook …` prints; it must end with that code. The caller's. */
static struct buf printed(int want, bool of_stderr, const char *const *words)
{
	struct buf out = {0};
	struct buf err = {0};
	int code = talk_run(&out, &err, words);
	if (code != want)
		fail_msg("offhook %s %s: exit %d\n%s%s", words[0],
		    words[1] != NULL ? words[1] : "", code, buf_text(&out),
		    buf_text(&err));
	buf_free(of_stderr ? &out : &err);
	return of_stderr ? err : out;
}

#define PRINTED(...)       printed(0, false, (const char *const[]){__VA_ARGS__, NULL})
#define REFUSED(code, ...) printed(code, true, (const char *const[]){__VA_ARGS__, NULL})

/* Asserts that the texts (ended by NULL) are in the output, in that order; frees it. */
static void expect_in_order(struct buf out, const char *const *wanted)
{
	const char *at = buf_text(&out);
	for (; *wanted != NULL; wanted++) {
		const char *found = strstr(at, *wanted);
		if (found == NULL)
			fail_msg("%s\nis not, or not there, in\n%s", *wanted,
			    buf_text(&out));
		at = found + strlen(*wanted);
	}
	buf_free(&out);
}

#define EXPECT(out, ...) expect_in_order(out, (const char *const[]){__VA_ARGS__, NULL})

/* ---- events ---- */

TEST(a_list_of_events_says_who_wrote_what_and_how_it_ended)
{
	const struct talk *talk = *state;
	EXPECT(PRINTED("events", "--data", talk->data), "     1  20", "  sms.received ",
	    " 200 done ", "+15551230001 → +15559876543  a, \"b\"\\x1b  +1 repeated\n",
	    "     2  20", "  sms.status ", " 204 done ", "  undelivered (30003)\n",
	    "     3  20", "  call.received ", "  ringing\n");
	struct buf out =
	    PRINTED("events", "--data", talk->data, "--kind", "sms.status");
	assert_null(strstr(buf_text(&out), "ringing"));
	EXPECT(out, "     2  20");
}

TEST(an_event_is_shown_whole)
{
	const struct talk *talk = *state;
	EXPECT(PRINTED("events", "show", "1", "--data", talk->data), "Event       1\n",
	    "Kind        sms.received\n", "SID         " SMS "\n",
	    "Route       /twilio/sms\n", "Received    20",
	    "State       done\nRepeated    1\n", "\nParameters\n",
	    "  From               +15551230001\n",
	    "  Body               a, \"b\"\\x1b\n",
	    "\nReply 200 text/xml; charset=utf-8\n", "+15559876543\n",
	    "Thanks for your message! We received: \"a, \"b\"");
	EXPECT(PRINTED("events", "show", "2", "--data", talk->data),
	    "Kind        sms.status\n", "Repeated    0\n",
	    "  ErrorCode          30003\n", "\nReply 204 \n(no reply)\n");
	EXPECT(PRINTED("events", "show", "3", "--data", talk->data),
	    "SID         " CALL "\n", "\nReply 200 ",
	    "says “Hello! Thank you for calling.");
}

TEST(an_event_is_shown_as_json)
{
	const struct talk *talk = *state;
	struct buf out = PRINTED("events", "show", "1", "--json", "--data", talk->data);
	json_t *event = json_loads(buf_text(&out), 0, NULL);
	json_int_t id, duplicates;
	int status;
	const char *kind, *sid, *event_state, *from, *text;
	assert_int_equal(
	    json_unpack(event, "{s:I, s:I, s:s, s:s, s:s, s:{s:i}, s:{s:s, s:s}}", "id",
		&id, "duplicates", &duplicates, "kind", &kind, "sid", &sid, "state",
		&event_state, "reply", "status", &status, "params", "From", &from,
		"Body", &text),
	    0);
	assert_int_equal(id, 1);
	assert_int_equal(duplicates, 1);
	assert_int_equal(status, 200);
	assert_string_equal(kind, "sms.received");
	assert_string_equal(sid, SMS);
	assert_string_equal(event_state, "done");
	assert_string_equal(from, "+15551230001");
	assert_string_equal(text, "a, \"b\"\033");
	assert_null(json_object_get(event, "failure"));
	json_decref(event);
	buf_free(&out);
}

TEST(an_event_that_is_not_there_is_a_failure)
{
	const struct talk *talk = *state;
	EXPECT(REFUSED(1, "events", "show", "99", "--data", talk->data),
	    "there is no event 99");
	EXPECT(REFUSED(1, "events", "show", "x", "--data", talk->data),
	    "\"x\" is no event's id");
	EXPECT(REFUSED(2, "events", "show"), "usage: events show ID");
	EXPECT(REFUSED(2, "events", "show", "1", "--kind", "json"),
	    "`events show` takes no --kind");
	EXPECT(REFUSED(2, "events", "--all"), "`events list` takes no --all");
	EXPECT(REFUSED(2, "events", "retry", "1", "--follow"),
	    "`events retry` takes no --follow");
	EXPECT(REFUSED(2, "events", "1"), "did you mean `events show 1`?");
}

/* ---- events --follow ---- */

struct followed {
	pid_t pid;
	int fd;
	struct buf said;
};

static void follow(struct followed *followed, const struct talk *talk, const char *kind)
{
	int ends[2];
	pid_t parent = getpid();
	*followed = (struct followed){0};
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	followed->fd = ends[0];
	followed->pid = fork();
	assert_true(followed->pid >= 0);
	if (followed->pid == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
			execl(OFFHOOK_BIN, "offhook", "events", "--follow", "--limit",
			    "1", "--kind", kind, "--data", talk->data, (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
}

/* Waits until it has printed that. */
static void await(struct followed *followed, const char *text)
{
	struct pollfd ready = {.fd = followed->fd, .events = POLLIN};
	while (strstr(buf_text(&followed->said), text) == NULL) {
		char bytes[4096];
		ssize_t n = poll(&ready, 1, PATIENCE_MS) == 1
				? read(followed->fd, bytes, sizeof(bytes))
				: 0;
		if (n <= 0)
			fail_msg("%s\ndid not come after\n%s", text,
			    buf_text(&followed->said));
		buf_add(&followed->said, bytes, (size_t)n);
	}
}

TEST(events_are_followed_until_ctrl_c)
{
	const struct talk *talk = *state;
	struct followed followed;
	int status = -1;
	follow(&followed, talk, "sms.received");
	await(&followed, "a, \"b\"");
	talk_expect(talk, "/twilio/voice",
	    "CallSid=CA000000000000000000000000000000a8&CallStatus=ringing&From="
	    "%2B15551230002&To=%2B15559876543",
	    200);
	talk_expect(talk, "/twilio/sms",
	    "MessageSid=SM000000000000000000000000000000a9&From=%2B15551230001&To="
	    "%2B15559876543&NumMedia=0&Body=while+you+look",
	    200);
	await(&followed, "while you look\n");
	assert_null(strstr(buf_text(&followed.said), "call.received"));
	/* Each once. */
	const char *first = strstr(buf_text(&followed.said), "a, \"b\"");
	assert_null(strstr(first + 1, "a, \"b\""));
	assert_int_equal(kill(followed.pid, SIGINT), 0);
	assert_int_equal(waitpid(followed.pid, &status, 0), followed.pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	(void)close(followed.fd);
	buf_free(&followed.said);
}

/* ---- query ---- */

TEST(collections_are_listed_with_their_key_and_how_many)
{
	const struct talk *talk = *state;
	EXPECT(PRINTED("query", "--data", talk->data, "--json"),
	    "{\"collection\":\"calls\",\"key\":\"callSid\",\"count\":",
	    "{\"collection\":\"offhook.alerts\",\"key\":\"group\",\"count\":0}\n",
	    "{\"collection\":\"sms_messages\",\"key\":\"messageSid\",\"count\":2}\n");
	EXPECT(PRINTED("query", "--data", talk->data), "calls  ", "  key callSid\n",
	    "offhook.alerts                    0  key group\n",
	    "sms_messages                      2  key messageSid\n");
}

TEST(documents_are_sorted_skipped_and_counted)
{
	const struct talk *talk = *state;
	static const char filter[] = "{\"from\":\"+15551230001\"}";
	EXPECT(
	    PRINTED("query", "sms_messages", "--data", talk->data, "--sort", "-body"),
	    "while you look", "a, \\\"b\\\"");
	EXPECT(PRINTED("query", "sms_messages", "--data", talk->data, "--sort", "body"),
	    "a, \\\"b\\\"", "while you look");
	struct buf out = PRINTED("query", "sms_messages", filter, "--data", talk->data,
	    "--sort", "{\"body\": 1}", "--skip", "1", "--limit", "1");
	assert_null(strstr(buf_text(&out), "a, \\\"b\\\""));
	EXPECT(out, "while you look");
	out = PRINTED("query", "sms_messages", filter, "--count", "--data", talk->data);
	assert_string_equal(buf_text(&out), "2\n");
	buf_free(&out);
	out = PRINTED("query", "sms_messages", "{\"from\":\"x\"}", "--count", "--json",
	    "--data", talk->data);
	assert_string_equal(buf_text(&out), "{\"count\":0}\n");
	buf_free(&out);
	EXPECT(REFUSED(1, "query", "sms_message", "--data", talk->data),
	    "did you mean \"sms_messages\"?");
	EXPECT(REFUSED(2, "query", "calls", "--sort", "{", "--data", talk->data),
	    "--sort is not JSON");
}

/* ---- export ---- */

TEST(events_become_csv_with_a_column_for_each_part)
{
	const struct talk *talk = *state;
	static const char filter[] = "{\"kind\":\"sms.received\"}";
	struct buf out = PRINTED(
	    "export", "events", filter, "--format", "csv", "--data", talk->data);
	assert_int_equal(strncmp(buf_text(&out),
			     "id,kind,sid,route,receivedAt,state,duplicates,"
			     "reply.status,reply.type,reply.body,params.",
			     88),
	    0);
	assert_null(strstr(buf_text(&out), "params.CallSid"));
	assert_null(strstr(buf_text(&out), "call.received"));
	assert_null(strstr(buf_text(&out), "{"));
	EXPECT(out, "params.From,", "params.Body\r\n",
	    "1,sms.received," SMS ",/twilio/sms,20", "Z,done,1,200,text/xml",
	    ",+15551230001,+15559876543,0,\"a, \"\"b\"\"\033\"\r\n");
	out = PRINTED("export", "events", filter, "--format", "csv",
	    "--spreadsheet-safe", "--data", talk->data);
	EXPECT(out, ",'+15551230001,'+15559876543,");
}

TEST(events_become_json_lines)
{
	const struct talk *talk = *state;
	struct buf out = PRINTED("export", "events",
	    "{\"params.MessageStatus\":\"undelivered\"}", "--data", talk->data);
	json_t *event = json_loads(buf_text(&out), 0, NULL);
	assert_int_equal(json_integer_value(json_object_get(event, "id")), 2);
	assert_string_equal(json_string_value(json_object_get(
				json_object_get(event, "params"), "ErrorCode")),
	    "30003");
	json_decref(event);
	buf_free(&out);
}

TEST(an_exported_file_is_private_and_appears_whole)
{
	const struct talk *talk = *state;
	char path[100];
	struct stat status;
	size_t len;
	(void)snprintf(path, sizeof(path), "%s/out.jsonl", talk->dir);
	EXPECT(REFUSED(0, "export", "sms_messages", "-o", path, "--data", talk->data),
	    "2 written to ", path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	char *text = text_read_file(path, 1U << 20, &len);
	assert_non_null(text);
	assert_non_null(strstr(text, "\"while you look\""));
	free(text);
	EXPECT(REFUSED(1, "export", "sms_message", "-o", path, "--data", talk->data),
	    "did you mean \"sms_messages\"?");
	assert_int_equal(stat(path, &status), 0);
	(void)snprintf(path, sizeof(path), "%s/none/out", talk->dir);
	EXPECT(REFUSED(1, "export", "events", "-o", path, "--data", talk->data), path,
	    "No such file or directory");
	EXPECT(REFUSED(2, "export", "events", "--format", "xml"),
	    "\"xml\" is neither csv nor jsonl");
	/* Nothing half-written stays. */
	char command[200];
	(void)snprintf(
	    command, sizeof(command), "ls %s | grep -q out.jsonl.", talk->dir);
	assert_int_not_equal(system(command), 0);
}
