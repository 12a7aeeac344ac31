/* After `forget` no byte of a person's number is in the directory, wherever a request or a
 * handler left it; everybody else's is; faults 4.2 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "talk_jobs.h"
#include "util/text.h"

/* Ann is forgotten. Hers is a part of the third number. */
#define ANN    "15552220001"
#define BOB    "15552220002"
#define LONGER "1555222000199"

/* ---- requests with a number in them ---- */

/* In a planted text ~ is the number as it is in a form (%2B…), ^ as it is elsewhere (+…), $
 * its digits, @ the end of a SID, ! the Base64 of the number and ":x". */
static void spell(struct buf *out, const char *text, const char *digits, int nth)
{
	char plain[64], coded[100];
	(void)snprintf(plain, sizeof(plain), "+%s:x", digits);
	(void)text_base64(coded, plain, strlen(plain));
	buf_clear(out);
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '~':
			buf_printf(out, "%%2B%s", digits);
			break;
		case '^':
			buf_printf(out, "+%s", digits);
			break;
		case '$':
			buf_puts(out, digits);
			break;
		case '@':
			buf_printf(out, "%c%s%018d", 'a' + nth % 6, digits + 5, nth);
			break;
		case '!':
			buf_puts(out, coded);
			break;
		default:
			buf_putc(out, *text);
		}
	}
}

static const struct plant {
	const char *path, *headers, *form;
} forms[] = {
    {"/keep", "", "MessageSid=SM@&From=~&Body=hello"},
    {"/keep", "", "MessageSid=SM@&From=~&Body=~"},
    {"/keep", "", "MessageSid=SM@&From=whatsapp%3A~&WaId=$&To=c"},
    {"/keep", "", "MessageSid=SM@&From=sip:~%40example.com"},
    {"/keep", "", "MessageSid=SM@&From=client%3A$"},
    {"/keep/~", "", "MessageSid=SM@&From=~"},
    {"/keep/^", "", "MessageSid=SM@&From=a"},
    {"/keep?n=~", "", "MessageSid=SM@&From=a"},
    {"/keep?~=1&x=y", "", "MessageSid=SM@&From=a"},
    {"/keep?n=%20$", "", "MessageSid=SM@&From=a"},
    {"/keep", "", "MessageSid=SM@&From=a&~=x"},
    {"/keep", "", "MessageSid=SM@&From=a&MediaUrl0=https%3A%2F%2Fx%2Fm%2F~%2F1"},
    {"/keep", "",
	"MessageSid=SM@&From=a&TaskAttributes=%7B%22to%22%3A%22%5Cu002b$%22%7D"},
    {"/keep", "",
	"MessageSid=SM@&From=a&ErrorCode=11200&ErrorUrl=https%3A%2F%2Fx%2Fy%3Fn%3D~"},
    {"/keep", "", "MessageSid=SM@&From=a&Parameter_name=$"},
    {"/fail", "Cookie: id=^\r\n", "MessageSid=SM@&From=~"},
    {"/fail", "X-Forwarded-For: ^\r\n", "MessageSid=SM@&From=a"},
    {"/fail", "Authorization: Basic !\r\n", "MessageSid=SM@&From=a"},
    {"/fail?n=~", "X-Number: $\r\n", "MessageSid=SM@&From=a"},
    {"/fail", "I-Twilio-Idempotency-Token: $\r\n", "MessageSid=SM@&From=a"},
    {"/late", "", "MessageSid=SM@&From=~"},
    {"/any", "", "CallSid=CA@&To=sip%3A~%40example.com&SipHeader_X-~=1"},
    {"/any?fail=yes", "", "CallSid=CA@&ForwardedFrom=~&Digits=1"},
    {"/any", "", "MessageSid=$&From=a"},
    {"/twilio/sms", "", "MessageSid=SM@&From=~&Body=hello&NumMedia=0"},
    {"/twilio/voice", "", "CallSid=CA@&From=~&To=b"},
    {"/twilio/sms/status", "", "MessageSid=SM@&To=~&MessageStatus=sent"},
};

static const char *const bodies[] = {
    "{\"to\":\"^\",\"n\":\"@\"}",
    "{\"to\":\"\\u002b$\",\"n\":\"@\"}",
    "[{\"data\":{\"from\":$,\"n\":\"@\"}}]",
    "{\"inner\":\"{\\\"to\\\":\\\"\\\\u002B$\\\"}\",\"n\":\"@\"}",
    "{\"coded\":\"!\",\"n\":\"@\"}",
};

/* A handler that fails on a route without a fallback is a 500. */
static bool was_taken(const struct answer *answer)
{
	return answer->status == 200 || answer->status == 204 || answer->status == 500;
}

