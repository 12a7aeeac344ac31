/* What Twilio's API sends as a list of numbers, and what is made of other things. */
#include "test.h"

#include <string.h>

#include "rest/api_error.h"
#include "rest/numbers.h"

#define ACCOUNT "AC00000000000000000000000000000001"
#define PN      "PN00000000000000000000000000000002"

static int read_page(struct numbers *numbers, const char *json, struct error *err)
{
	return numbers_read(numbers, ACCOUNT, span_of(json), err);
}

TEST(a_page_gives_its_numbers_and_the_next_page)
{
	struct numbers *numbers = numbers_new();
	struct error err;
	assert_int_equal(
	    read_page(numbers,
		"{\"incoming_phone_numbers\": [{\"sid\": \"" PN
		"\", \"phone_number\": \"+15550001\", \"sms_url\": \"https://a/b#rc=2\", "
		"\"sms_method\": \"POST\", \"voice_url\": null}], "
		"\"next_page_uri\": \"/2010-04-01/Accounts/" ACCOUNT
		"/IncomingPhoneNumbers.json?Page=1\"}",
		&err),
	    0);
	assert_int_equal(numbers->count, 1);
	assert_string_equal(numbers->rows[0].number, "+15550001");
	assert_string_equal(numbers->rows[0].sms_url, "https://a/b#rc=2");
	assert_string_equal(numbers->rows[0].voice_url, "");
	assert_string_equal(numbers->next,
	    "/2010-04-01/Accounts/" ACCOUNT "/IncomingPhoneNumbers.json?Page=1");
	assert_int_equal(
	    read_page(numbers,
		"{\"incoming_phone_numbers\": [], \"next_page_uri\": null}", &err),
	    0);
	assert_null(numbers->next);
	numbers_free(numbers);
}

TEST(what_is_no_page_is_refused)
{
	static const char *const rows[] = {
	    "",
	    "<html>",
	    "[]",
	    "{}",
	    "{\"incoming_phone_numbers\": {}}",
	    "{\"incoming_phone_numbers\": [1]}",
	    "{\"incoming_phone_numbers\": [{\"sid\": \"PN1\", \"phone_number\": "
	    "\"+1\"}]}",
	    "{\"incoming_phone_numbers\": [{\"sid\": "
	    "\"PN0000000000000000000000000000/../\", \"phone_number\": \"+1\"}]}",
	    "{\"incoming_phone_numbers\": [{\"sid\": \"" PN
	    "\", \"phone_number\": 15550001}]}",
	    "{\"incoming_phone_numbers\": [], \"next_page_uri\": "
	    "\"https://elsewhere.example/\"}",
	    "{\"incoming_phone_numbers\": [], \"next_page_uri\": "
	    "\"@elsewhere.example/2010-04-01/\"}",
	    "{\"incoming_phone_numbers\": [], \"next_page_uri\": "
	    "\"/2010-04-01/Accounts/" ACCOUNT "/Messages.json\"}",
	    "{\"incoming_phone_numbers\": [], \"next_page_uri\": "
	    "\"/2010-04-01/Accounts/" ACCOUNT
	    "/IncomingPhoneNumbers.json?a b\\r\\nX: y\"}",
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct numbers *numbers = numbers_new();
		struct error err = {""};
		if (read_page(numbers, rows[i], &err) == 0 || err.text[0] == '\0')
			fail_msg("taken: %s", rows[i]);
		numbers_free(numbers);
	}
}

TEST(an_error_of_the_api_is_told_in_its_words)
{
	static const struct {
		long status;
		const char *body, *want;
	} rows[] = {
	    {401, "{\"code\": 20003, \"message\": \"Authenticate\"}",
		"refuses the credentials"},
	    {404, "{\"code\": 20404, \"message\": \"was not found\"}",
		"Twilio answers 404: was not found (error 20404)"},
	    {400, "{\"message\": \"a\\u001b[31mb\"}", "a\\x1b[31mb"},
	    {500, "<html>oops</html>", "not as Twilio does"},
	    {302, "", "a redirect"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = {""};
		assert_int_equal(
		    api_error_tell(rows[i].status, span_of(rows[i].body), &err), -1);
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s\nwanted %s", err.text, rows[i].want);
	}
}

TEST(credentials_go_to_https_or_to_this_machine)
{
	static const struct {
		const char *url;
		int rc;
	} rows[] = {
	    {"https://api.twilio.com", 0},
	    {"https://api.dublin.ie1.twilio.com", 0},
	    {"http://127.0.0.1:4010", 0},
	    {"http://[::1]:4010", 0},
	    {"http://localhost", 0},
	    {"http://api.twilio.com", -1},
	    {"http://127.0.0.1.example.com", -1},
	    {"http://localhost.example.com", -1},
	    {"http://127.0.0.1:1@example.com", -1},
	    {"https://user:word@example.com", -1},
	    {"https://a b", -1},
	    {"https://api.twilio.com/", -1},
	    {"ftp://127.0.0.1", -1},
	    {"", -1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err;
		const struct rest_account account = {
		    rows[i].url, ACCOUNT, ACCOUNT, "planted"};
		if (rest_check(&account, &err) != rows[i].rc)
			fail_msg("%s", rows[i].url);
	}
}

TEST(a_sid_that_is_none_is_said_without_it)
{
	struct error err;
	const struct rest_account token_as_sid = {
	    REST_URL, "planted", "planted", "planted"};
	const struct rest_account token_as_key = {
	    REST_URL, ACCOUNT, "planted", "planted"};
	assert_int_equal(rest_check(&token_as_sid, &err), -1);
	assert_non_null(strstr(err.text, "TWILIO_ACCOUNT_SID"));
	assert_null(strstr(err.text, "planted"));
	assert_int_equal(rest_check(&token_as_key, &err), -1);
	assert_non_null(strstr(err.text, "TWILIO_API_KEY"));
	assert_null(strstr(err.text, "planted"));
}

TEST(a_form_escapes_what_urls_have)
{
	struct buf form = {0};
	rest_field(&form, "A", "https://a/b#rc=2&rp=5xx");
	rest_field(&form, "B", "+1 5");
	assert_string_equal(
	    buf_text(&form), "A=https%3A%2F%2Fa%2Fb%23rc%3D2%26rp%3D5xx&B=%2B1%205");
	buf_free(&form);
}
