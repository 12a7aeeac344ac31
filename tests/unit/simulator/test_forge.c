#include "test.h"

#include "simulator/forge.h"
#include "twilio/signature.h"

#define TOKEN "0123456789abcdef0123456789abcdef"

static const char *header_of(const struct client_request *request, const char *name)
{
	size_t len = strlen(name);
	for (const char *const *header = request->headers; *header != NULL; header++) {
		if (strncmp(*header, name, len) == 0 && (*header)[len] == ':')
			return *header + len + 2;
	}
	return NULL;
}

/* As a server would check it. */
static bool genuine(const struct forge *forge, const struct client_request *request,
    struct arena *arena)
{
	struct tokens *tokens = tokens_new();
	struct params params;
	assert_int_equal(tokens_add(tokens, SPAN(TOKEN), NULL), 0);
	struct verifier *verifier = verifier_new(tokens);
	assert_int_equal(params_parse(&params, request->body, arena), PARAMS_OK);
	bool good = verifier_check(verifier,
	    &(struct signed_request){.scheme = forge->url.scheme,
		.host = forge->url.host,
		.target = span_of(request->target),
		.params = request->get ? NULL : &params,
		.signature = span_of(header_of(request, "X-Twilio-Signature")),
		.account_sid = SPAN("")},
	    arena);
	verifier_free(verifier);
	tokens_free(tokens);
	return good;
}

static void make(
    struct forge *forge, struct client_request *request, struct arena *arena)
{
	struct error err;
	forge->token = TOKEN;
	assert_int_equal(
	    url_split(&forge->url,
		SPAN("https://user:pass@Sms.example.com:8443/a?b='c'#rc=2"), &err),
	    0);
	forge_make(forge, request, arena);
}

TEST(what_was_not_tampered_with_is_genuine)
{
	for (int get = 0; get < 2; get++) {
		for (enum tamper tamper = TAMPER_NONE; tamper <= TAMPER_URL; tamper++) {
			struct arena *arena = arena_new();
			struct client_request request;
			struct forge forge = {.get = get != 0, .tamper = tamper};
			make(&forge, &request, arena);
			assert_int_equal(
			    genuine(&forge, &request, arena), tamper == TAMPER_NONE);
			arena_free(arena);
		}
	}
}

TEST(headers_are_those_of_twilio)
{
	struct arena *arena = arena_new();
	struct client_request request;
	struct forge forge = {.dial = "http://127.0.0.1:8080"};
	make(&forge, &request, arena);
	assert_string_equal(request.url, "http://127.0.0.1:8080");
	assert_string_equal(request.target, "/a?b='c'");
	assert_string_equal(header_of(&request, "Host"), "Sms.example.com:8443");
	assert_string_equal(header_of(&request, "User-Agent"), "TwilioProxy/1.1");
	assert_string_equal(header_of(&request, "Accept"), "*/*");
	assert_string_equal(header_of(&request, "Content-Type"),
	    "application/x-www-form-urlencoded; charset=UTF-8");
	assert_string_equal(header_of(&request, "X-Home-Region"), "us1");
	assert_int_equal(strlen(header_of(&request, "X-Twilio-Signature")), 28);
	assert_int_equal(strlen(header_of(&request, "I-Twilio-Idempotency-Token")), 36);
	assert_int_equal(strncmp(request.label, "SM", 2), 0);
	arena_free(arena);
}

TEST(extra_parameters_are_signed_too)
{
	static const struct pair extra[] = {
	    {{"Body", 4}, {"mine", 4}}, {{"OptOutType", 10}, {"STOP", 4}}};
	struct arena *arena = arena_new();
	struct client_request request;
	struct params params;
	struct forge forge = {.extra = extra, .extra_count = 2};
	make(&forge, &request, arena);
	assert_true(genuine(&forge, &request, arena));
	assert_int_equal(params_parse(&params, request.body, arena), PARAMS_OK);
	assert_true(span_is(params_get(&params, "Body"), "mine"));
	assert_true(span_is(params_get(&params, "OptOutType"), "STOP"));
	arena_free(arena);
}

TEST(without_a_token_nothing_is_signed)
{
	struct arena *arena = arena_new();
	struct client_request request;
	struct forge forge = {0};
	make(&forge, &request, arena);
	forge.token = NULL;
	forge_make(&forge, &request, arena);
	assert_null(header_of(&request, "X-Twilio-Signature"));
	arena_free(arena);
}

TEST(what_is_no_url_is_refused)
{
	static const char *const wrong[] = {"", "example.com", "ftp://x", "http://",
	    "https:///a", "http://u@/a", "http://h/a b"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct url url;
		struct error err;
		assert_int_equal(url_split(&url, span_of(wrong[i]), &err), -1);
	}
}
