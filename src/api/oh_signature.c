/* oh_signature -- offhook.h: a signature checked by hand. */
#include "api/context.h"
#include "twilio/params.h"
#include "twilio/signature.h"

/* The URL as a Node.js or PHP handler behind a proxy would put it together. */
static struct span signature_guess_url(const oh_event *event)
{
	return span_of(arena_printf(event->context.arena, "https://%s%.*s",
	    oh_header(event, "Host"), SPAN_ARG(event->frame->target)));
}

static bool signature_of_form(const oh_event *event)
{
	struct span type = span_of(oh_header(event, "Content-Type"));
	type = span_trim(span_head(type, span_find(type, ';')));
	return span_ieq(type, SPAN("application/x-www-form-urlencoded"));
}

static int signature_check(
    const oh_event *event, const struct tokens *tokens, const struct signed_request *it)
{
	struct verifier *verifier = verifier_new(tokens);
	int valid = verifier_check(verifier, it, event->context.arena) ? 1 : 0;
	verifier_free(verifier);
	return valid;
}

int oh_signature_valid(
    const oh_event *event, const char *token, const char *signature, const char *url)
{
	struct params params = {0};
	struct signed_request it = {
	    .body = event->frame->body,
	    .signature = span_of(signature),
	    .bodyless = span_is(event->frame->method, "GET"),
	};
	if (token == NULL || *token == '\0' || signature == NULL ||
	    !signature_split_url(
		&it, url != NULL ? span_of(url) : signature_guess_url(event)))
		return 0;
	if (!it.bodyless && signature_of_form(event)) {
		if (params_parse(&params, it.body, event->context.arena) != PARAMS_OK)
			return 0;
		it.params = &params;
	}
	struct tokens *tokens = tokens_new();
	int valid = tokens_add(tokens, span_of(token), NULL) == 0 &&
		    signature_check(event, tokens, &it);
	tokens_free(tokens);
	return valid;
}