static void post(
    const struct talk *talk, const struct plant *plant, const char *digits, int nth)
{
	struct buf path = {0}, headers = {0}, form = {0}, request = {0};
	struct answer answer;
	char url[300], signature[64];
	spell(&path, plant->path, digits, nth);
	spell(&headers, plant->headers, digits, nth);
	spell(&form, plant->form, digits, nth);
	(void)snprintf(url, sizeof(url), TALK_URL "%s", buf_text(&path));
	talk_signature(signature, TALK_TOKEN, url, buf_text(&form));
	buf_puts(&headers, signature);
	talk_request(&request, buf_text(&path), buf_text(&headers), buf_text(&form));
	talk_once(talk, &answer, &request);
	if (!was_taken(&answer))
		fail_msg("%s %s: %d", plant->path, plant->form, answer.status);
	answer_clear(&answer);
	buf_free(&request);
	buf_free(&form);
	buf_free(&headers);
	buf_free(&path);
}

static void post_json(const struct talk *talk, const char *path, const char *text,
    const char *digits, int nth)
{
	struct buf body = {0}, request = {0};
	struct answer answer;
	unsigned char hash[32];
	char hex[65], target[160], url[200], signature[64];
	spell(&body, text, digits, nth);
	text_sha256(hash, buf_span(&body));
	text_hex(hex, hash, sizeof(hash));
	(void)snprintf(target, sizeof(target), "%s?fail=%s&bodySHA256=%s", path,
	    nth % 2 == 0 ? "yes" : "no", hex);
	(void)snprintf(url, sizeof(url), TALK_URL "%s", target);
	talk_signature(signature, TALK_TOKEN, url, NULL);
	buf_printf(&request,
	    "POST %s HTTP/1.1\r\nHost: example.com\r\nContent-Type: application/json\r\n"
	    "%sContent-Length: %zu\r\n\r\n%s",
	    target, signature, body.len, buf_text(&body));
	talk_once(talk, &answer, &request);
	assert_true(was_taken(&answer));
	answer_clear(&answer);
	buf_free(&request);
	buf_free(&body);
}

static void get(const struct talk *talk, const char *digits)
{
	struct buf request = {0};
	struct answer answer;
	char target[120], url[200], signature[64];
	(void)snprintf(target, sizeof(target), "/keep?MessageSid=SM%s&From=%%2B%s",
	    digits, digits);
	(void)snprintf(url, sizeof(url), TALK_URL "%s", target);
	talk_signature(signature, TALK_TOKEN, url, NULL);
	buf_printf(&request, "GET %s HTTP/1.1\r\nHost: example.com\r\n%s\r\n", target,
	    signature);
	talk_once(talk, &answer, &request);
	assert_int_equal(answer.status, 200);
	answer_clear(&answer);
	buf_free(&request);
}

static void plant(const struct talk *talk, const char *digits)
{
	int nth = 0;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		post(talk, &forms[i], digits, nth++);
	for (size_t i = 0; i < 2 * sizeof(bodies) / sizeof(bodies[0]); i++) {
		const char *path = i % 4 < 2 ? "/any" : "/open";
		post_json(talk, path, bodies[i / 2], digits, nth++);
	}
	get(talk, digits);
}

/* ---- where it is ---- */

/* How often the digits are in the text, as no part of a longer number. */
static size_t count_in(const char *text, const char *digits)
{
	size_t count = 0, len = strlen(digits);
	for (const char *at = text; (at = strstr(at, digits)) != NULL; at += len)
		count += strspn(at + len, "0123456789") == 0 &&
			 (at == text || strchr("0123456789", at[-1]) == NULL);
	return count;
}

/* In the bytes of the files, one line for each number in them; and in Base64, of which
 * the part is looked for that no other number begins with. */
static size_t count_in_files(const struct talk *talk, const char *digits)
{
	char command[400], plain[64], coded[100];
	struct buf found = {0};
	char line[200];
	(void)snprintf(plain, sizeof(plain), "+%s:x", digits);
	(void)text_base64(coded, plain, strlen(plain));
	(void)snprintf(command, sizeof(command),
	    "grep -rhaoE -e '[0-9]{11,}' %s; grep -rhaoF -e '%s' %s | sed s/.*/%s/",
	    talk->data, coded, talk->data, digits);
	FILE *in = popen(command, "r");
	assert_non_null(in);
	while (fgets(line, sizeof(line), in) != NULL)
		buf_puts(&found, line);
	(void)pclose(in);
	size_t count = count_in(buf_text(&found), digits);
	buf_free(&found);
	return count;
}

static size_t count_shown(const char *const *words, const char *digits)
{
	struct buf out = {0};
	assert_int_equal(talk_run(&out, NULL, words), 0);
	size_t count = count_in(buf_text(&out), digits);
	buf_free(&out);
	return count;
}

