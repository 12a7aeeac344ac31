/* answer -- what a CA answers, taken apart: JSON objects of RFC 8555 and RFC 9773, the
 * header Retry-After. A CA is a stranger: URLs are https and printable, tokens are
 * base64url, arrays are bounded. What is not in an object is NULL. */
#ifndef OFFHOOK_ACME_ANSWER_H
#define OFFHOOK_ACME_ANSWER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "acme/acme_names.h"
#include "util/error.h"
#include "util/span.h"

enum {
	ANSWER_CHALLENGES_MAX = 16,
	ANSWER_URL_MAX = 2000,
	ANSWER_WAIT_MAX_S = 7 * 24 * 3600
};

/* Each keeps its texts in doc: free it with json_decref. */
struct answer_directory {
	json_t *doc;
	const char *new_nonce, *new_account, *new_order;
	const char *renewal_info; /* NULL: the CA gives no renewal information */
	const char *terms;
	const json_t *profiles; /* NULL: it knows none */
	bool account_required;  /* it wants an external account */
};

enum answer_status {
	ANSWER_PENDING,
	ANSWER_READY,
	ANSWER_PROCESSING,
	ANSWER_VALID,
	ANSWER_INVALID /* also deactivated, expired, revoked */
};

struct answer_order {
	json_t *doc;
	enum answer_status status;
	const json_t
	    *authorizations; /* URLs: as many as the order has names, or fewer */
	const char *finalize, *certificate;
	const json_t *error; /* a problem (acme/problem.h) */
};

struct answer_challenge {
	const char *type, *url, *token;
	const json_t *error;
};

struct answer_authorization {
	json_t *doc;
	enum answer_status status;
	const char *name;
	struct answer_challenge challenges[ANSWER_CHALLENGES_MAX];
	size_t challenge_count;
};

struct answer_window {
	int64_t start_ms, end_ms; /* since 1970 */
	const char *explanation;  /* a URL */
	json_t *doc;
};

/* -1 with err: it is not such an object, and doc is NULL. */
int answer_directory(struct answer_directory *out, struct span json, struct error *err);
int answer_order(struct answer_order *out, struct span json, struct error *err);
int answer_authorization(
    struct answer_authorization *out, struct span json, struct error *err);
int answer_window(struct answer_window *out, struct span json, struct error *err);
/* The challenge of a type; NULL: it is not offered. */
const struct answer_challenge *answer_find_challenge(
    const struct answer_authorization *authorization, const char *type);

/* Whether the text is a URL to which a request may be sent. */
bool answer_is_url(struct span text);
/* Seconds, or a date of HTTP: how long to wait, at most a week. -1: it is neither. */
int64_t answer_retry_after_ms(struct span value, int64_t now_ms);

#endif
