/* diagnose -- why a signature did not match, and what to change. Tries dozens of near
 * misses with the same tokens. It explains and never accepts. Because it is costly, the
 * caller limits how often it runs, and where (webhook/refusal.h). */
#ifndef OFFHOOK_TWILIO_DIAGNOSE_H
#define OFFHOOK_TWILIO_DIAGNOSE_H

#include "twilio/signature.h"
#include "util/arena.h"
#include "util/span.h"

/* The cause of what was not diagnosed, or not to the end. */
#define DIAGNOSIS_NONE "not-diagnosed"

struct diagnosis {
	/* A word for logs and metrics: "scheme", "host", "port", "slash", "query", "query-order",
	 * "prefix", "token", "account", "shared-key", "json-as-form", "form-as-json", "get-params",
	 * "body-hash", "newline", "bom", "blank", "trimmed", "call-token", "malformed",
	 * "unknown", "not-diagnosed". */
	const char *cause;
	/* One sentence that names what to change, without a secret or a parameter's
	 * value (a URL's query is cut to "?…"): "the signature matches for https://…: your
	 * proxy strips https; set --public-url https://…". In the arena. */
	const char *advice;
};

/* What else the server knows about the request. */
struct diagnose_hints {
	struct span host;           /* the Host header, when the URL was configured */
	struct span forwarded_host; /* X-Forwarded-Host, trusted or not; or absent */
	struct span forwarded_proto;
	struct span raw_target; /* as received, before a public URL's prefix */
	bool json;              /* the Content-Type says JSON */
};

/* request: the one that verifier_check refused. When the verifier's limit (verifier_allow)
 * is met first, the cause is DIAGNOSIS_NONE. */
struct diagnosis diagnose(struct verifier *verifier,
    const struct signed_request *request, const struct diagnose_hints *hints,
    struct arena *arena);

#endif
