/* What signature_make signs verifies, and no longer does when a byte of a value
 * changed; any header and any URL is taken without harm. The input is four lines: a
 * token, a URL, a header, and the form (which may have more lines). */
#include <stdint.h>
#include <stdlib.h>

#include "twilio/diagnose.h"
#include "twilio/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static struct span next_line(struct span *rest)
{
	size_t len = span_find(*rest, '\n');
	struct span line = span_head(*rest, len);
	*rest = span_from(*rest, len < rest->len ? len + 1 : len);
	return line;
}

/* Another byte in one value: only where its name is not repeated, as equal values of
 * one name are signed once. */
static void check_change(struct verifier *verifier, struct signed_request *request,
    struct params *form, struct arena *arena)
{
	for (size_t i = 0; i < form->count; i++) {
		struct pair *param = &form->items[i];
		size_t same = 0;
		for (size_t k = 0; k < form->count; k++)
			same += span_eq(form->items[k].name, param->name) ? 1 : 0;
		if (param->value.len == 0 || same > 1)
			continue;
		struct span before = param->value;
		char *changed = arena_strndup(arena, before);
		changed[before.len / 2] = (char)(changed[before.len / 2] ^ 1);
		param->value.ptr = changed;
		must(!verifier_check(verifier, request, arena));
		param->value = before;
		return;
	}
}

static void check_own(struct verifier *verifier, struct signed_request *request,
    struct params *form, struct span token, struct arena *arena)
{
	char signature[SIGNATURE_SIZE];
	struct buf url = {0};
	struct span claimed = request->signature;
	buf_put(&url, request->scheme);
	buf_puts(&url, "://");
	buf_put(&url, request->host);
	buf_put(&url, request->target);
	signature_make(signature, token, buf_span(&url), form);
	request->signature = span_of(signature);
	must(verifier_check(verifier, request, arena));
	check_change(verifier, request, form, arena);
	request->signature = claimed;
	buf_free(&url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = {(const char *)data, size};
	struct span token = next_line(&rest);
	struct span url = next_line(&rest);
	struct signed_request request = {.signature = next_line(&rest), .body = rest};
	struct tokens *tokens = tokens_new();
	struct arena *arena = arena_new();
	struct params form;
	if (tokens_add(tokens, token, NULL) == 0 && tokens_count(tokens) == 1 &&
	    signature_split_url(&request, url) &&
	    params_parse(&form, rest, arena) == PARAMS_OK) {
		struct verifier *verifier = verifier_new(tokens);
		struct diagnose_hints hints = {
		    .host = request.host, .raw_target = request.target};
		request.params = &form;
		if (form.count > 0)
			check_own(verifier, &request, &form,
			    tokens_at(tokens, 0)->secret, arena);
		if (!verifier_check(verifier, &request, arena) && size < 256)
			must(
			    diagnose(verifier, &request, &hints, arena).advice != NULL);
		verifier_free(verifier);
	}
	arena_free(arena);
	tokens_free(tokens);
	return 0;
}
