/* What Twilio sent is handled, each event once, whatever family it is of and whatever route
 * it came by. */
#include "conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/arena.h"
#include "util/text.h"

#define ACCOUNT "AC0123456789abcdef0123456789abcdef"
#define OTHER   "0000000000000000000000000000aaaa"

static int start(void **state)
{
	struct talk *talk = calloc(1, sizeof(*talk));
	(void)setenv("TWILIO_AUTH_TOKENS", ACCOUNT ":" OTHER, 1);
	talk_start_program(talk, APPS_DIR "/families", NULL);
	(void)unsetenv("TWILIO_AUTH_TOKENS");
	*state = talk;
	return 0;
}

static int stop(void **state)
{
	talk_end(*state);
	free(*state);
	return 0;
}

/* Posts every recorded event of a kind, twice each; how many there are. */
static int play(struct talk *talk, const char *kind, const char *path)
{
	size_t len = 0;
	int count = 0;
	char *text = text_read_file(TEST_DATA_DIR "/webhooks.txt", 1 << 20, &len);
	assert_non_null(text);
	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
		size_t head = strlen(kind);
		if (strncmp(line, kind, head) != 0 || line[head] != ' ')
			continue;
		const char *form = strchr(line + head + 1, ' ') + 1;
		for (int again = 0; again < 2; again++) {
			struct answer answer;
			talk_post(talk, &answer, path, form);
			assert_in_range(answer.status, 200, 204);
			answer_clear(&answer);
		}
		count++;
	}
	free(text);
	assert_true(count > 1);
	return count;
}

static size_t runs(struct talk *talk, const char *kind, const char *by)
{
	char filter[160];
	(void)snprintf(
	    filter, sizeof(filter), "{\"kind\": \"%s\", \"by\": \"%s\"}", kind, by);
	return talk_count(talk, "runs", filter);
}

/* faults 1.1, 1.2, 1.3, 1.4, 1.7 */
TEST(every_event_of_a_family_is_handled_once_on_every_route)
{
	static const char *const kinds[] = {"transcription.realtime",
	    "conversation.event", "stream.status", "pay.status", "amd.status",
	    "conference.status", "taskrouter.event", "debugger.event",
	    "recording.status"};
	static const char *const paths[] = {"/any", "/message", "/call"};
	static const char *const by[] = {"any", "message", "call"};
	struct talk *talk = *state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (size_t k = 0; k < 3; k++) {
			int sent = play(talk, kinds[i], paths[k]);
			assert_int_equal(runs(talk, kinds[i], by[k]), sent);
		}
	assert_int_equal(runs(talk, "sms.status", "any"), 0);
	int statuses = play(talk, "sms.status", "/any");
	assert_int_equal(runs(talk, "sms.status", "any"), statuses);
}

/* faults 1.8 */
TEST(a_status_never_reaches_the_handler_of_messages_or_calls)
{
	struct talk *talk = *state;
	const char *call =
	    "CallSid=CA00000000000000000000000000000001&CallStatus=ringing"
	    "&CallbackSource=call-progress-events&SequenceNumber=1";
	talk_expect(talk, "/call", call, 204);
	talk_expect(talk, "/message",
	    "SmsSid=SM00000000000000000000000000000002&SmsStatus=delivered", 204);
	assert_int_equal(runs(talk, "call.status", "call"), 0);
	assert_int_equal(runs(talk, "sms.status", "message"), 0);
	talk_expect_text(talk, "/message",
	    "MessageSid=SM00000000000000000000000000000003&MessageStatus=received",
	    "hello");
	assert_int_equal(runs(talk, "sms.received", "message"), 1);
}

/* faults 1.9 */
TEST(the_account_is_the_one_whose_token_signed)
{
	struct talk *talk = *state;
	char signature[64];
	struct buf request = {0};
	struct answer answer;
	const char *form = "MessageSid=SM00000000000000000000000000000004";
	talk_signature(signature, OTHER, TALK_URL "/any", form);
	talk_request(&request, "/any", signature, form);
	talk_once(talk, &answer, &request);
	assert_in_range(answer.status, 200, 204);
	answer_clear(&answer);
	buf_free(&request);
	assert_int_equal(
	    talk_count(talk, "runs",
		"{\"sid\": \"SM00000000000000000000000000000004\", \"account\": \"" ACCOUNT
		"\"}"),
	    1);
}

TEST_GROUP(start, stop)
