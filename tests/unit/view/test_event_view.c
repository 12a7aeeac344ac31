#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "view/event_view.h"

static const int64_t noon = 1767268800000; /* 2026-01-01T12:00:00Z */

static struct store_event event_of(const char *kind, const char *params)
{
	return (struct store_event){.id = 42,
	    .received_at_ms = noon,
	    .kind = kind,
	    .sid = SPAN("SM1"),
	    .route = SPAN("/twilio/sms"),
	    .state = EVENT_DONE,
	    .params = span_of(params),
	    .reply = {.status = 200, .type = SPAN("text/xml"), .body = SPAN("")}};
}

/* What a view writes; the caller's. */
static char *written(
    void (*view)(FILE *, const struct store_event *), const struct store_event *event)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	view(out, event);
	assert_int_equal(fclose(out), 0);
	return text;
}

TEST(each_kind_says_what_it_is_about)
{
	static const struct {
		const char *kind, *params, *want;
	} rows[] = {
	    {"sms.received", "{\"From\":\"+1\",\"To\":\"+2\",\"Body\":\"Hi\"}",
		"+1 → +2  Hi"},
	    {"sms.received", "{\"From\":\"+1\",\"Body\":\"two\\nlines\\u001b[2J\"}",
		"+1 → ?  two⏎lines\\x1b[2J"},
	    {"sms.received", "{\"Body\":[\"first\",\"second\"]}", "first"},
	    {"sms.received", "{}", "SM1"},
	    {"sms.received", "not JSON", "SM1"},
	    {"sms.status",
		"{\"To\":\"+2\",\"MessageStatus\":\"failed\",\"ErrorCode\":\"30003\"}",
		"? → +2  failed (30003)"},
	    {"call.received",
		"{\"From\":\"+1\",\"To\":\"+2\",\"CallStatus\":\"ringing\"}",
		"+1 → +2  ringing"},
	    {"call.action", "{\"From\":\"+1\",\"To\":\"+2\",\"SpeechResult\":\"yes\"}",
		"+1 → +2   (yes)"},
	    {"call.status", "{\"CallStatus\":\"completed\",\"CallDuration\":\"7\"}",
		"completed (7)"},
	    {"recording.status",
		"{\"From\":\"+1\",\"RecordingStatus\":\"completed\","
		"\"RecordingDuration\":\"3\"}",
		"completed (3)"},
	    {"transcription", "{\"TranscriptionText\":\"call me\"}", "call me"},
	    {"json", "{\"Body\":\"not shown\"}", "/twilio/sms"},
	    {"other", "{}", "/twilio/sms"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_event event = event_of(rows[i].kind, rows[i].params);
		char *text = written(event_view_subject, &event);
		assert_string_equal(text, rows[i].want);
		free(text);
	}
}

TEST(a_line_shows_failures_and_repeats_in_colour)
{
	static const struct {
		enum event_state state;
		int64_t duplicates;
		bool colour;
		const char *want;
	} rows[] = {
	    {EVENT_DONE, 0, false,
		"    42  2026-01-01 12:00:00  transcription     200 done    hi\n"},
	    {EVENT_DONE, 2, false,
		"    42  2026-01-01 12:00:00  transcription     200 done    hi  +2 "
		"repeated\n"},
	    {EVENT_FAILED, 0, false,
		"    42  2026-01-01 12:00:00  transcription     200 failed  hi\n"},
	    {EVENT_DONE, 1, true,
		"    42  2026-01-01 12:00:00  transcription     200 done    hi\033[2m  +1 "
		"repeated\033[0m\n"},
	    {EVENT_LATE, 0, true,
		"    42  2026-01-01 12:00:00  transcription     \033[31m200 late  \033[0m  "
		"hi\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_event event =
		    event_of("transcription", "{\"TranscriptionText\":\"hi\"}");
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);
		event.state = rows[i].state;
		event.duplicates = rows[i].duplicates;
		event_view_line(out, &event, rows[i].colour);
		assert_int_equal(fclose(out), 0);
		assert_string_equal(text, rows[i].want);
		free(text);
	}
}

/* faults 5.9: the reason */
TEST(a_line_says_why_it_failed)
{
	struct store_event event =
	    event_of("sms.received", "{\"From\":\"+1\",\"To\":\"+2\",\"Body\":\"Hi\"}");
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	event.state = EVENT_FAILED;
	event.failure = SPAN("broken\nin app.c:\033[2J");
	event_view_line(out, &event, false);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text,
	    "    42  2026-01-01 12:00:00  sms.received      200 failed  +1 → +2  Hi"
	    "  why: broken⏎in app.c:\\x1b[2J\n");
	free(text);
}

TEST(the_whole_event_has_every_parameter_and_the_reply)
{
	struct store_event event = event_of("sms.received",
	    "{\"To\":\"+2\",\"Body\":\"a\\u0007b\",\"Twice\":[\"x\",\"y\"],"
	    "\"A\\u001bName\":\"\"}");
	event.query = SPAN("?q=1");
	event.state = EVENT_FAILED;
	event.failure = SPAN("connect: Timed out");
	event.reply.body = SPAN("<Response><Message>Thanks</Message></Response>");
	char *text = written(event_view_full, &event);
	assert_string_equal(text, "Event       42\n"
				  "Kind        sms.received\n"
				  "SID         SM1\n"
				  "Route       /twilio/sms\n"
				  "Query       ?q=1\n"
				  "Received    2026-01-01T12:00:00.000Z\n"
				  "State       failed\n"
				  "Failure     connect: Timed out\n"
				  "Repeated    0\n"
				  "\n"
				  "Parameters\n"
				  "  To                 +2\n"
				  "  Body               a\\x07b\n"
				  "  Twice              [\"x\",\"y\"]\n"
				  "  A\\x1bName             \n"
				  "\n"
				  "Reply 200 text/xml\n"
				  "╭─ +2\n"
				  "│ Thanks\n"
				  "╰─\n");
	free(text);
}

TEST(as_json_absent_texts_are_null_and_parameters_stay_as_they_are)
{
	struct store_event event =
	    event_of("json", "{\"Body\":\"a\\u0000b\",\"L\":[1]}");
	event.sid = (struct span){0};
	event.reply = (struct store_reply){.status = 204};
	json_t *view = event_view_json(&event);
	json_t *want = json_pack(
	    "{s:i, s:s, s:n, s:s, s:s, s:s, s:i, s:{s:i, s:n, s:n}, s:{s:s%, s:[i]}}",
	    "id", 42, "kind", "json", "sid", "route", "/twilio/sms", "receivedAt",
	    "2026-01-01T12:00:00.000Z", "state", "done", "duplicates", 0, "reply",
	    "status", 204, "type", "body", "params", "Body", "a\0b", (size_t)3, "L", 1);
	if (!json_equal(view, want))
		fail_msg("%s", json_dumps(view, JSON_COMPACT));
	assert_null(json_object_get(view, "failure"));
	event.failure = SPAN("no such order");
	json_decref(view);
	view = event_view_json(&event);
	assert_string_equal(
	    json_string_value(json_object_get(view, "failure")), "no such order");
	json_decref(view);
	json_decref(want);
}
