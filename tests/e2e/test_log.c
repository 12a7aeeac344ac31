/* The log as programs read it: --log-format json. */
#include "conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#define SMS(n, body)                                                                   \
	"MessageSid=SM0000000000000000000000000000000" n                               \
	"&From=%2B15551234567&To=%2B1999&Body=" body
#define SID(n) "SM0000000000000000000000000000000" n

static const char *text_of(const json_t *line, const char *name)
{
	const char *text = json_string_value(json_object_get(line, name));
	return text != NULL ? text : "";
}

/* "2026-01-31T12:00:00.000Z" */
static void check_time(const char *time)
{
	int fields[7];
	char end;
	assert_int_equal(strlen(time), 24);
	assert_int_equal(
	    sscanf(time, "%4d-%2d-%2dT%2d:%2d:%2d.%3d%c", &fields[0], &fields[1],
		&fields[2], &fields[3], &fields[4], &fields[5], &fields[6], &end),
	    8);
	assert_int_equal(end, 'Z');
}

static void check_line(const json_t *line)
{
	static const char *const numbers[] = {
	    "status", "us", "job", "more", "seconds", "events", "lines", NULL};
	const char *level = text_of(line, "level");
	check_time(text_of(line, "time"));
	assert_true(strcmp(level, "info") == 0 || strcmp(level, "warn") == 0 ||
		    strcmp(level, "error") == 0 || strcmp(level, "debug") == 0);
	assert_true(*text_of(line, "msg") != '\0');
	for (size_t i = 0; numbers[i] != NULL; i++) {
		const json_t *value = json_object_get(line, numbers[i]);
		if (value != NULL)
			assert_true(json_is_integer(value));
	}
}

/* All lines of a text, each of which is a line of the log. */
static json_t *parse(const char *log)
{
	json_t *lines = json_array();
	while (*log != '\0') {
		size_t len = strcspn(log, "\n");
		json_error_t why;
		json_t *line = json_loadb(log, len, JSON_REJECT_DUPLICATES, &why);
		if (!json_is_object(line))
			fail_msg("%s: %.*s", why.text, (int)len, log);
		check_line(line);
		(void)json_array_append_new(lines, line);
		log += len;
		assert_int_equal(*log, '\n');
		log++;
	}
	return lines;
}

static json_t *read_log(const struct talk *talk)
{
	size_t len;
	char *text = text_read_file(talk->log, 8U << 20, &len);
	assert_non_null(text);
	json_t *lines = parse(text);
	free(text);
	return lines;
}

/* The first line that has the message, and the field's value (NULL: any). */
static const json_t *find(
    const json_t *lines, const char *message, const char *field, const char *value)
{
	size_t i;
	const json_t *line;
	json_array_foreach(lines, i, line) {
		if (strcmp(text_of(line, "msg"), message) == 0 &&
		    (field == NULL || strcmp(text_of(line, field), value) == 0))
			return line;
	}
	fail_msg("no line \"%s\" with %s=%s", message, field == NULL ? "" : field,
	    value == NULL ? "" : value);
	return NULL;
}

static void forge(const struct talk *talk, const char *path)
{
	struct buf request = {0};
	struct answer answer;
	talk_request(
	    &request, path, "X-Twilio-Signature: aGVsbG8=\r\n", SMS("9", "no"));
	talk_once(talk, &answer, &request);
	assert_true(answer.status == 403 || answer.status == 404);
	answer_clear(&answer);
	buf_free(&request);
}

