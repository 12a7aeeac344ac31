#include "webhook/refusal.h"

#include "twilio/diagnose.h"
#include "util/container.h"
#include "util/log.h"
#include "util/log_flood.h"
#include "webhook/examiner.h"

enum { DIAGNOSED_BODY = 64 * 1024 };

static bool refusal_may_log(void)
{
	return log_enabled(LOG_WARN) && log_flood_passes(FLOOD_REFUSED);
}

/* In the webhook's arena, of which it is the last user. */
struct refusal {
	struct exam exam;
	struct service *service;
	struct arena *arena;
	struct signed_request request;
	struct diagnose_hints hints;
	const char *path;
	char peer[64];
};

static void refusal_write(const struct refusal *refusal, const struct diagnosis *found)
{
	if (strcmp(found->cause, DIAGNOSIS_NONE) == 0)
		atomic_fetch_add(&refusal->service->refusals_undiagnosed, 1);
	log_write(LOG_WARN, "webhook refused: the signature does not match", "path",
	    refusal->path, "peer", refusal->peer, "cause", found->cause, "advice",
	    found->advice, NULL);
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
	refusal->path = webhook->route->path;
	request_peer_text(http, refusal->peer);
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
	char peer[64];
	request_peer_text(webhook->request, peer);
	log_write(LOG_WARN, "webhook refused", "path", webhook->route->path, "peer",
	    peer, "why", why, NULL);
}
