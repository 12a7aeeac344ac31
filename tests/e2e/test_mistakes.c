/* Mistyped command lines: a clear error, or what was meant; never silently something
 * else. */
#include "conversation.h"

#include <stdio.h>
#include <string.h>

static struct talk talk;

static int begin(void **state)
{
	(void)state;
	talk_start(&talk, NULL);
	for (int i = 1; i <= 3; i++) {
		char form[160];
		(void)snprintf(form, sizeof(form),
		    "MessageSid=SM%032d&From=%%2B1555000000%d&To=%%2B15559876543&Body=%c",
		    i, i, "bca"[i - 1]);
		talk_expect(&talk, "/twilio/sms", form, 200);
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	talk_end(&talk);
	return 0;
}

TEST_GROUP(begin, end)

/* One command line, and what it must say. */
struct row {
	const char *words[6];
	int want;
	const char *says; /* in stdout, then stderr */
};

static void expect_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *words[10] = {0};
		struct buf out = {0}, err = {0};
		size_t n = 0;
		for (; n < 6 && rows[i].words[n] != NULL; n++)
			words[n] = rows[i].words[n];
		/* First, so that an option at the end stays there. */
		memmove(words + 3, words + 1, (n - 1) * sizeof(words[0]));
		words[1] = "--data";
		words[2] = talk.data;
		int code = talk_run(&out, &err, words);
		buf_put(&out, buf_span(&err));
		if (code != rows[i].want ||
		    strstr(buf_text(&out), rows[i].says) == NULL)
			fail_msg("row %zu, %s %s: exit %d, %s\nwanted %d: %s", i,
			    rows[i].words[0], rows[i].words[1], code, buf_text(&out),
			    rows[i].want, rows[i].says);
		buf_free(&out);
		buf_free(&err);
	}
}

#define EXPECT_ROWS(rows) expect_rows(rows, sizeof(rows) / sizeof((rows)[0]))

/* The bodies, in the order in which they are printed. */
static void expect_order(const char *sort, const char *want)
{
	char got[8] = "";
	struct buf out = {0};
	const char *words[] = {
	    "query", "sms_messages", "--data", talk.data, "--sort", sort, NULL};
	assert_int_equal(talk_run(&out, NULL, words), 0);
	const char *at = buf_text(&out);
	for (size_t n = 0; n < 7 && (at = strstr(at, "\"body\":\"")) != NULL; n++) {
		at += strlen("\"body\":\"");
		got[n] = *at;
	}
	if (strcmp(got, want) != 0)
		fail_msg("--sort %s: %s, not %s", sort, got, want);
	buf_free(&out);
}

/* faults 5.8: directions */
TEST(a_sort_is_understood_in_each_form)
{
	expect_order("body", "abc");
	expect_order("-body", "cba");
	expect_order("body:1", "abc");
	expect_order("body:-1", "cba");
	expect_order("body:desc", "cba");
	expect_order("direction,body:asc", "abc");
	expect_order("direction:-1, -body", "cba");
	expect_order("{\"body\": -1}", "cba");
}

/* faults 5.8: sorts and fields */
TEST(a_sort_by_nothing_is_refused)
{
	static const struct row rows[] = {
	    {{"query", "sms_messages", "--sort", "body:up"}, 2, "body:-1"},
	    {{"query", "sms_messages", "--sort", "-body:1"}, 2, "direction"},
	    {{"query", "sms_messages", "--sort", "body,body"}, 2, "twice"},
	    {{"query", "sms_messages", "--sort", ""}, 2, "empty name"},
	    {{"query", "sms_messages", "--sort", "{\"body\":2}"}, 2, "-1 (descending)"},
	    {{"query", "sms_messages", "--sort", "recievedAt"}, 1,
		"did you mean \"receivedAt\"?"},
	    {{"query", "sms_messages", "--sort", "{\"nosuch\":1}"}, 1, "\"nosuch\""},
	    {{"query", "--sort", "body"}, 2, "of which collection?"},
	    {{"query", "calls", "--sort", "nosuch"}, 0, ""}, /* there are none */
	    {{"events", "--sort", "receivedAt:-1"}, 2, "there is no option --sort"},
	    {{"query", "sms_messages", "{\"form\":1}"}, 0, "did you mean \"from\"?"},
	    {{"query", "sms_messages", "{\"$or\":[{\"form\":1}]}", "--count"}, 0,
		"did you mean \"from\"?"},
	    {{"export", "sms_messages", "{\"form\":1}"}, 0, "did you mean \"from\"?"},
	    {{"export", "events", "{\"knd\":1}"}, 2, "did you mean \"kind\"?"},
	    {{"export", "events", "{\"$and\":[{\"stat\":\"done\"}]}"}, 2, "\"state\""},
	    {{"export", "events", "{\"params.Body\":\"a\"}"}, 0, "\"Body\":\"a\""},
	    {{"index", "sms_messages", "form"}, 1, "did you mean \"from\"?"},
	};
	EXPECT_ROWS(rows);
}

