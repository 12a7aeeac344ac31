#include "test.h"

#include "twilio/diagnose.h"

#include <stdio.h>
#include <stdlib.h>

#include "util/text.h"

#define ACCOUNT_A "AC0000000000000000000000000000000a"
#define ACCOUNT_B "AC0000000000000000000000000000000b"

/* A request as Twilio signed it, and as it is seen. NULL: as in the base case. */
struct story {
	const char *signed_url, *signed_form, *signed_with;
	const char *seen_url, *seen_form, *seen_body, *account;
	const char *host, *forwarded_host, *raw_target, *settings;
	const char *cause, *advice; /* the advice has this in it */
};

static const char default_token[] = "11111111111111111111111111111111";
static const char base_url[] = "https://h.io/p?secret=1";
static const char base_form[] = "Body=private+text&From=%2B15551234567";

static const char *or_else(const char *text, const char *otherwise)
{
	return text != NULL ? text : otherwise;
}

static struct tokens *some_tokens(bool with_default)
{
	struct tokens *tokens = tokens_new();
	if (with_default)
		assert_int_equal(tokens_add(tokens, span_of(default_token), NULL), 0);
	assert_int_equal(
	    tokens_add_accounts(tokens, SPAN(ACCOUNT_A ":token-of-a"), NULL), 0);
	assert_int_equal(
	    tokens_add_shared(tokens, SPAN("known:HMAC_SHA1:token-of-key"), NULL), 0);
	return tokens;
}

static void check(const struct story *story, struct tokens *tokens)
{
	struct arena *arena = arena_new();
	char signature[SIGNATURE_SIZE];
	struct params sent;
	struct params seen;
	const char *signed_form = or_else(story->signed_form, base_form);
	const char *seen_form = or_else(story->seen_form, base_form);
	assert_int_equal(params_parse(&sent, span_of(signed_form), arena), PARAMS_OK);
	assert_int_equal(params_parse(&seen, span_of(seen_form), arena), PARAMS_OK);
	signature_make(signature, span_of(or_else(story->signed_with, default_token)),
	    span_of(or_else(story->signed_url, base_url)), &sent);
	struct signed_request request = {
	    .params = story->seen_body == NULL ? &seen : NULL,
	    .body = span_of(or_else(story->seen_body, seen_form)),
	    .signature = span_of(signature),
	    .account_sid = span_of(story->account),
	    .settings = span_of(story->settings),
	};
	assert_true(
	    signature_split_url(&request, span_of(or_else(story->seen_url, base_url))));
	struct diagnose_hints hints = {.host = span_of(story->host),
	    .forwarded_host = span_of(story->forwarded_host),
	    .raw_target = span_of(story->raw_target)};
	struct verifier *verifier = verifier_new(tokens);
	assert_false(verifier_check(verifier, &request, arena));
	struct diagnosis found = diagnose(verifier, &request, &hints, arena);
	if (strcmp(found.cause, story->cause) != 0 ||
	    strstr(found.advice, or_else(story->advice, "")) == NULL)
		fail_msg("got %s (%s), want %s (%s)", found.cause, found.advice,
		    story->cause, or_else(story->advice, ""));
	assert_null(strstr(found.advice, "secret"));
	assert_null(strstr(found.advice, "private"));
	assert_null(strstr(found.advice, "1111"));
	assert_null(strstr(found.advice, "token-of"));
	verifier_free(verifier);
	arena_free(arena);
}

static void explain(struct story story)
{
	struct tokens *tokens = some_tokens(true);
	check(&story, tokens);
	tokens_free(tokens);
}

TEST(a_stripped_https_is_named_with_what_to_set)
{
	explain((struct story){.seen_url = "http://h.io/p?secret=1",
	    .cause = "scheme",
	    .advice =
		"the signature matches for https://h.io/p?…: your proxy strips https; "
		"set --public-url https://h.io"});
	explain((struct story){.signed_url = "http://h.io/p?secret=1",
	    .cause = "scheme",
	    .advice = "set --public-url http://h.io"});
	explain((struct story){.seen_url = "http://10.0.0.1:8080/p?secret=1",
	    .forwarded_host = "h.io, proxy.internal",
	    .cause = "scheme",
	    .advice =
		"strips https; the name Twilio calls stands in X-Forwarded-Host; set "
		"--public-url https://h.io"});
}

