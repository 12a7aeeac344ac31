/* signature -- X-Twilio-Signature: is this request Twilio's?
 * https://www.twilio.com/docs/usage/security
 *
 * Base64 of HMAC-SHA1, keyed with the account's Auth Token, or of HMAC-SHA256, keyed with
 * a SharedKey, over the URL and, for a posted form, every decoded name and value, sorted
 * by name. JSON bodies are covered by the query's bodySHA256 instead. */
#ifndef OFFHOOK_TWILIO_SIGNATURE_H
#define OFFHOOK_TWILIO_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twilio/params.h"
#include "twilio/tokens.h"
#include "util/arena.h"
#include "util/span.h"

enum {
	SIGNATURE_SIZE = 29,     /* of HMAC-SHA1: 28 characters and a NUL */
	SIGNATURE_MAX_SIZE = 45, /* of HMAC-SHA256 */
	SEAL_MAX = 32
};

/* What was signed. The URL is scheme + "://" + host + target, byte for byte. */
struct signed_request {
	struct span scheme;          /* "https" */
	struct span host;            /* as in the URL, with its port if it has one */
	struct span target;          /* path and query as sent, a prefix included */
	const struct params *params; /* the posted form; NULL for GET and for JSON */
	struct span body;            /* raw; read when the query has bodySHA256 */
	struct span signature;       /* the header's value */
	/* X-Twilio-Webhooks-Signature-Settings: "key=ID,algorithm=HMAC_SHA256"; absent or
	 * empty: an Auth Token signed. */
	struct span settings;
	struct span account_sid; /* empty when the request names none */
	/* The method has no body (GET): all there is stands in the URL, so that a
	 * bodySHA256 in it is not looked at; a body is refused. */
	bool bodyless;
};

/* Splits a whole URL into scheme, host and target of request, without the fragment,
 * which Twilio never signs. False when it is not scheme://host…. */
bool signature_split_url(struct signed_request *request, struct span url);

/* What made a request genuine. Two requests with the same seal carry the same signed
 * bytes, however they are cut into URL, names and values. */
struct seal {
	unsigned char bytes[SEAL_MAX]; /* the HMAC that matched */
	size_t len;
	struct span account; /* whose token matched; empty: of no certain account */
	const struct token *token; /* the one that matched */
};

/* Kept-key HMAC contexts for one thread; each token's key is set up once. */
struct verifier;

/* The tokens must outlive it. */
struct verifier *verifier_new(const struct tokens *tokens);
void verifier_free(struct verifier *verifier);
const struct tokens *verifier_tokens(const struct verifier *verifier);

/* A stranger decides how long a request is and, by its host, query and account, how many
 * forms of it are hashed with how many tokens. So all checks from now on hash about so
 * many bytes together, which is a bound of their time. Without a call: no limit. */
void verifier_allow(struct verifier *verifier, uint64_t bytes);
/* Since verifier_allow a check said false because the limit was met: nothing is known
 * of its request. All later ones say false at once. */
bool verifier_exhausted(const struct verifier *verifier);
/* What is left of it. */
uint64_t verifier_left(const struct verifier *verifier);

/* Is it genuine? Tries the account's tokens with these URLs: host as sent or in lower
 * case; port as sent, without, or with the scheme's own; query as sent or with ' and
 * %27 exchanged; a path that is only "/" also without it; nothing else (docs/design.md, "Signature"). Where the settings name a
 * SharedKey, that key alone counts, with its own algorithm. When the query has
 * bodySHA256, the body's SHA-256 must match it; a form may be signed as a form instead.
 * Compares in constant time. Takes one index array and one buffer from the arena,
 * nothing for each parameter. */
bool verifier_check(struct verifier *verifier, const struct signed_request *request,
    struct arena *arena);

/* What the last verifier_check that said true was about. */
const struct seal *verifier_seal(const struct verifier *verifier);

/* The id of the SharedKey that the settings header names; empty: none. */
struct span signature_key(struct span settings);

/* Signs as Twilio does: for `send`, tests and outgoing requests. url is the whole
 * URL; params NULL when nothing is posted as a form. */
void signature_make(char out[SIGNATURE_SIZE], struct span token, struct span url,
    const struct params *params);

#endif