/* faults 5.5: each line of a whole run */
TEST(every_line_of_a_run_is_json)
{
	static const char *const json[] = {"--log-format", "json", NULL};
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/rogue", json);
	talk_expect(&talk, "/sms", SMS("1", "hello"), 200);
	talk_expect(&talk, "/sms", SMS("2", "say"), 200);
	talk_expect(&talk, "/sms", SMS("3", "crash"), 200);
	forge(&talk, "/sms");
	forge(&talk, "/nothing");
	assert_true(talk_logged(&talk, "without an end"));
	talk_stop(&talk);
	json_t *lines = read_log(&talk);

	char listening[100];
	(void)snprintf(
	    listening, sizeof(listening), "listening on http://%s", talk.address);
	(void)find(lines, listening, "address", talk.address);
	const json_t *good = find(lines, "webhook", "sid", SID("1"));
	assert_int_equal(json_integer_value(json_object_get(good, "status")), 200);
	assert_true(json_is_integer(json_object_get(good, "us")));
	(void)find(lines, "webhook refused: the signature does not match", NULL, NULL);
	(void)find(lines, "stopping: requests in flight finish", NULL, NULL);
	const json_t *printed = find(lines, "without an end", "from", "program");
	assert_null(json_object_get(printed, "sid"));

	/* What a handler logs has its webhook's id, and its own names beside ours. */
	const json_t *said =
	    find(lines, "odd   \xEF\xBF\xBD \"quoted\" \xc2\x9b line", "request_id",
		text_of(find(lines, "webhook", "sid", SID("2")), "request_id"));
	assert_string_equal(text_of(said, "msg_"), "mine");
	assert_string_equal(text_of(said, "msg__"), "again");
	assert_string_equal(text_of(said, "request_id_"), "x\xEF\xBF\xBD");
	assert_string_equal(text_of(said, "\xEF\xBF\xBD key\""), "v\\");
	const char *lost =
	    text_of(find(lines, "webhook", "sid", SID("3")), "request_id");
	(void)find(lines, "handler process lost", "request_id", lost);
	assert_string_not_equal(lost, text_of(good, "request_id"));
	assert_true(*text_of(good, "request_id") != '\0');
	json_decref(lines);
	talk_end(&talk);
}

/* faults 5.5: what keeps a server from starting */
TEST(errors_of_a_start_are_json)
{
	struct talk *talk = *state;
	char file[128], conf[160];
	(void)snprintf(file, sizeof(file), "%s/offhook.conf", talk->dir);
	FILE *out = fopen(file, "w");
	assert_non_null(out);
	(void)fputs("no such line\nlog-format = json\n", out);
	(void)fclose(out);
	(void)snprintf(conf, sizeof(conf), "--config=%s", file);
	const char *const words[][8] = {
	    {"serve", "--log-format", "json", "--threads", "x"},
	    {"serve", "--nope", "--log-format=json"},
	    {"serve", "--log-format=json", "too", "many"},
	    {"serve", "--log-format=json", "--listen", talk->address},
	    {"serve", "--log-format=json", "--data", "/proc/nowhere"},
	    {"serve", "--log-format=json", "--data", talk->data},
	    {"serve", "--log-format=json", "--log-level=error", "--templates", "/nope"},
	    {"serve", conf},
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct buf err = {0};
		assert_int_not_equal(talk_run(NULL, &err, words[i]), 0);
		json_t *lines = parse(buf_text(&err));
		const json_t *last = json_array_get(lines, json_array_size(lines) - 1);
		assert_string_equal(text_of(last, "level"), "error");
		json_decref(lines);
		buf_free(&err);
	}
}

/* ---- floods ---- */

enum { FLOOD = 300 };

static void flood(const struct talk *talk, const char *start, const char *rest)
{
	for (int i = 0; i < FLOOD; i++) {
		struct buf request = {0};
		struct answer answer;
		buf_printf(&request, "%s%d%s", start, i, rest);
		talk_once(talk, &answer, &request);
		assert_true(answer.status != 0);
		answer_clear(&answer);
		buf_free(&request);
	}
}

/* How many lines have the message and the field's value; `more` of them is added. */
static json_int_t count(
    const json_t *lines, const char *message, const char *field, const char *value)
{
	size_t i;
	const json_t *line;
	json_int_t sum = 0;
	json_array_foreach(lines, i, line) {
		if (strcmp(text_of(line, "msg"), message) == 0 &&
		    (field == NULL || strcmp(text_of(line, field), value) == 0))
			sum += field == NULL
				   ? json_integer_value(json_object_get(line, "more"))
				   : 1;
	}
	return sum;
}