TEST(another_host_or_port_is_named)
{
	explain((struct story){.seen_url = "https://app.internal/p?secret=1",
	    .forwarded_host = "h.io",
	    .cause = "host",
	    .advice = "X-Forwarded-Host; set --public-url https://h.io"});
	explain((struct story){.seen_url = "https://old.io/p?secret=1",
	    .host = "h.io",
	    .cause = "host",
	    .advice = "Host header; set --public-url https://h.io"});
	explain((struct story){.signed_url = "https://h.io:8080/p?secret=1",
	    .cause = "port",
	    .advice = "set --public-url https://h.io:8080"});
	explain((struct story){.signed_url = "http://[::1]:3000/p?secret=1",
	    .seen_url = "http://[::1]:1/p?secret=1",
	    .cause = "port",
	    .advice = "http://[::1]:3000"});
}

TEST(another_path_or_query_is_named)
{
	explain((struct story){.seen_url = "https://h.io/p/?secret=1",
	    .cause = "slash",
	    .advice = "slash"});
	explain(
	    (struct story){.signed_url = "https://h.io/p/?secret=1", .cause = "slash"});
	explain((struct story){.signed_url = "https://h.io/p",
	    .cause = "query",
	    .advice = "matches for https://h.io/p: "});
	explain((struct story){.signed_url = "https://h.io/p?secret=a+b",
	    .seen_url = "https://h.io/p?secret=a%20b",
	    .cause = "query",
	    .advice = "https://h.io/p?…"});
	explain((struct story){.signed_url = "https://h.io/p?secret=a%20b",
	    .seen_url = "https://h.io/p?secret=a+b",
	    .cause = "query"});
	explain((struct story){.signed_url = "https://h.io/p?secret=a:b@c&d=e",
	    .seen_url = "https://h.io/p?secret=a%3Ab%40c&d=e",
	    .cause = "query"});
	explain((struct story){.seen_url = "https://h.io/hooks/p?secret=1",
	    .raw_target = "/p?secret=1",
	    .cause = "prefix",
	    .advice = "set --public-url https://h.io"});
	explain((struct story){.signed_url = "https://h.io/hooks/p?secret=1",
	    .seen_url = "http://h.io/hooks/p?secret=1",
	    .raw_target = "/p?secret=1",
	    .cause = "scheme",
	    .advice = "set --public-url https://h.io/hooks"});
}

TEST(another_token_is_told_from_a_missing_one)
{
	explain((struct story){
	    .account = ACCOUNT_A, .cause = "token", .advice = "the account's tokens"});
	explain((struct story){.signed_with = "token-of-a",
	    .account = ACCOUNT_B,
	    .cause = "token",
	    .advice = "for another account"});
	struct tokens *tokens = some_tokens(false);
	struct story story = {.account = ACCOUNT_B,
	    .cause = "account",
	    .advice = "add AC…:token to TWILIO_AUTH_TOKENS"};
	check(&story, tokens);
	tokens_free(tokens);
}

TEST(another_reading_of_the_body_is_named)
{
	explain((struct story){.signed_form = "", .cause = "json-as-form"});
	explain((struct story){.seen_body = base_form, .cause = "form-as-json"});
	explain((struct story){
	    .signed_form = "", .seen_body = "{\"private\":1}", .cause = "body-hash"});
	explain((struct story){.signed_form = "",
	    .signed_url = "https://h.io/p?bodySHA256=00",
	    .seen_url = "https://h.io/p?bodySHA256=00",
	    .seen_body = "{}",
	    .cause = "body-hash",
	    .advice = "not the one that bodySHA256"});
	explain((struct story){.signed_form = "secret=1",
	    .seen_body = "",
	    .cause = "get-params",
	    .advice = "twice"});
	explain((struct story){.signed_url = "https://h.io/p",
	    .signed_form = "secret=1",
	    .seen_body = "",
	    .cause = "get-params",
	    .advice = "redirect"});
}

TEST(a_changed_form_is_named)
{
	explain((struct story){
	    .signed_form = "Body=x", .seen_form = "Body=+x+", .cause = "trimmed"});
	explain((struct story){
	    .signed_form = "Body=x", .seen_form = "Body=x&ToZip=", .cause = "trimmed"});
	explain((struct story){.signed_form =
				   "Body=x&FromCity=&FromState=&FromZip=&"
				   "FromCountry=&ToCity=&ToState=&ToZip=&ToCountry=",
	    .seen_form = "Body=x",
	    .cause = "trimmed",
	    .advice = "in front"});
	explain((struct story){.signed_form = "CallSid=C",
	    .seen_form = "CallSid=C&CallToken=x&StirVerstat=y",
	    .cause = "call-token"});
}

