/* order -- gets one certificate from one CA: an order, its challenges, the certificate
 * (RFC 8555, section 7.4). One thread. */
#ifndef OFFHOOK_ACME_ORDER_H
#define OFFHOOK_ACME_ORDER_H

#include <stdbool.h>

#include "acme/acme_names.h"
#include "acme/session.h"

#define ORDER_ALPN "tls-alpn-01"
#define ORDER_HTTP "http-01"

/* What has to be answered while a challenge stands. */
struct order_challenge {
	const char *type; /* ORDER_ALPN, ORDER_HTTP */
	const char *name, *token, *key_authorization;
};

struct order_calls {
	void *ctx;
	/* 0: it is answered from now on. 1: such challenges cannot be answered here. -1 with
	 * err: the order is given up. */
	int (*set)(
	    void *ctx, const struct order_challenge *challenge, struct error *err);
	void (*clear)(void *ctx, const struct order_challenge *challenge);
};

struct order {
	const struct acme_names *names;
	const char *profile;      /* NULL: the CA's own choice */
	const char *replaces;     /* the certificate's id; NULL: none */
	const char *const *types; /* of challenges, the best first; ends with NULL */
	const struct order_calls *calls;
};

enum order_outcome {
	ORDER_DONE,
	ORDER_FAILED, /* at this CA */
	ORDER_OURS /* our names or our answers are wrong: another CA would say the same */
};

struct order_result {
	struct buf chain, key;  /* PEM; wipe the key */
	const char *type;       /* by which challenge; NULL: none was needed */
	char problem[48];       /* of a failure: the CA's word for it; "" */
	int64_t retry_after_ms; /* of a failure: what the CA asks for; 0 */
};

/* Tries one type of challenge after another. out starts from {0}. */
enum order_outcome order_run(struct order_result *out, struct session *session,
    const struct order *order, struct error *err);
void order_result_clear(struct order_result *result);

#endif
