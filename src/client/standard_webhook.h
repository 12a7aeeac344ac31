/* standard_webhook -- the signature of what is sent to alert-url, as Standard Webhooks have it:
 * https://github.com/standard-webhooks/standard-webhooks */
#ifndef OFFHOOK_CLIENT_STANDARD_WEBHOOK_H
#define OFFHOOK_CLIENT_STANDARD_WEBHOOK_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/span.h"

enum {
	ALERT_KEY_MIN = 24,
	ALERT_KEY_MAX = 64,
	ALERT_SIGNATURE_SIZE = 48 /* "v1,", 44 of Base64, a NUL */
};

/* The bytes of a secret, "whsec_" and Base64: how many, or 0 with err, which does not
 * tell them. */
size_t alert_sign_key(
    unsigned char out[ALERT_KEY_MAX], struct span secret, struct error *err);

struct alert_signed {
	const char *id;
	int64_t time_s; /* since 1970 */
	struct span body;
};

/* The header webhook-signature. The secret is a good one. */
void alert_sign(char out[ALERT_SIGNATURE_SIZE], const char *secret,
    const struct alert_signed *what);

#endif
