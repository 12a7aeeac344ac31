#include "simulator/forge.h"

#include <string.h>

#include "twilio/signature.h"

static void forge_add_query(struct buf *target, const struct params *params)
{
	bool has_query = span_find(buf_span(target), '?') < target->len;
	buf_putc(target, has_query ? '&' : '?');
	params_encode(target, params);
}

static void forge_sign(char out[SIGNATURE_SIZE], const struct forge *forge,
    struct span target, const struct params *params)
{
	struct buf url = {0};
	buf_printf(&url, "%.*s://%.*s", SPAN_ARG(forge->url.scheme),
	    SPAN_ARG(forge->url.host));
	buf_put(&url, target);
	if (forge->tamper == TAMPER_URL)
		buf_putc(&url, '/');
	signature_make(
	    out, span_of(forge->token), buf_span(&url), forge->get ? NULL : params);
	if (forge->tamper == TAMPER_SIGNATURE)
		out[0] = out[0] == 'A' ? 'B' : 'A';
	buf_free(&url);
}

/* Changes the parameters after signing. */
static void forge_tamper(
    const struct forge *forge, struct params *params, struct arena *arena)
{
	if (forge->tamper == TAMPER_PARAM)
		sample_set(params, SPAN("Injected"), SPAN("1"), arena);
	if (forge->tamper != TAMPER_BODY)
		return;
	const char *name =
	    params_get(params, "Body").ptr != NULL ? "Body" : "AccountSid";
	sample_set(params, span_of(name),
	    span_of(arena_printf(
		arena, "%.*s (changed)", SPAN_ARG(params_get(params, name)))),
	    arena);
}

static const char *const *forge_headers(
    const struct forge *forge, const char *signature, struct arena *arena)
{
	char uuid[SAMPLE_UUID_SIZE];
	const char **headers = arena_alloc(arena, 10 * sizeof(headers[0]));
	size_t n = 0;
	headers[n++] = arena_printf(arena, "Host: %.*s", SPAN_ARG(forge->url.host));
	headers[n++] = "User-Agent: TwilioProxy/1.1";
	headers[n++] = "Accept: */*";
	headers[n++] = "Expect:"; /* else libcurl adds one to large bodies */
	if (!forge->get)
		headers[n++] = "Content-Type: application/x-www-form-urlencoded; "
			       "charset=UTF-8";
	if (signature != NULL)
		headers[n++] = arena_printf(arena, "X-Twilio-Signature: %s", signature);
	headers[n++] = arena_printf(arena, "I-Twilio-Idempotency-Token: %s",
	    forge->uuid != NULL ? forge->uuid : sample_uuid(uuid));
	headers[n++] = "X-Home-Region: us1";
	headers[n] = NULL;
	return headers;
}

void forge_make(
    const struct forge *forge, struct client_request *out, struct arena *arena)
{
	struct sample sample = forge->sample;
	struct params params;
	char signature[SIGNATURE_SIZE];
	struct buf target = {0}, body = {0};
	sample_complete(&sample, forge->kind, arena);
	sample_make(&params, forge->kind, &sample, arena);
	for (size_t i = 0; i < forge->extra_count; i++)
		sample_set(&params, forge->extra[i].name, forge->extra[i].value, arena);
	buf_put(&target, forge->url.target);
	if (forge->get)
		forge_add_query(&target, &params);
	if (forge->token != NULL)
		forge_sign(signature, forge, buf_span(&target), &params);
	forge_tamper(forge, &params, arena);
	if (forge->get && forge->tamper != TAMPER_NONE) {
		buf_clear(&target);
		buf_put(&target, forge->url.target);
		forge_add_query(&target, &params);
	}
	if (!forge->get)
		params_encode(&body, &params);
	*out = (struct client_request){
	    .url = forge->dial != NULL
		       ? forge->dial
		       : arena_printf(arena, "%.*s://%.*s", SPAN_ARG(forge->url.scheme),
			     SPAN_ARG(forge->url.host)),
	    .pin = forge->pin,
	    .target =
		arena_strndup(arena, span_from(buf_span(&target), forge->prefix_len)),
	    .headers =
		forge_headers(forge, forge->token != NULL ? signature : NULL, arena),
	    .get = forge->get,
	    .body = arena_copy(arena, buf_span(&body)),
	    .label = arena_strndup(arena, sample.values[SAMPLE_SID]),
	};
	buf_free(&target);
	buf_free(&body);
}
