#include "webhook/refusal.h"

#include "twilio/diagnose.h"
#include "util/clock.h"
#include "util/log.h"

enum { LINES_A_SECOND = 10, DIAGNOSED_BODY = 64 * 1024 };

static bool refusal_may_log(struct service *service)
{
	int64_t second = clock_mono_us() / 1000000;
	if (atomic_exchange(&service->refusal_second, second) != second)
		atomic_store(&service->refusals_logged, 0);
	return atomic_fetch_add(&service->refusals_logged, 1) < LINES_A_SECOND;
}

void refusal_log(struct webhook *webhook, const struct signed_request *request)
{
	const struct request *http = webhook->request;
	struct service *service = webhook->lane->service;
	if (!refusal_may_log(service))
		return;
	struct diagnosis found = {.cause = "not-diagnosed",
	    .advice = "the body is too large for a diagnosis"};
	if (http->body.len <= DIAGNOSED_BODY) {
		struct diagnose_hints hints = {
		    .host = request_header(http, "Host"),
		    .forwarded_host = request_header(http, "X-Forwarded-Host"),
		    .forwarded_proto = request_header(http, "X-Forwarded-Proto"),
		    .raw_target = http->target,
		    .json = webhook->is_json,
		};
		found =
		    diagnose(service->config->tokens, request, &hints, webhook->arena);
	}
	char peer[64];
	request_peer_text(http, peer);
	log_write(LOG_WARN, "webhook refused: the signature does not match", "path",
	    webhook->route->path, "peer", peer, "cause", found.cause, "advice",
	    found.advice, NULL);
}

void refusal_note(struct webhook *webhook, const char *why)
{
	if (!refusal_may_log(webhook->lane->service))
		return;
	char peer[64];
	request_peer_text(webhook->request, peer);
	log_write(LOG_WARN, "webhook refused", "path", webhook->route->path, "peer",
	    peer, "why", why, NULL);
}
