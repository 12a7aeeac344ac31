#include "test.h"

#include "twilio/tokens.h"

#include "twilio/signature.h"

#define ACCOUNT_A "AC0000000000000000000000000000000a"
#define ACCOUNT_B "AC0000000000000000000000000000000b"
#define ACCOUNT_C "AC0000000000000000000000000000000c"

TEST(an_account_that_is_listed_uses_only_its_own_tokens)
{

	static const struct {
		const char *account, *token;
		bool want;
	} rows[] = {
	    {ACCOUNT_A, "a-old", true},
	    {ACCOUNT_A, "a-new", true},
	    {ACCOUNT_A, "b", false},
	    {ACCOUNT_A, "default-1", false},
	    {ACCOUNT_B, "b", true},
	    {ACCOUNT_C, "default-1", true},
	    {ACCOUNT_C, "default-2", true},
	    {ACCOUNT_C, "b", false},
	    {"", "default-2", true},
	    {"", "a-new", true},
	    {"", "b", true},
	    {"", "c", false},
	};
	struct tokens *tokens = tokens_new();
	assert_int_equal(tokens_add(tokens, SPAN("default-1, default-2"), NULL), 0);
	assert_int_equal(
	    tokens_add_accounts(tokens,
		SPAN(ACCOUNT_A ":a-old," ACCOUNT_B ":b," ACCOUNT_A ":a-new"), NULL),
	    0);
	struct verifier *verifier = verifier_new(tokens);
	struct arena *arena = arena_new();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char signature[SIGNATURE_SIZE];
		struct signed_request request = {
		    .account_sid = span_of(rows[i].account)};
		assert_true(signature_split_url(&request, SPAN("https://h.io/p")));
		signature_make(
		    signature, span_of(rows[i].token), SPAN("https://h.io/p"), NULL);
		request.signature = span_of(signature);
		if (verifier_check(verifier, &request, arena) != rows[i].want)
			fail_msg("%s with %s", rows[i].account, rows[i].token);
	}
	arena_free(arena);
	verifier_free(verifier);
	tokens_free(tokens);
}

/* faults 1.11: signatures are the official package's (twilio 6.3.1), over the same URL and form. */
TEST(a_shared_key_counts_for_requests_that_name_it_and_for_no_others)
{
	static const char form[] = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&"
				   "Digits=1234&From=%2B14158675309&To=%2B18005551212";
	static const char sha1[] = "jAfbkm050mlqHvny+dpjh894+4w=";
	static const char sha256[] = "iwOZCFCgsf1lZRuIVob5xh6MS+e56XvT2JyqSGp3ZtY=";
	static const char plain[] = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";

	static const struct {
		const char *settings, *signature;
		bool want;
	} rows[] = {
	    {"key=long,algorithm=HMAC_SHA256", sha256, true},
	    {" algorithm = HMAC_SHA256 , key = long ", sha256, true},
	    {"key=long", sha256,
		true}, /* the key has one algorithm, whatever is said */
	    {"key=short,algorithm=HMAC_SHA1", sha1, true},
	    {"key=short", sha1, true},
	    {"key=short,algorithm=HMAC_SHA256", sha256, false},
	    {"key=long,algorithm=HMAC_SHA1", sha1, false},
	    {"key=other,algorithm=HMAC_SHA256", sha256, false},
	    {"key=long,algorithm=HMAC_SHA256", plain, false},
	    {"", plain, true},
	    {"key=,algorithm=HMAC_SHA1", plain, true},
	    {"", sha1, false},
	    {"", sha256, false},
	};
	struct tokens *tokens = tokens_new();
	struct params params;
	struct arena *arena = arena_new();
	assert_int_equal(tokens_add(tokens, SPAN("12345"), NULL), 0);
	assert_int_equal(tokens_add_shared(tokens,
			     SPAN("short:HMAC_SHA1:shared-secret, "
				  "long:HMAC_SHA256:shared-secret"),
			     NULL),
	    0);
	assert_int_equal(params_parse(&params, span_of(form), arena), PARAMS_OK);
	struct verifier *verifier = verifier_new(tokens);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct signed_request request = {.params = &params,
		    .settings = span_of(rows[i].settings),
		    .signature = span_of(rows[i].signature)};
		assert_true(signature_split_url(
		    &request, SPAN("https://mycompany.com/myapp.php?foo=1&bar=2")));
		if (verifier_check(verifier, &request, arena) != rows[i].want)
			fail_msg("%s with %s", rows[i].settings, rows[i].signature);
	}
	verifier_free(verifier);
	tokens_free(tokens);
	arena_free(arena);
}

TEST(a_shared_key_that_is_not_one_is_refused_without_its_secret)
{
	static const char *const rows[] = {"id", "id:HMAC_SHA1",
	    "id:HMAC_SHA1:", "id:HMAC_MD5:s3cret", ":HMAC_SHA1:s3cret", "id::s3cret",
	    "id:HMAC_SHA1:a,id:HMAC_SHA256:b"};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tokens *tokens = tokens_new();
		struct error err;
		if (tokens_add_shared(tokens, span_of(rows[i]), &err) != -1)
			fail_msg("%s is taken", rows[i]);
		assert_non_null(strstr(err.text, "shared key "));
		assert_null(strstr(err.text, "s3cret"));
		tokens_free(tokens);
	}
}

TEST(a_seal_is_what_was_signed_and_whose_token_signed_it)
{
	struct tokens *tokens = tokens_new();
	struct arena *arena = arena_new();
	struct params first, second;
	char signature[SIGNATURE_SIZE];
	unsigned char seal[SEAL_MAX];
	assert_int_equal(tokens_add(tokens, SPAN("default-1"), NULL), 0);
	assert_int_equal(tokens_add_accounts(tokens, SPAN(ACCOUNT_A ":a"), NULL), 0);
	struct verifier *verifier = verifier_new(tokens);
	assert_int_equal(params_parse(&first, SPAN("ab=c"), arena), PARAMS_OK);
	assert_int_equal(params_parse(&second, SPAN("a=bc"), arena), PARAMS_OK);
	signature_make(signature, SPAN("a"), SPAN("https://h.io/p"), &first);
	struct signed_request request = {
	    .params = &first, .signature = span_of(signature)};
	assert_true(signature_split_url(&request, SPAN("https://h.io/p")));
	assert_true(verifier_check(verifier, &request, arena));
	assert_int_equal(verifier_seal(verifier)->len, 20);
	assert_true(span_is(verifier_seal(verifier)->account, ACCOUNT_A));
	memcpy(seal, verifier_seal(verifier)->bytes, 20);
	request.params = &second; /* the same bytes, cut elsewhere */
	request.host = SPAN("h.io:443");
	assert_true(verifier_check(verifier, &request, arena));
	assert_memory_equal(verifier_seal(verifier)->bytes, seal, 20);
	request.account_sid = SPAN(ACCOUNT_B);
	signature_make(signature, SPAN("default-1"), SPAN("https://h.io/p"), &first);
	assert_true(verifier_check(verifier, &request, arena));
	assert_true(span_is(verifier_seal(verifier)->account, ACCOUNT_B));
	verifier_free(verifier);
	tokens_free(tokens);
	arena_free(arena);
}
