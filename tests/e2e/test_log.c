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

TEST_GROUP(talk_setup, talk_teardown)
