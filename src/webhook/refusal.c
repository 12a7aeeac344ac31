#include "webhook/refusal.h"

#include <ctype.h>
#include <stdio.h>

#include "twilio/diagnose.h"
#include "twilio/family.h"
#include "util/container.h"
#include "util/log.h"
#include "util/log_flood.h"
#include "webhook/examiner.h"

enum {
	DIAGNOSED_BODY = 64 * 1024,
	SID_LEN = 34,
	SID_SIZE = 36,
	NUMBER = 7 /* digits in a row that may be a phone number */
};

static bool refusal_may_log(void)
{
	return log_enabled(LOG_WARN) && log_flood_passes(FLOOD_REFUSED);
}

/* What a line says of the request that was refused. */
struct refused {
	const char *path;
	char peer[64];
	char sid[SID_SIZE], account[SID_SIZE]; /* "": it carries none */
	uint64_t number;
};

/* A SID that a stranger may have written: empty unless it looks like one, so that it can be
 * neither a phone number nor anything that a reader of the log trips over. */
static void refusal_sid(char out[SID_SIZE], struct span sid)
{
	size_t digits = 0;
	bool well =
	    sid.len > 2 && sid.len < SID_SIZE && isupper((unsigned char)*sid.ptr);
	for (size_t i = 0; i < sid.len && well; i++) {
		unsigned char c = (unsigned char)sid.ptr[i];
		digits = isdigit(c) ? digits + 1 : 0;
		well = isalnum(c) && (digits < NUMBER || sid.len == SID_LEN);
	}
	(void)snprintf(out, SID_SIZE, "%.*s", well ? (int)sid.len : 0, sid.ptr);
}

static void refusal_who(
    struct refused *out, const struct webhook *webhook, const struct params *params)
{
	const struct request *request = webhook->request;
	out->path = webhook->route->path;
	out->number = webhook->number;
	request_peer_text(request, out->peer);
	refusal_sid(out->sid, family_sid(family_of(params), params));
	refusal_sid(out->account, params_get(params, "AccountSid"));
}

static void refusal_line(const struct refused *who, const char *message,
    const char *why, const struct diagnosis *found)
{
	char id[LOG_REQUEST_SIZE];
	log_write(LOG_WARN, message, "path", who->path, "peer", who->peer, "why", why,
	    "cause", found != NULL ? found->cause : NULL, "advice",
	    found != NULL ? found->advice : NULL, "sid",
	    who->sid[0] != '\0' ? who->sid : NULL, "account",
	    who->account[0] != '\0' ? who->account : NULL, "request_id",
	    log_request(id, who->number), NULL);
}

/* In the webhook's arena, of which it is the last user. */
struct refusal {
	struct exam exam;
	struct service *service;
	struct arena *arena;
	struct signed_request request;
	struct diagnose_hints hints;
	struct refused who;
};

static void refusal_write(const struct refusal *refusal, const struct diagnosis *found)
{
	if (strcmp(found->cause, DIAGNOSIS_NONE) == 0)
		atomic_fetch_add(&refusal->service->refusals_undiagnosed, 1);
	outage_explain(&refusal->service->outage, found->advice, refusal->who.sid);
	refusal_line(&refusal->who, "webhook refused: the signature does not match",
	    NULL, found);
}

static void refusal_diagnose(struct exam *exam, struct verifier *verifier)
{
	struct refusal *refusal = container_of(exam, struct refusal, exam);
	struct diagnosis found =
	    diagnose(verifier, &refusal->request, &refusal->hints, refusal->arena);
	refusal_write(refusal, &found);
	arena_free(refusal->arena);
}

void refusal_log(struct webhook *webhook, const struct signed_request *request)
{
	const struct request *http = webhook->request;
	if (!refusal_may_log())
		return;
	struct refusal *refusal = arena_zalloc(webhook->arena, sizeof(*refusal));
	refusal->exam.run = refusal_diagnose;
	refusal->service = webhook->lane->service;
	refusal->arena = webhook->arena;
	refusal->request = *request;
	refusal->hints = (struct diagnose_hints){
	    .host = request_header(http, "Host"),
	    .forwarded_host = request_header(http, "X-Forwarded-Host"),
	    .forwarded_proto = request_header(http, "X-Forwarded-Proto"),
	    .raw_target = http->target,
	    .json = webhook->is_json,
	};
	refusal_who(&refusal->who, webhook, &webhook->params);
	webhook->refusal = refusal;
}

void refusal_end(struct refusal *refusal)
{
	struct service *service = refusal->service;
	bool large = refusal->request.body.len > DIAGNOSED_BODY;
	if (!large && examiner_put(service->examiner, EXAM_DIAGNOSE, &refusal->exam))
		return;
	struct diagnosis found = {.cause = DIAGNOSIS_NONE,
	    .advice = large ? "the body is too large for a diagnosis"
			    : "too many others were refused at the same time"};
	refusal_write(refusal, &found);
	arena_free(refusal->arena);
}

void refusal_note(struct webhook *webhook, const char *why)
{
	if (!refusal_may_log())
		return;
	struct refused who;
	struct params params;
	const struct request *request = webhook->request;
	bool in_query = request->method == METHOD_GET;
	if (params_parse(&params, in_query ? request->query : request->body,
		webhook->arena) != PARAMS_OK)
		params = (struct params){0};
	refusal_who(&who, webhook, &params);
	refusal_line(&who, "webhook refused", why, NULL);
}