/* In all that commands show. */
static size_t count_rows(const struct talk *talk, const char *digits)
{
	static const char *const collections[] = {"documents", "texts", "names",
	    "params", "offhook.kv", "sms_messages", "calls"};
	const char *const jobs[] = {
	    "jobs", "list", "--limit", "1000", "--json", "--data", talk->data, NULL};
	const char *const events[] = {
	    "events", "--limit", "1000", "--json", "--data", talk->data, NULL};
	size_t count = count_shown(jobs, digits) + count_shown(events, digits);
	for (size_t i = 0; i < sizeof(collections) / sizeof(collections[0]); i++) {
		const char *const words[] = {"query", collections[i], "{}", "--json",
		    "--data", talk->data, NULL};
		count += count_shown(words, digits);
	}
	return count;
}

static void forget(const struct talk *talk, const char *address)
{
	const char *const words[] = {"forget", address, "--yes", NULL};
	talk_command(talk, words);
}

static void expect_nothing_of_ann(const struct talk *talk)
{
	size_t left = count_in_files(talk, ANN);
	if (left > 0)
		fail_msg("the files still have it %zu times", left);
	assert_int_equal(count_rows(talk, ANN), 0);
}

TEST(nothing_of_a_person_is_left_and_all_of_the_others)
{
	static const char *const extra[] = {
	    "--alert-command", "cat >/dev/null", "--alert-delay", "0", NULL};
	static const char *const retry[] = {
	    "events", "retry", "--state", "failed", NULL};
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/plant", extra);
	plant(&talk, BOB);
	plant(&talk, LONGER);
	plant(&talk, ANN);
	talk_command(&talk, retry);
	talk_await_documents(&talk, "documents", "{\"late\": \"+" ANN "\"}", 1);
	talk_await(&talk, "dead", "dead", 3 * 16);
	talk_await(&talk, "offhook.events", "dead", 3 * 9);
	size_t bobs = count_rows(&talk, BOB), others = count_rows(&talk, LONGER);
	assert_true(count_in_files(&talk, ANN) > 0);
	assert_true(bobs > 60 && others == bobs && count_rows(&talk, ANN) == bobs);
	forget(&talk, "+" ANN);
	expect_nothing_of_ann(&talk);
	/* What is written later has nothing of it from the writer's memory. */
	plant(&talk, "15552220003");
	expect_nothing_of_ann(&talk);
	talk_stop(&talk);
	expect_nothing_of_ann(&talk);
	talk_again(&talk);
	expect_nothing_of_ann(&talk);
	assert_int_equal(count_rows(&talk, BOB), bobs);
	assert_int_equal(count_rows(&talk, LONGER), others);
	/* A repeat is known still, and leaves nothing. */
	post(&talk, &forms[0], ANN, 0);
	expect_nothing_of_ann(&talk);
	talk_end(&talk);
}

/* What a crash left in the write-ahead log, too. */
TEST(a_person_is_forgotten_without_a_server)
{
	struct buf out = {0};
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/plant", NULL);
	plant(&talk, BOB);
	plant(&talk, ANN);
	talk_await(&talk, "dead", "dead", 2 * 16);
	talk_kill(&talk);
	size_t bobs = count_rows(&talk, BOB);
	const char *const words[] = {
	    "forget", "whatsapp:+" ANN, "--yes", "--data", talk.data, NULL};
	assert_int_equal(talk_run(&out, NULL, words), 0);
	if (strstr(buf_text(&out), "erased from alerts and other jobs: ") == NULL)
		fail_msg("%s", buf_text(&out));
	expect_nothing_of_ann(&talk);
	assert_int_equal(count_rows(&talk, BOB), bobs);
	buf_clear(&out);
	assert_int_equal(talk_run(&out, NULL, words), 0);
	assert_string_equal(buf_text(&out), "nothing that is stored holds it\n");
	buf_free(&out);
	talk_end(&talk);
}

/* Events of every family, told of one person; some of them name the call only. */
TEST(nothing_is_left_of_any_family)
{
	struct talk talk;
	size_t len = 0;
	char *text = text_read_file(TEST_DATA_DIR "/webhooks.txt", 1 << 20, &len);
	assert_non_null(text);
	talk_start_program(&talk, APPS_DIR "/plant", NULL);
	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
		const char *sid = strchr(line, ' ');
		const char *form = sid == NULL ? NULL : strchr(sid + 1, ' ');
		if (form == NULL || line[0] == '#' || strchr(form + 1, '=') == NULL)
			continue;
		struct answer answer;
		talk_post(&talk, &answer, "/any", form + 1);
		assert_true(was_taken(&answer));
		answer_clear(&answer);
	}
	free(text);
	assert_true(count_in_files(&talk, "15551234567") > 0);
	forget(&talk, "+15551234567");
	assert_int_equal(count_in_files(&talk, "15551234567"), 0);
	json_t *events = talk_events(&talk);
	size_t i, told = 0;
	json_t *event;
	json_array_foreach(events, i, event) {
		const json_t *params = json_object_get(event, "params");
		told += json_object_get(params, "TranscriptionData") != NULL;
	}
	assert_int_equal(told, 0);
	json_decref(events);
	talk_end(&talk);
}
