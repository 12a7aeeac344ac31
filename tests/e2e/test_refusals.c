/* Only Twilio, and in this order: malformed 400, path 404, method 405, size 413, no
 * signature 400, content type or form 400, signature 403. Nothing refused is stored. */
#include "conversation.h"

#include <stdio.h>
#include <string.h>

#define FORM "MessageSid=SM00000000000000000000000000000001&From=%2B1&Body=hi"

#define HOST   "Host: example.com\r\n"
#define TYPE   "Content-Type: application/x-www-form-urlencoded\r\n"
#define LENGTH "Content-Length: 63\r\n\r\n" FORM

struct row {
	const char *name, *start, *signature, *rest;
	int want;
};

static void expect_status(const struct talk *talk, const struct row *row)
{
	struct buf request = {0};
	struct answer answer;
	buf_printf(&request, "%s%s%s", row->start, row->signature, row->rest);
	talk_once(talk, &answer, &request);
	if (answer.status != row->want)
		print_error(
		    "%s: got %d, want %d\n", row->name, answer.status, row->want);
	assert_int_equal(answer.status, row->want);
	answer_clear(&answer);
	buf_free(&request);
}

TEST(each_refusal_has_its_status)
{
	struct talk *talk = *state;
	char good[64];
	char other[64];
	char twice[128];
	talk_signature(good, TALK_TOKEN, TALK_URL "/twilio/sms", FORM);
	talk_signature(
	    other, "ffffffffffffffffffffffffffffffff", TALK_URL "/twilio/sms", FORM);
	(void)snprintf(twice, sizeof(twice), "%s%s", good, good);

	const struct row rows[] = {
	    {"genuine", "POST /twilio/sms HTTP/1.1\r\n" HOST, good, TYPE LENGTH, 200},
	    {"another's token", "POST /twilio/sms HTTP/1.1\r\n" HOST, other,
		TYPE LENGTH, 403},
	    {"tampered", "POST /twilio/sms HTTP/1.1\r\n" HOST, good,
		TYPE "Content-Length: 5\r\n\r\nBody=", 403},
	    {"another path", "POST /twilio/status HTTP/1.1\r\n" HOST, good, TYPE LENGTH,
		403},
	    {"unsigned", "POST /twilio/sms HTTP/1.1\r\n" HOST, "", TYPE LENGTH, 400},
	    {"signed twice", "POST /twilio/sms HTTP/1.1\r\n" HOST, twice, TYPE LENGTH,
		400},
	    {"not base64", "POST /twilio/sms HTTP/1.1\r\n" HOST,
		"X-Twilio-Signature: hello\r\n", TYPE LENGTH, 403},
	    {"no route", "POST /nothing HTTP/1.1\r\n" HOST, "", TYPE LENGTH, 404},
	    {"no route, too large", "POST /nothing HTTP/1.1\r\n" HOST, "",
		TYPE "Content-Length: 99999999\r\n\r\n", 404},
	    {"method", "PUT /twilio/sms HTTP/1.1\r\n" HOST, good, TYPE LENGTH, 405},
	    {"too large", "POST /twilio/sms HTTP/1.1\r\n" HOST, good,
		TYPE "Content-Length: 99999999\r\n\r\n", 413},
	    {"content type", "POST /twilio/sms HTTP/1.1\r\n" HOST, good,
		"Content-Type: text/plain\r\n" LENGTH, 400},
	    {"bad escape", "POST /twilio/sms HTTP/1.1\r\n" HOST, good,
		TYPE "Content-Length: 6\r\n\r\nBody=%", 400},
	    {"two lengths", "POST /twilio/sms HTTP/1.1\r\n" HOST, good,
		TYPE "Content-Length: 5\r\nContent-Length: 6\r\n\r\nBody=", 400},
	    {"length and chunks", "POST /twilio/sms HTTP/1.1\r\n" HOST, good,
		TYPE "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		400},
	    {"no host", "POST /twilio/sms HTTP/1.1\r\n", good, TYPE LENGTH, 400},
	    {"bare LF", "POST /twilio/sms HTTP/1.1\n" HOST, good, TYPE LENGTH, 400},
	    {"absolute form", "POST http://example.com/twilio/sms HTTP/1.1\r\n" HOST,
		good, TYPE LENGTH, 400},
	};

	assert_int_equal(strlen(FORM), 63);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_status(talk, &rows[i]);
	json_t *events = talk_events(talk);
	assert_int_equal(json_array_size(events), 1);
	json_decref(events);
}

TEST(the_log_says_what_to_change)
{
	struct talk *talk = *state;
	char signature[64];
	struct buf request = {0};
	struct answer answer;
	talk_signature(
	    signature, TALK_TOKEN, "http://example.com/twilio/sms", FORM "&Proxy=1");
	talk_request(&request, "/twilio/sms", signature, FORM "&Proxy=1");
	talk_once(talk, &answer, &request);
	assert_int_equal(answer.status, 403);
	assert_true(talk_logged(talk, "cause=scheme"));
	assert_true(talk_logged(talk, "--public-url"));
	answer_clear(&answer);
	buf_free(&request);
}

TEST(no_secret_and_no_body_is_logged)
{
	struct talk *talk = *state;
	talk_expect(talk, "/twilio/sms",
	    "MessageSid=SM00000000000000000000000000000009&From=%2B15551230001"
	    "&Body=the+secret+recipe",
	    200);
	assert_true(talk_logged(talk, "0001"));
	FILE *file = fopen(talk->log, "r");
	assert_non_null(file);
	char line[4096];
	while (fgets(line, sizeof(line), file) != NULL) {
		assert_null(strstr(line, "recipe"));
		assert_null(strstr(line, "+15551230001"));
		assert_null(strstr(line, TALK_TOKEN));
	}
	(void)fclose(file);
}

TEST(json_is_verified_by_its_hash)
{
	struct talk *talk = *state;
	const char *body = "{\"hello\":\"world\"}";
	const char *target =
	    "/twilio/sms?bodySHA256="
	    "93a23971a914e5eacbf0a8d25154cda309c3c1c72fbb9914d47c60f3cb681588";
	char url[300];
	char signature[64];
	(void)snprintf(url, sizeof(url), TALK_URL "%s", target);
	talk_signature(signature, TALK_TOKEN, url, NULL);
	for (int tampered = 0; tampered <= 1; tampered++) {
		struct buf request = {0};
		struct answer answer;
		buf_printf(&request,
		    "POST %s HTTP/1.1\r\nHost: example.com\r\n%sContent-Type: "
		    "application/json\r\nContent-Length: %zu\r\n\r\n%s",
		    target, signature, strlen(body),
		    tampered ? "{\"hello\":\"w0rld\"}" : body);
		talk_once(talk, &answer, &request);
		assert_int_equal(answer.status, tampered ? 403 : 204);
		answer_clear(&answer);
		buf_free(&request);
	}
}

TEST_GROUP(talk_setup, talk_teardown)
