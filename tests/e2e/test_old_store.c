/* A store that 0.1.0 made (tests/data/store-0.1.0.sql, as sqlite3's .dump gives it) opens,
 * knows its events as repeats, finds them by SID, and goes on. */
#include "conversation.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE "SM00000000000000000000000000000051"
#define CALL    "CA00000000000000000000000000000052"
#define VOICE                                                                          \
	"CallSid=" CALL "&From=%2B15551230001&To=%2B15559990000&CallStatus=ringing"

static char *read_whole(const char *path)
{
	struct buf text = {0};
	char part[4096];
	size_t len;
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	while ((len = fread(part, 1, sizeof(part), file)) > 0)
		buf_add(&text, part, len);
	(void)fclose(file);
	buf_putc(&text, '\0');
	return text.ptr;
}

/* The server's own new store is replaced by the old one. */
static int old_setup(void **state)
{
	static const char *const files[] = {
	    "offhook.db", "offhook.db-wal", "offhook.db-shm"};
	char path[128];
	sqlite3 *db = NULL;
	if (talk_setup(state) != 0)
		return -1;
	struct talk *talk = *state;
	talk_stop(talk);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", talk->data, files[i]);
		(void)unlink(path);
	}
	(void)snprintf(path, sizeof(path), "%s/offhook.db", talk->data);
	char *sql = read_whole(TEST_DATA_DIR "/store-0.1.0.sql");
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
	free(sql);
	talk_again(talk);
	return 0;
}

/* By what that SID or kind gives; -1: the command failed. */
static int count_events(const struct talk *talk, const char *flag, const char *value)
{
	struct buf out = {0};
	int count = 0;
	const char *words[] = {
	    "events", "--data", talk->data, flag, value, "--json", NULL};
	if (talk_run(&out, NULL, words) != 0)
		count = -1;
	for (size_t i = 0; count >= 0 && i < out.len; i++)
		count += out.ptr[i] == '\n';
	buf_free(&out);
	return count;
}

/* With the token that the call's document came with first, or another. */
static void ask_for_voice(const struct talk *talk, const char *token)
{
	char headers[256];
	char signature[64];
	struct buf request = {0};
	struct answer answer;
	talk_signature(signature, TALK_TOKEN, TALK_URL "/twilio/voice", VOICE);
	(void)snprintf(headers, sizeof(headers), "%sI-Twilio-Idempotency-Token: %s\r\n",
	    signature, token);
	talk_request(&request, "/twilio/voice", headers, VOICE);
	talk_once(talk, &answer, &request);
	assert_int_equal(answer.status, 200);
	answer_clear(&answer);
	buf_free(&request);
}

TEST(its_events_are_repeats)
{
	struct talk *talk = *state;
	talk_expect_text(talk, "/twilio/sms",
	    "MessageSid=" MESSAGE "&From=%2B15551230001&To=%2B15559990000&Body=hi",
	    "Thanks for your message");
	talk_expect(
	    talk, "/twilio/status", "MessageSid=" MESSAGE "&MessageStatus=sent", 204);
	talk_expect(talk, "/twilio/voice/status",
	    "CallSid=" CALL
	    "&CallStatus=completed&From=%2B15551230001&To=%2B15559990000",
	    204);
	talk_expect(talk, "/twilio/status", "Nothing=in+particular", 204);
	assert_int_equal(count_events(talk, "--limit", "0"), 5);
}

TEST(its_call_has_ended_so_that_a_document_of_it_is_a_repeat_under_any_token)
{
	struct talk *talk = *state;
	ask_for_voice(talk, "first");
	ask_for_voice(talk, "second");
	talk_expect(talk, "/twilio/voice", VOICE, 200);
	assert_int_equal(count_events(talk, "--limit", "0"), 5);
}

TEST(its_events_are_found_by_sid)
{
	struct talk *talk = *state;
	assert_int_equal(count_events(talk, "--sid", MESSAGE), 2);
	assert_int_equal(count_events(talk, "--sid", CALL), 2);
}

TEST(its_documents_are_found_by_key_and_updated)
{
	struct talk *talk = *state;
	assert_string_equal(talk_field(talk, "sms_messages",
				"{\"messageSid\":\"" MESSAGE "\"}", "status"),
	    "sent");
	talk_expect(talk, "/twilio/status",
	    "MessageSid=" MESSAGE "&MessageStatus=delivered", 204);
	assert_string_equal(talk_field(talk, "sms_messages",
				"{\"messageSid\":\"" MESSAGE "\"}", "status"),
	    "delivered");
	assert_int_equal(count_events(talk, "--sid", MESSAGE), 3);
}

TEST_GROUP(old_setup, talk_teardown)
