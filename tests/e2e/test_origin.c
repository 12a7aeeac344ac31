/* Whose URL, whose token: what the signature is checked against. */
#include "talk_jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAIN  "AC00000000000000000000000000000001"
#define CHILD "AC00000000000000000000000000000002"

/* Posts a form signed with token for url, with more headers. */
static int post_as(const struct talk *talk, const char *token, const char *url,
    const char *headers, const char *form)
{
	char signature[64];
	char all[512];
	struct buf request = {0};
	struct answer answer;
	talk_signature(signature, token, url, form);
	(void)snprintf(all, sizeof(all), "%s%s", signature, headers);
	talk_request(&request, "/twilio/sms", all, form);
	talk_once(talk, &answer, &request);
	int status = answer.status;
	answer_clear(&answer);
	buf_free(&request);
	return status;
}

TEST(tokens_are_chosen_by_account)
{
	struct talk talk;
	const char *old = "0000000000000000000000000000aaaa";
	const char *new = "0000000000000000000000000000bbbb";
	(void)setenv("TWILIO_AUTH_TOKENS",
	    CHILD ":0000000000000000000000000000aaaa," CHILD
		  ":0000000000000000000000000000bbbb",
	    1);
	talk_start(&talk, NULL);
	(void)unsetenv("TWILIO_AUTH_TOKENS");

	const struct {
		const char *name, *token, *form;
		int want;
	} rows[] = {
	    {"main account", TALK_TOKEN, "MessageSid=SM1&AccountSid=" MAIN, 200},
	    {"listed account, old token", old, "MessageSid=SM2&AccountSid=" CHILD, 200},
	    {"listed account, new token", new, "MessageSid=SM3&AccountSid=" CHILD, 200},
	    {"listed account, main token", TALK_TOKEN,
		"MessageSid=SM4&AccountSid=" CHILD, 403},
	    {"main account, listed token", new, "MessageSid=SM5&AccountSid=" MAIN, 403},
	    {"no account, any token", new, "MessageSid=SM6", 200},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int got = post_as(
		    &talk, rows[i].token, TALK_URL "/twilio/sms", "", rows[i].form);
		if (got != rows[i].want)
			print_error("%s\n", rows[i].name);
		assert_int_equal(got, rows[i].want);
	}
	talk_end(&talk);
}

struct forwarded {
	const char *url, *headers;
	int want;
};

static void check_forwarded(
    struct talk *talk, const struct forwarded *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char form[64];
		(void)snprintf(form, sizeof(form), "MessageSid=SM%zu", i);
		int got = post_as(talk, TALK_TOKEN, rows[i].url, rows[i].headers, form);
		if (got != rows[i].want)
			print_error("%s %s\n", rows[i].url, rows[i].headers);
		assert_int_equal(got, rows[i].want);
	}
}

/* faults 3.6 */
TEST(forwarded_headers_are_believed_from_trusted_proxies_only)
{
	struct talk talk;
	static const struct forwarded trusted[] = {
	    {"http://example.com/twilio/sms", "", 200},
	    {"https://example.com/twilio/sms", "", 403},
	    {"https://example.com/twilio/sms", "X-Forwarded-Proto: HTTPS\r\n", 200},
	    {"http://example.com/twilio/sms", "X-Forwarded-Host: a.example/pre\r\n",
		200},
	    {"http://example.com/twilio/sms", "X-Forwarded-Host: a.example b\r\n", 200},
	    {"https://sms.example.org/twilio/sms",
		"Forwarded: for=192.0.2.1; Proto=HTTPS;host=\"sms.example.org\", "
		"for=192.0.2.2\r\n",
		200},
	    {"https://sms.example.org:8443/twilio/sms",
		"Forwarded: host=\"sms.example.org:8443\";proto=https\r\n", 200},
	    {"https://example.com/twilio/sms", "X-Forwarded-Proto: https\r\n", 200},
	    {"https://sms.example.org/twilio/sms",
		"X-Forwarded-Proto: https\r\nX-Forwarded-Host: sms.example.org\r\n",
		200},
	    {"https://sms.example.org/twilio/sms",
		"X-Forwarded-Proto: https, http\r\nX-Forwarded-Host: sms.example.org, b\r\n",
		200},
	};
	static const struct forwarded untrusted[] = {
	    {"http://example.com/twilio/sms", "", 200},
	    {"https://example.com/twilio/sms", "X-Forwarded-Proto: https\r\n", 403},
	    {"http://example.com/twilio/sms", "X-Forwarded-Proto: https\r\n", 200},
	};
	const char *const with_proxy[] = {
	    "--public-url", "none", "--trusted-proxy", "127.0.0.0/8", NULL};
	const char *const without[] = {"--public-url", "none", NULL};
	talk_start(&talk, with_proxy);
	check_forwarded(&talk, trusted, sizeof(trusted) / sizeof(trusted[0]));
	talk_end(&talk);
	talk_start(&talk, without);
	check_forwarded(&talk, untrusted, sizeof(untrusted) / sizeof(untrusted[0]));
	talk_end(&talk);
}

TEST(a_public_url_may_have_a_path_prefix)
{
	struct talk talk;
	const char *const extra[] = {
	    "--public-url", "https://example.com:8443/hooks", NULL};
	talk_start(&talk, extra);
	assert_int_equal(
	    post_as(&talk, TALK_TOKEN, "https://example.com:8443/hooks/twilio/sms", "",
		"MessageSid=SM1"),
	    200);
	/* Voice over HTTPS is signed without the port. */
	assert_int_equal(
	    post_as(&talk, TALK_TOKEN, "https://example.com/hooks/twilio/sms", "",
		"MessageSid=SM2"),
	    200);
	assert_int_equal(post_as(&talk, TALK_TOKEN, "https://example.com/twilio/sms",
			     "", "MessageSid=SM3"),
	    403);
	talk_end(&talk);
}

/* ---- oh_url, oh_query ---- */

/* Asks a user's app where its routes are; url is signed, and says the path. */
static void expect_where(
    const struct talk *talk, const char *url, const char *target, const char *want)
{
	char signature[64];
	struct buf request = {0};
	struct answer answer;
	static int count;
	char form[96];
	(void)snprintf(form, sizeof(form), "MessageSid=SM%d&AccountSid=" MAIN, ++count);
	talk_signature(signature, TALK_TOKEN, url, form);
	talk_request(&request, target, signature, form);
	talk_once(talk, &answer, &request);
	if (answer.status != 200 || strstr(buf_text(&answer.body), want) == NULL)
		fail_msg("%s: %d %s", want, answer.status, buf_text(&answer.body));
	answer_clear(&answer);
	buf_free(&request);
}

/* faults 2.1, 2.4 */
TEST(a_handler_knows_the_public_url_of_its_routes_and_the_query_of_a_post)
{
	struct talk talk;
	const char *const prefixed[] = {
	    "--public-url", "https://h.example/phone/", NULL};
	const char *const without[] = {"--public-url", "none", NULL};
	talk_start_program(&talk, APPS_DIR "/every", prefixed);
	expect_where(&talk, "https://h.example/phone/where?order=a%20b+c&job=yes",
	    "/where?order=a%20b+c&job=yes",
	    "https://h.example/phone/next order=a b c<");
	talk_await_documents(
	    &talk, "places", "{\"url\": \"https://h.example/phone/next\"}", 1);
	talk_end(&talk);
	talk_start_program(&talk, APPS_DIR "/every", without);
	expect_where(&talk, "http://example.com/where", "/where",
	    "http://example.com/next order=<");
	talk_end(&talk);
}
