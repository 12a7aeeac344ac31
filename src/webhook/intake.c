#include "webhook/intake.h"

#include "util/container.h"
#include "webhook/examiner.h"
#include "webhook/origin.h"
#include "webhook/refusal.h"
#include "webhook/unsigned.h"

/* Of a webhook that a SharedKey signed. */
#define SETTINGS_HEADER "X-Twilio-Webhooks-Signature-Settings"

/* What a loop hashes to verify one request; milliseconds. A form of Twilio's is some
 * thousand bytes, and its first form matches. */
enum { LOOP_WORK = 2 << 20 };

enum content { CONTENT_FORM, CONTENT_JSON, CONTENT_UNKNOWN };

/* Parameters such as charset are ignored, because Twilio sends several spellings. A
 * request without a body needs no type. */
static enum content intake_content(const struct request *request)
{
	struct span type = span_media_type(request_header(request, "Content-Type"));
	if (span_ieq(type, SPAN("application/x-www-form-urlencoded")))
		return CONTENT_FORM;
	if (span_ieq(type, SPAN("application/json")))
		return CONTENT_JSON;
	return request->body.len == 0 ? CONTENT_FORM : CONTENT_UNKNOWN;
}

static enum webhook_step intake_refuse(
    struct webhook *webhook, enum outcome outcome, const char *why)
{
	refusal_note(webhook, why);
	return webhook_refuse(webhook, outcome, 400, why);
}

enum webhook_step intake_decode(struct webhook *webhook)
{
	const struct request *request = webhook->request;
	size_t signatures = request_header_count(request, "X-Twilio-Signature");
	if (signatures != 1 && !webhook->route->is_unsigned)
		return intake_refuse(webhook, OUTCOME_UNSIGNED,
		    signatures == 0
			? "this is for Twilio: there is no X-Twilio-Signature header"
			: "there is more than one X-Twilio-Signature header");
	struct span form = request->query;
	if (request->method != METHOD_GET) {
		enum content content = intake_content(request);
		if (content == CONTENT_UNKNOWN && webhook->route->is_unsigned)
			content = CONTENT_JSON; /* any body will do */
		if (content == CONTENT_UNKNOWN)
			return intake_refuse(webhook, OUTCOME_BAD_FORM,
			    "the Content-Type must be application/x-www-form-urlencoded "
			    "or application/json");
		webhook->is_json = content == CONTENT_JSON;
		form = webhook->is_json ? (struct span){0} : request->body;
	}
	switch (params_parse(&webhook->params, form, webhook->arena)) {
	case PARAMS_BAD_ESCAPE:
		return intake_refuse(webhook, OUTCOME_BAD_FORM,
		    "the form has a % that is not followed by two hex digits");
	case PARAMS_TOO_MANY:
		return intake_refuse(webhook, OUTCOME_BAD_FORM,
		    "the form has more than 1000 parameters");
	case PARAMS_OK:
		break;
	}
	webhook->account = params_get(&webhook->params, "AccountSid");
	return WEBHOOK_VERIFY;
}

/* A check that takes too long for the loop, and what the examiner found. */
struct check {
	struct exam exam;
	struct webhook *webhook;
	struct signed_request request;
	bool genuine, decided;
	struct seal seal;
};

static void intake_examine(struct exam *exam, struct verifier *verifier)
{
	struct check *check = container_of(exam, struct check, exam);
	struct webhook *webhook = check->webhook;
	struct arena *scratch = arena_new();
	check->genuine = verifier_check(verifier, &check->request, scratch);
	check->decided = !verifier_exhausted(verifier);
	check->seal = *verifier_seal(verifier);
	arena_free(scratch);
	loop_post(webhook->loop, &webhook->store_task);
}

static enum webhook_step intake_busy(struct webhook *webhook)
{
	return webhook_refuse(webhook, OUTCOME_SHED, 503,
	    "checking the signature takes too long; try again");
}