/* faults 5.8: collections, queues */
TEST(what_is_not_there_is_not_made_nor_taken_as_empty)
{
	static const struct row rows[] = {
	    {{"index", "nosuch", "x"}, 1, "there is no collection \"nosuch\""},
	    {{"index", "sms_message", "from"}, 1, "did you mean \"sms_messages\"?"},
	    {{"index", "events", "kind"}, 1, "`offhook events`"},
	    {{"query", "events"}, 1, "`offhook export events FILTER`"},
	    {{"query", "jobs"}, 1, "`offhook jobs list`"},
	    {{"export", "queues"}, 1, "`offhook jobs stats`"},
	    {{"query", "nosuch"}, 1, "there is no collection \"nosuch\""},
	    {{"jobs", "--queue", "nosuch"}, 0, "there is no queue \"nosuch\""},
	    {{"jobs", "drop", "--queue", "nosuch"}, 1, "there is no queue"},
	    {{"index", "later", "x", "--force"}, 0, "is indexed by"},
	    {{"index", "sms_messages", "later", "--force"}, 0, "is indexed by"},
	};
	EXPECT_ROWS(rows);
}

/* faults 5.8: a collection named as the events */
TEST(a_collection_named_events_is_told_from_the_events)
{
	static const struct row rows[] = {
	    {{"index", "events", "x", "--force"}, 0, "is indexed by"},
	    {{"query", "events", "--count"}, 0, "0\n"},
	    {{"export", "events", "{\"sid\":\"SM00000000000000000000000000000002\"}"},
		0, "is collection:events"},
	    {{"export", "events"}, 0, "\"kind\":\"sms.received\""},
	    {{"export", "collection:events"}, 0, ""},
	    {{"export", "collection:sms_messages"}, 0, "\"messageSid\""},
	    {{"export", "collection:nosuch"}, 1, "there is no collection \"nosuch\""},
	};
	EXPECT_ROWS(rows);
}

/* faults 5.8: options */
TEST(options_that_cannot_be_meant_are_refused)
{
	static const struct row rows[] = {
	    {{"events", "--limit", "-1"}, 2, "is not a whole number from 0 on"},
	    {{"events", "--limit", "ten"}, 2, "\"ten\""},
	    {{"events", "--limit", "99999999999999999999"}, 2, "whole number"},
	    {{"events", "--limit", ""}, 2, "whole number"},
	    {{"events", "--limit", "0"}, 0, "sms.received"},
	    {{"query", "sms_messages", "--limit", "0", "--count"}, 0, "3\n"},
	    {{"events", "--limit"}, 2, "--limit needs a value"},
	    {{"events", "--sid", "--json"}, 2, "--sid needs a value"},
	    {{"events", "--error", "--limit=5"}, 2, "--error needs a value"},
	    {{"events", "--error", "--what"}, 0, ""}, /* no option: a text */
	    {{"events", "--state", "done", "--state=late"}, 2, "given twice"},
	    {{"events", "--state", "done", "--state", "done"}, 0, "sms.received"},
	    {{"events", "--kind", "sms.recieved"}, 2, "did you mean \"sms.received\"?"},
	    {{"events", "--state", "faild"}, 2, "none of done, failed, late"},
	    {{"events", "--newer", "-5m"}, 2, "is no age"},
	    {{"events", "--newer", "2099-01-01"}, 2, "is no age"},
	    {{"events", "--older", "2h", "--newer", "1h"}, 2,
		"older than 2h and newer"},
	    {{"jobs", "--older", "2h", "--newer", "1h"}, 2, "older than 2h and newer"},
	    {{"jobs", "--state", "dad"}, 2, "did you mean \"dead\"?"},
	    {{"events", "list", "5"}, 2, "usage: events list"},
	    {{"query", "calls", "{}", "more"}, 2, "too many arguments"},
	    {{"export", "calls", "--spreadsheet-safe"}, 2, "for --format csv"},
	    {{"export", "calls", "--format", "cvs"}, 2, "neither csv nor jsonl"},
	};
	EXPECT_ROWS(rows);
}