/* faults 5.13 */
TEST(a_query_that_was_signed_in_another_order_is_named)
{
	static const struct {
		const char *was, *is, *advice;
	} rows[] = {
	    {"b=secret&a=1", "a=1&b=secret", "Twilio sorts it by name after"},
	    {"c=1&a=2&b=3", "a=2&b=3&c=1", "Twilio sorts it by name after"},
	    {"d&b=&a=2&f=1&e=6&c=3", "a=2&b=&c=3&d&e=6&f=1", "Twilio sorts"},
	    {"b=1&A=2", "A=2&b=1", "Twilio sorts"},
	    {"g=7&a=1&b=2&c=3&d=4&e=5&f=6", "a=1&b=2&c=3&d=4&e=5&f=6&g=7",
		"Twilio sorts"},
	    {"a=1&b=secret", "b=secret&a=1", "something on the way writes it anew"},
	    {"a=2&a=1", "a=1&a=2", "Twilio sorts"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char was[128], is[128];
		(void)snprintf(was, sizeof(was), "https://h.io/p?%s", rows[i].was);
		(void)snprintf(is, sizeof(is), "https://h.io/p?%s", rows[i].is);
		explain((struct story){.signed_url = was,
		    .seen_url = is,
		    .cause = "query-order",
		    .advice = rows[i].advice});
	}
}

/* faults 5.13 */
TEST(another_scheme_of_a_websocket_is_named)
{
	explain((struct story){.signed_url = "wss://h.io/media",
	    .signed_form = "",
	    .seen_url = "ws://h.io/media",
	    .seen_body = "",
	    .cause = "scheme",
	    .advice = "your proxy strips TLS"});
	explain((struct story){.signed_url = "wss://h.io/media",
	    .signed_form = "",
	    .seen_url = "https://h.io/media",
	    .seen_body = "",
	    .cause = "scheme",
	    .advice = "Twilio opens it as a WebSocket"});
	explain((struct story){.signed_url = "https://h.io/media",
	    .signed_form = "",
	    .seen_url = "wss://h.io/media",
	    .seen_body = "",
	    .cause = "scheme",
	    .advice = "Twilio calls it by https"});
}

/* faults 5.12: a form's file as an editor saves it */
TEST(what_an_editor_does_to_a_form_is_named)
{
	static const struct {
		const char *was, *is, *cause, *advice;
	} rows[] = {
	    {"Body=x", "Body=x\n", "newline",
		"ends with a newline that was not signed"},
	    {"Body=x", "Body=x\r\n", "newline", "ends with a newline"},
	    {"Body=x", "Body=x\n\n", "newline", "ends with newlines"},
	    {"Body=x",
		"\xEF\xBB\xBF"
		"Body=x",
		"bom", "byte order mark"},
	    {"Body=x",
		"\xEF\xBB\xBF"
		"Body=x\r\n",
		"bom", "and ends with a newline"},
	    {"Body=x", "Body=x ", "blank", "blanks that were not signed"},
	    {"Body=x", "  Body=x \n", "blank", "blanks that were not signed"},
	    {"Body=x\n", "Body=x", "newline", "lacks the newline"},
	    {"Body=x\r\n", "Body=x", "newline", "lacks the CR LF"},
	    {"A=1\nB=2", "A=1\r\nB=2", "newline",
		"end with CR LF and were signed with LF"},
	    {"A=1\r\nB=2", "A=1\nB=2", "newline",
		"end with LF and were signed with CR LF"},
	    {"Body=x&AccountSid=" ACCOUNT_A, "Body=x&AccountSid=" ACCOUNT_A "\n",
		"newline", "ends with a newline"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		explain((struct story){.signed_form = rows[i].was,
		    .seen_form = rows[i].is,
		    .signed_with =
			strstr(rows[i].was, ACCOUNT_A) != NULL ? "token-of-a" : NULL,
		    .cause = rows[i].cause,
		    .advice = rows[i].advice});
}

/* Each of them becomes two bytes, so that the copy is full: nothing may stand behind it. */
TEST(a_body_of_line_ends_alone_is_named)
{
	enum { LINES = 1208 }; /* no byte of the arena is left over then */

	char was[2 * LINES + 1] = "", is[LINES + 1] = "", url[128], hex[65];
	unsigned char digest[32];
	for (size_t i = 0; i < LINES; i++) {
		is[i] = '\n';
		was[2 * i] = '\r';
		was[2 * i + 1] = '\n';
	}
	text_sha256(digest, span_of(was));
	text_hex(hex, digest, sizeof(digest));
	(void)snprintf(url, sizeof(url), "https://h.io/p?bodySHA256=%s", hex);
	explain((struct story){.signed_url = url,
	    .signed_form = "",
	    .seen_url = url,
	    .seen_body = is,
	    .cause = "newline"});
}

/* faults 5.12: the same to JSON, of which the URL has the hash */
TEST(what_an_editor_does_to_json_is_named)
{
	static const struct {
		const char *was, *is, *cause;
	} rows[] = {
	    {"{}", "{}\n", "newline"},
	    {"{}", "{}\r\n", "newline"},
	    {"{}\n", "{}", "newline"},
	    {"{}\n", "{}\n\n", "newline"},
	    {"{}", "\xEF\xBB\xBF{}", "bom"},
	    {"{}", "{} ", "blank"},
	    {"{\n}\n", "{\r\n}\r\n", "newline"},
	    {"{\r\n}", "{\n}", "newline"},
	    {"{}", "{ }", "body-hash"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char url[128], hex[65];
		unsigned char digest[32];
		text_sha256(digest, span_of(rows[i].was));
		text_hex(hex, digest, sizeof(digest));
		(void)snprintf(url, sizeof(url), "https://h.io/p?bodySHA256=%s", hex);
		explain((struct story){.signed_url = url,
		    .signed_form = "",
		    .seen_url = url,
		    .seen_body = rows[i].is,
		    .cause = rows[i].cause});
	}
}

TEST(a_shared_key_is_explained)
{
	explain((struct story){.settings = "key=other,algorithm=HMAC_SHA1",
	    .cause = "shared-key",
	    .advice = "TWILIO_SHARED_KEYS"});
	explain((struct story){.settings = "key=known,algorithm=HMAC_SHA1",
	    .cause = "shared-key",
	    .advice = "something on the way adds it"});
	explain((struct story){.settings = "key=known,algorithm=HMAC_SHA1",
	    .signed_with = "another",
	    .cause = "unknown"});
}

TEST(a_header_that_is_no_signature_is_malformed)
{
	static const char *const headers[] = {"", "x",
	    "NOTRSOYDt4T1cUTdK1PDd93/VVr8B8=", "RSOYDt4T1cUTdK1PDd93/VVr8B8",
	    "RSOYDt4T1cUTdK1PDd93 VVr8B8=", "RSOYDt4T1cUTdK1PDd93/VVr8B80"};
	struct tokens *tokens = some_tokens(true);
	struct arena *arena = arena_new();
	struct verifier *verifier = verifier_new(tokens);
	struct diagnose_hints hints = {0};
	struct params form = {0};
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct signed_request request = {
		    .params = &form, .signature = span_of(headers[i])};
		assert_true(signature_split_url(&request, span_of(base_url)));
		assert_string_equal(
		    diagnose(verifier, &request, &hints, arena).cause, "malformed");
	}
	verifier_free(verifier);
	arena_free(arena);
	tokens_free(tokens);
}

TEST(what_matches_nothing_is_unknown)
{
	explain((struct story){.signed_with = "an unknown token", .cause = "unknown"});
	explain((struct story){.signed_form = "Body=other", .cause = "unknown"});
}

/* faults 3.3: what strangers send decides how much there is to try. */
TEST(what_takes_too_long_is_not_diagnosed)
{
	struct tokens *tokens = some_tokens(true);
	struct arena *arena = arena_new();
	struct verifier *verifier = verifier_new(tokens);
	struct diagnose_hints hints = {0};
	struct params form = {0};
	char signature[SIGNATURE_SIZE];
	signature_make(
	    signature, span_of(default_token), SPAN("http://h.io/p?secret=1"), NULL);
	struct signed_request request = {
	    .params = &form, .signature = span_of(signature)};
	assert_true(signature_split_url(&request, span_of(base_url)));

	static const struct {
		uint64_t work;
		const char *cause;
	} rows[] = {{0, DIAGNOSIS_NONE}, {8000, DIAGNOSIS_NONE}, {1 << 20, "scheme"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		verifier_allow(verifier, rows[i].work);
		struct diagnosis found = diagnose(verifier, &request, &hints, arena);
		assert_string_equal(found.cause, rows[i].cause);
	}
	verifier_free(verifier);
	arena_free(arena);
	tokens_free(tokens);
}
