/* oh_signature -- offhook.h: a signature checked by hand. */
#include "api/context.h"
#include "twilio/params.h"
#include "twilio/signature.h"

int oh_signature_valid(
    const oh_event *event, const char *token, const char *signature, const char *url)
{
	struct arena *arena = event->context.arena;
	struct span type = span_media_type(span_of(oh_header(event, "Content-Type")));
	struct params params = {0};
	struct signed_request it = {
	    .body = event->frame->body,
	    .signature = span_of(signature),
	    .bodyless = span_is(event->frame->method, "GET"),
	};
	if (url == NULL) /* as a Node.js or PHP handler behind a proxy would make it */
		url = arena_printf(arena, "https://%s%.*s", oh_header(event, "Host"),
		    SPAN_ARG(event->frame->target));
	if (token == NULL || *token == '\0' || signature == NULL ||
	    !signature_split_url(&it, span_of(url)))
		return 0;
	if (!it.bodyless && span_ieq(type, SPAN("application/x-www-form-urlencoded"))) {
		if (params_parse(&params, it.body, arena) != PARAMS_OK)
			return 0;
		it.params = &params;
	}
	struct tokens *tokens = tokens_new();
	bool valid = false;
	if (tokens_add(tokens, span_of(token), NULL) == 0) {
		struct verifier *verifier = verifier_new(tokens);
		valid = verifier_check(verifier, &it, arena);
		verifier_free(verifier);
	}
	tokens_free(tokens);
	return valid;
}
