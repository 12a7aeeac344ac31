#include "test.h"

#include <string.h>

#include "cli/event_filter.h"
#include "cmd/commands.h"

TEST(an_event_matches_by_age_and_failure)
{
	const struct store_event event = {
	    .received_at_ms = 1000, .failure = SPAN("Connect: Timed out")};
	const struct store_event fine = {.received_at_ms = 1000};

	static const struct {
		struct event_filter filter;
		bool want, want_fine;
	} rows[] = {
	    {{.after_ms = 0}, true, true},
	    {{.after_ms = 999, .before_ms = 1001}, true, true},
	    {{.after_ms = 1000}, false, false},
	    {{.before_ms = 1000}, false, false},
	    {{.error = {"timed OUT", 9}}, true, false},
	    {{.error = {"timed out!", 10}}, false, false},
	    {{.error = {"connect", 7}}, true, false},
	    {{.error = {"", 0}}, true, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    event_filter_matches(&rows[i].filter, &event), rows[i].want);
		assert_int_equal(
		    event_filter_matches(&rows[i].filter, &fine), rows[i].want_fine);
	}
}

/* faults 5.9: by number */
TEST(an_event_matches_by_number)
{
	const struct store_event event = {
	    .params =
		SPAN("{\"From\":\"whatsapp:+15551234567\",\"To\":\"+15559876543\","
		     "\"Many\":[\"x\",\"client:Alice\"]}"),
	    .raw = SPAN("{\"data\":{\"to\":\"+442071838750\"}}")};
	const struct store_event call = {
	    .params = SPAN("{\"Caller\":\"+15551234567\",\"Called\":\"12345\"}")};
	const struct store_event other = {
	    .params = SPAN("{\"From\":\"+15551234560\"}")};

	static const struct {
		const char *from, *to, *number;
		bool want, want_call;
	} rows[] = {
	    {"+15551234567", NULL, NULL, true, true},
	    {"15551234567", NULL, NULL, true, true},
	    {"whatsapp:+15551234567", NULL, NULL, true, false},
	    {"…4567", NULL, NULL, true, true},
	    {"+1555123456", NULL, NULL, false, false},
	    {NULL, "+15551234567", NULL, false, false},
	    {NULL, "+15559876543", NULL, true, false},
	    {NULL, "12345", NULL, false, true},
	    {"+15551234567", "+15559876543", NULL, true, false},
	    {NULL, NULL, "+15559876543", true, false},
	    {NULL, NULL, "client:alice", true, false},
	    {NULL, NULL, "+442071838750", true, false},
	    {NULL, NULL, "+15551234567", true, true},
	    {"+15551234567", NULL, "12345", false, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct event_filter filter = {.from = span_of(rows[i].from),
		    .to = span_of(rows[i].to),
		    .number = span_of(rows[i].number)};
		if (event_filter_matches(&filter, &event) != rows[i].want ||
		    event_filter_matches(&filter, &call) != rows[i].want_call ||
		    event_filter_matches(&filter, &other))
			fail_msg("row %zu", i);
	}
}

TEST(mistakes_are_explained)
{

	static const struct {
		const char *name, *value, *want;
	} rows[] = {
	    {"--kind", "sms.recieved", "did you mean \"sms.received\""},
	    {"--kind", "nonsense", "is none of sms.received"},
	    {"--state", "dead", "none of done, failed, late"},
	    {"--newer", "yesterday", "is no age"},
	    {"--number", " ", "is empty"},
	    {"--from", "…", "is empty"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *argv[] = {rows[i].name, rows[i].value, NULL};
		struct event_filter filter;
		struct options options;
		struct error err;
		assert_int_equal(options_parse(&options, &cmd_events, 2,
				     (char **)(uintptr_t)argv, &err),
		    0);
		assert_true(event_filter_given(&options));
		assert_int_equal(
		    event_filter_read(&filter, &options, 1767268800000, &err), -1);
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s: %s", rows[i].value, err.text);
		options_clear(&options);
	}
}
