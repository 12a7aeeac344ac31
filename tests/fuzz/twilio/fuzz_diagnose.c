/* Whatever was refused is explained by a known cause, in one line without a secret. The
 * input is lines: Auth Tokens, SharedKeys, a URL, the Host, X-Forwarded-Host,
 * X-Forwarded-Proto, the signature, the settings' header, "j" for JSON; and the body. */
#include "fuzz/fuzz.h"
#include "twilio/diagnose.h"

enum { SECRET_MIN = 16, BODY_MAX = 512 };

static bool is_known(const char *cause)
{
	static const char *const causes[] = {"scheme", "host", "port", "slash", "query",
	    "query-order", "prefix", "token", "account", "shared-key", "json-as-form",
	    "form-as-json", "get-params", "body-hash", "newline", "bom", "blank",
	    "trimmed", "call-token", "malformed", "unknown", DIAGNOSIS_NONE};
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (strcmp(cause, causes[i]) == 0)
			return true;
	return false;
}

/* A secret that is no part of what the stranger sent must not be told. */
static void check_secrets(
    const struct tokens *tokens, const char *advice, struct span sent)
{
	for (size_t i = 0; i < tokens_count(tokens); i++) {
		struct span secret = tokens_at(tokens, i)->secret;
		if (secret.len < SECRET_MIN ||
		    memmem(sent.ptr, sent.len, secret.ptr, secret.len) != NULL)
			continue;
		must(memmem(advice, strlen(advice), secret.ptr, secret.len) == NULL);
	}
}

static void check(const struct tokens *tokens, struct signed_request *request,
    const struct diagnose_hints *hints, struct span sent, struct arena *arena)
{
	struct verifier *verifier = verifier_new(tokens);
	if (!verifier_check(verifier, request, arena)) {
		struct diagnosis found = diagnose(verifier, request, hints, arena);
		must(is_known(found.cause));
		must(found.advice[0] != '\0' && strchr(found.advice, '\n') == NULL);
		check_secrets(tokens, found.advice, sent);
	}
	verifier_free(verifier);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = {(const char *)data, size};
	struct tokens *tokens = tokens_new();
	struct arena *arena = arena_new();
	struct signed_request request = {0};
	struct diagnose_hints hints = {0};
	struct params form;
	bool taken = tokens_add(tokens, next_line(&rest), NULL) == 0;
	taken = tokens_add_shared(tokens, next_line(&rest), NULL) == 0 && taken;
	struct span sent = rest, url = next_line(&rest);
	hints.host = next_line(&rest);
	hints.forwarded_host = next_line(&rest);
	hints.forwarded_proto = next_line(&rest);
	request.signature = next_line(&rest);
	request.settings = next_line(&rest);
	hints.json = span_is(next_line(&rest), "j");
	request.body = rest;
	if (taken && rest.len <= BODY_MAX && tokens_count(tokens) > 0 &&
	    signature_split_url(&request, url) &&
	    (hints.json || params_parse(&form, rest, arena) == PARAMS_OK)) {
		request.params = hints.json ? NULL : &form;
		hints.raw_target = request.target;
		check(tokens, &request, &hints, sent, arena);
	}
	arena_free(arena);
	tokens_free(tokens);
	return 0;
}