static void expect_flood(const json_t *lines, json_int_t written, json_int_t most,
    const char *more, json_int_t all)
{
	json_int_t left_out = count(lines, more, NULL, NULL);
	if (written > most || written + left_out != all)
		fail_msg("%s: %lld lines, %lld left out", more, (long long)written,
		    (long long)left_out);
}

/* faults 3.8, 5.3: what strangers decide the number of */
TEST(floods_are_few_lines_and_a_count)
{
	static const char *const json[] = {"--log-format", "json", NULL};
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/rogue", json);
	flood(&talk, "POST /nothing/",
	    " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
	flood(&talk, "GET /sms?",
	    " HTTP/1.1\r\nHost: a\r\nX-Twilio-Signature: aGVsbG8=\r\n\r\n");
	flood(&talk, "GET /open/", " HTTP/1.1\r\nHost: a\r\n\r\n");
	flood(&talk, "PATCH /sms?", " HTTP/1.1\r\nHost: a\r\n\r\n");
	for (int i = 0; i < FLOOD; i++)
		talk_expect(&talk, "/sms", SMS("1", "hello"), 200);
	talk_stop(&talk);
	json_t *lines = read_log(&talk);
	json_int_t unsigned_lines = count(lines, "webhook", "kind", "other");
	expect_flood(lines,
	    count(lines, "request refused", "why", "there is no route of this path"),
	    15, "more requests for paths without a route", FLOOD);
	expect_flood(lines,
	    count(lines, "request refused", "why", "this path is not for that method"),
	    15, "more requests with a method that is not taken", FLOOD);
	expect_flood(lines,
	    count(
		lines, "webhook refused: the signature does not match", "path", "/sms"),
	    180, "more webhooks were refused", FLOOD);
	expect_flood(
	    lines, unsigned_lines, 180, "more webhooks of unsigned routes", FLOOD);
	expect_flood(lines, count(lines, "webhook", "outcome", "repeat"), 180,
	    "more webhooks were repeated", FLOOD - 1);
	json_decref(lines);
	talk_end(&talk);
}

static void stray(const struct talk *talk, const char *request, int status)
{
	struct buf bytes = {0};
	struct answer answer;
	buf_puts(&bytes, request);
	talk_once(talk, &answer, &bytes);
	assert_int_equal(answer.status, status);
	answer_clear(&answer);
	buf_free(&bytes);
}

/* faults 5.3: a wrong URL, method or size in the Twilio Console */
TEST(a_wrong_url_is_told_with_what_was_meant)
{
	struct talk *talk = *state;
	stray(talk,
	    "POST /twilio/sms/?token=hidden HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
	    404);
	assert_true(talk_logged(talk,
	    "request refused path=/twilio/sms/ method=POST status=404 why=\"there is no "
	    "route of this path\" advice=\"did you mean /twilio/sms (without the slash at "
	    "its end)?\""));
	stray(talk, "PUT /twilio/sms HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
	    405);
	assert_true(talk_logged(talk,
	    "path=/twilio/sms method=PUT status=405 why=\"this path is not for that "
	    "method\" advice=\"/twilio/sms takes GET POST;"));
	stray(talk,
	    "POST /twilio/sms HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n",
	    413);
	assert_true(talk_logged(talk, "path=/twilio/sms method=POST status=413"));
	stray(talk, "POST /+15551234567 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400);
	assert_true(talk_logged(talk, "path=\"/+…4567\" method=POST status=400"));
	size_t len;
	char *log = text_read_file(talk->log, 8U << 20, &len);
	assert_null(strstr(log, "hidden"));
	free(log);
}

TEST_GROUP(talk_setup, talk_teardown)
