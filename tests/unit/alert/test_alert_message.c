#include "test.h"

#include <string.h>
#include <unistd.h>

#include "alert/alert_message.h"

static json_t *document(const char *group, const char *what, int count)
{
	return json_pack("{s:s, s:s, s:i, s:i, s:s, s:s, s:s, s:n, s:s, s:n}", "group",
	    group, "what", what, "count", count, "total", 40, "firstAt",
	    "2026-01-31T12:00:00.000Z", "lastAt", "2026-01-31T12:00:05.000Z",
	    "lastError", "no stock", "lastId", "lastSid", "SM1", "sentAt");
}

TEST(a_sentence_says_what_and_how_many)
{

	static const struct {
		const char *group, *what;
		int count;
		const char *want; /* after "Offhook on HOST: " */
	} rows[] = {
	    {"event.failed /twilio/sms", "event.failed", 1,
		"1 event of /twilio/sms failed. Last error: no stock"},
	    {"event.failed /twilio/sms", "event.failed", 12,
		"12 events of /twilio/sms failed since 2026-01-31T12:00:00.000Z. "
		"Last error: no stock"},
	    {"event.late /voice", "event.late", 1,
		"1 event of /voice got no reply in time. Last error: no stock"},
	    {"message.failed 30008", "message.failed", 1,
		"1 message failed, error 30008 (unknown error of the carrier)."},
	    {"message.undelivered 30003", "message.undelivered", 2,
		"2 messages were not delivered, error 30003 (the handset cannot be "
		"reached: off, or without signal) since 2026-01-31T12:00:00.000Z."},
	    {"message.undelivered 39999", "message.undelivered", 1,
		"1 message was not delivered, error 39999."},
	    {"message.undelivered 0", "message.undelivered", 1,
		"1 message was not delivered."},
	    {"webhook.refused", "webhook.refused", 12,
		"12 webhooks were refused one after another: none was Twilio's since "
		"2026-01-31T12:00:00.000Z. Last error: no stock"},
	    {"job.dead processSms", "job.dead", 1,
		"1 job of the queue processSms was given up. Last error: no stock"},
	    {"job.dead processSms", "job.dead", 2,
		"2 jobs of the queue processSms were given up since "
		"2026-01-31T12:00:00.000Z. Last error: no stock"},
	};

	char host[256] = "";
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct alert_message message;
		struct arena *arena = arena_new();
		json_t *doc = document(rows[i].group, rows[i].what, rows[i].count);
		alert_message_make(&message, doc, 7, arena);
		assert_string_equal(message.text,
		    arena_printf(arena, "Offhook on %s: %s", host, rows[i].want));
		json_decref(doc);
		arena_free(arena);
	}
}

TEST(its_json_has_what_programs_ask_for)
{
	struct alert_message message;
	struct arena *arena = arena_new();
	json_t *doc = document("message.failed 30008", "message.failed", 3);
	alert_message_make(&message, doc, 7, arena);
	json_t *got = json_loadb(message.json.ptr, message.json.len, 0, NULL);
	char host[256] = "";
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	json_t *want =
	    json_pack("{s:s, s:s, s:i, s:i, s:s, s:s, s:s, s:s, s:n, s:s, s:s, s:s}",
		"what", "message.failed", "group", "message.failed 30008", "count", 3,
		"total", 40, "firstAt", "2026-01-31T12:00:00.000Z", "lastAt",
		"2026-01-31T12:00:05.000Z", "error", "no stock", "sid", "SM1", "id",
		"host", host, "version", OFFHOOK_VERSION, "text", message.text);
	assert_true(json_equal(got, want));
	json_decref(want);
	json_decref(got);
	json_decref(doc);
	arena_free(arena);
}

static const char *id_of(json_t *doc, int64_t job, struct arena *arena)
{
	struct alert_message message;
	alert_message_make(&message, doc, job, arena);
	return message.id;
}

/* More failures between two tries change the body, not which alert it is. */
TEST(its_id_is_the_same_for_every_try_and_for_no_other_alert)
{
	struct arena *arena = arena_new();
	json_t *doc = document("message.failed 30008", "message.failed", 3);
	const char *id = id_of(doc, 7, arena);
	assert_int_equal(strncmp(id, "msg_", 4), 0);
	assert_int_equal(strlen(id), 28);
	json_object_set_new(doc, "count", json_integer(4));
	json_object_set_new(doc, "lastAt", json_string("2026-01-31T12:01:00.000Z"));
	assert_string_equal(id_of(doc, 7, arena), id);
	assert_string_not_equal(id_of(doc, 8, arena), id);
	json_object_set_new(doc, "sentAt", json_string("2026-01-31T12:02:00.000Z"));
	assert_string_not_equal(id_of(doc, 7, arena), id);
	json_decref(doc);
	arena_free(arena);
}

TEST(a_document_that_somebody_emptied_is_survived)
{
	struct alert_message message;
	struct arena *arena = arena_new();
	json_t *doc = json_object();
	alert_message_make(&message, doc, 7, arena);
	assert_non_null(message.text);
	json_decref(doc);
	arena_free(arena);
}

TEST(a_test_says_that_it_is_one)
{
	struct alert_message first, second;
	struct arena *arena = arena_new();
	alert_message_test(&first, arena);
	assert_non_null(strstr(first.text, ": this is a test of alerts."));
	json_t *got = json_loadb(first.json.ptr, first.json.len, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(got, "what")), "test");
	json_decref(got);
	/* Another one is another alert. */
	do
		alert_message_test(&second, arena);
	while (strcmp(second.id, first.id) == 0);
	arena_free(arena);
}