static enum webhook_step intake_hand_over(
    struct webhook *webhook, const struct signed_request *request)
{
	struct check *check = arena_zalloc(webhook->arena, sizeof(*check));
	check->exam.run = intake_examine;
	check->webhook = webhook;
	check->request = *request;
	webhook->check = check;
	webhook->waits |= WAITS_EXAMINER;
	webhook->resume = WEBHOOK_VERIFIED;
	if (examiner_put(webhook->lane->service->examiner, EXAM_VERIFY, &check->exam))
		return WEBHOOK_WAIT;
	webhook->waits &= ~(unsigned)WAITS_EXAMINER;
	return intake_busy(webhook);
}

static enum webhook_step intake_genuine(
    struct webhook *webhook, const struct seal *seal)
{
	outage_genuine(&webhook->lane->service->outage);
	token_note_match(seal->token);
	memcpy(webhook->seal, seal->bytes, sizeof(webhook->seal));
	webhook->sealed = true;
	webhook->account = seal->account;
	return WEBHOOK_NAME;
}

static enum webhook_step intake_forged(
    struct webhook *webhook, const struct signed_request *request)
{
	outage_refused(&webhook->lane->service->outage);
	refusal_log(webhook, request);
	return webhook_refuse(webhook, OUTCOME_REFUSED, 403,
	    "the signature does not match: this request is not Twilio's, or the URL or "
	    "Auth Token configured here is not the one Twilio uses (the server's log "
	    "says which)");
}

enum webhook_step intake_verify(struct webhook *webhook)
{
	const struct request *request = webhook->request;
	if (webhook->route->is_unsigned)
		return WEBHOOK_NAME;
	bool posted_form = request->method != METHOD_GET && !webhook->is_json;
	struct origin origin;
	origin_read(&origin, webhook->lane->service->config, request, webhook->arena);
	struct signed_request is_signed = {
	    .scheme = origin.scheme,
	    .host = origin.host,
	    .target = origin.target,
	    .params = posted_form ? &webhook->params : NULL,
	    .bodyless = request->method == METHOD_GET,
	    .body = request->body,
	    .signature = request_header(request, "X-Twilio-Signature"),
	    .settings = request_header(request, SETTINGS_HEADER),
	    .account_sid = params_get_filled(&webhook->params, "AccountSid"),
	};
	struct verifier *verifier = lane_verifier(webhook->lane);
	if (posted_form) /* the signature and the sameness have the same order */
		params_keep_sorted(&webhook->params, webhook->arena);
	verifier_allow(verifier, LOOP_WORK);
	if (verifier_check(verifier, &is_signed, webhook->arena))
		return intake_genuine(webhook, verifier_seal(verifier));
	return verifier_exhausted(verifier) ? intake_hand_over(webhook, &is_signed)
					    : intake_forged(webhook, &is_signed);
}

enum webhook_step intake_verified(struct webhook *webhook)
{
	const struct check *check = webhook->check;
	if (webhook->request == NULL)
		return WEBHOOK_SENT;
	if (check->genuine)
		return intake_genuine(webhook, &check->seal);
	return check->decided ? intake_forged(webhook, &check->request)
			      : intake_busy(webhook);
}

enum webhook_step intake_name(struct webhook *webhook)
{
	const struct request *request = webhook->request;
	if (webhook->route->is_unsigned) {
		/* Nothing in it is proven: no SID, no conversation, no repeats. */
		webhook->event.kind = EVENT_OTHER;
		webhook->event.name = "other";
		webhook->event.sid = SPAN("");
		webhook->named = true;
		if (!unsigned_has_room(webhook))
			return webhook_refuse(webhook, OUTCOME_SPENT, 503,
			    "this path has stored as much as it may in an hour; "
			    "try again later");
		if (!unsigned_enter(webhook))
			return webhook_refuse(webhook, OUTCOME_SHED, 503,
			    "too many of these are being handled; try again");
		return WEBHOOK_TURN;
	}
	struct event_source source = {
	    .route_kind = webhook->route->kind,
	    .in_query = request->method == METHOD_GET,
	    .target = request->target,
	    .params = webhook->is_json ? NULL : &webhook->params,
	    .body = request->body,
	    .token = request_header(request, "I-Twilio-Idempotency-Token"),
	    .prefix = webhook->lane->service->config->public_prefix,
	};
	event_read(&webhook->event, &source, webhook->arena);
	webhook->named = true;
	return WEBHOOK_CLAIM;
}
