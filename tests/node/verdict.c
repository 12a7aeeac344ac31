/* verdict -- our signature check for a judge to ask: reads one JSON object a line,
 *   {"op": "verify", "token", "url", "method", "form" | "body", "signature",
 *    "shared", "settings"}
 *   {"op": "sign", "token", "url", "form"}
 * and answers each with a line: true or false, or the signature. "form" is as posted,
 * percent-encoded; "body" is JSON's; "shared" is TWILIO_SHARED_KEYS, "settings" the
 * header that names a key. Used by differential.mjs. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "twilio/params.h"
#include "twilio/signature.h"

static struct span field(const json_t *line, const char *name)
{
	const json_t *value = json_object_get(line, name);
	return (struct span){json_string_value(value), json_string_length(value)};
}

static bool verify(const json_t *line, const struct params *form, struct arena *arena)
{
	struct tokens *tokens = tokens_new();
	struct signed_request request = {
	    .params = form,
	    .body = form != NULL ? field(line, "form") : field(line, "body"),
	    .signature = field(line, "signature"),
	    .settings = field(line, "settings"),
	    .bodyless = span_is(field(line, "method"), "GET"),
	};
	bool valid = false;
	if (signature_split_url(&request, field(line, "url")) &&
	    tokens_add(tokens, field(line, "token"), NULL) == 0 &&
	    tokens_add_shared(tokens, field(line, "shared"), NULL) == 0) {
		struct verifier *verifier = verifier_new(tokens);
		valid = verifier_check(verifier, &request, arena);
		verifier_free(verifier);
	}
	tokens_free(tokens);
	return valid;
}

static void answer(const json_t *line, struct arena *arena)
{
	struct params form;
	bool posted = field(line, "form").ptr != NULL;
	if (params_parse(&form, field(line, "form"), arena) != PARAMS_OK) {
		(void)puts("bad form");
	} else if (span_is(field(line, "op"), "sign")) {
		char signature[SIGNATURE_SIZE];
		signature_make(signature, field(line, "token"), field(line, "url"),
		    posted ? &form : NULL);
		(void)puts(signature);
	} else {
		bool valid = verify(line, posted ? &form : NULL, arena);
		(void)puts(valid ? "true" : "false");
	}
}

int main(void)
{
	char *text = NULL;
	size_t room = 0;
	while (getline(&text, &room, stdin) > 0) {
		json_error_t error;
		json_t *line = json_loads(text, JSON_ALLOW_NUL, &error);
		if (line == NULL) {
			(void)fprintf(stderr, "verdict: %s\n", error.text);
			return 1;
		}
		struct arena *arena = arena_new();
		answer(line, arena);
		arena_free(arena);
		json_decref(line);
	}
	free(text);
	return 0;
}
