/* standard_webhook -- signs the webhooks that Offhook sends, by the rules of Standard
 * Webhooks: https://github.com/standard-webhooks/standard-webhooks */
#ifndef OFFHOOK_CLIENT_STANDARD_WEBHOOK_H
#define OFFHOOK_CLIENT_STANDARD_WEBHOOK_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/span.h"

enum {
	STANDARD_WEBHOOK_KEY_MIN = 24,
	STANDARD_WEBHOOK_KEY_MAX = 64,
	STANDARD_WEBHOOK_SIGNATURE = 48 /* "v1,", 44 of Base64, a NUL */
};

/* The bytes of a secret, which is "whsec_" and Base64. Gives how many, or 0 with err, which
 * does not show the secret. */
size_t standard_webhook_key(
    unsigned char out[STANDARD_WEBHOOK_KEY_MAX], struct span secret, struct error *err);

struct standard_webhook {
	const char *id;
	int64_t time_s; /* since 1970 */
	struct span body;
};

/* The value of the header webhook-signature. The secret must be valid. */
void standard_webhook_sign(char out[STANDARD_WEBHOOK_SIGNATURE], const char *secret,
    const struct standard_webhook *what);

#endif
