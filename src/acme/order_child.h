/* order_child -- the server's end of a process that asks a CA (acme/order_process.h): starts
 * it, answers it, and ends it at its deadline. */
#ifndef OFFHOOK_ACME_ORDER_CHILD_H
#define OFFHOOK_ACME_ORDER_CHILD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "acme/order.h"

/* Both are called on the thread of order_child_run. */
struct order_child_calls {
	void *ctx;
	/* From now on the challenge is answered: of ORDER_HTTP, GET
	 * http://NAME/.well-known/acme-challenge/TOKEN gives key_authorization; of ORDER_ALPN,
	 * who offers "acme-tls/1" for acme_name_sni(name) gets certificate_of_challenge. False
	 * where such challenges cannot be answered. The texts live until it is cleared. */
	bool (*set)(void *ctx, const struct order_challenge *challenge);
	void (*clear)(void *ctx, const struct order_challenge *challenge);
};

struct order_child {
	const char *program; /* offhook, or a program that has its commands */
	const json_t *task;  /* acme/order_process.h */
	int64_t deadline_ms; /* when it is killed; a little after its own */
	int stop; /* a descriptor: readable when it is to be given up; -1: none */
	const struct order_child_calls *calls;
};

enum order_child_outcome {
	ORDER_CHILD_DONE,   /* answer has "certificate" or "window"; free it */
	ORDER_CHILD_FAILED, /* err says why; answer is NULL, or has "error" */
	ORDER_CHILD_STOPPED
};

/* Runs one to its end. Challenges that it leaves are cleared. */
enum order_child_outcome order_child_run(
    json_t **answer, const struct order_child *child, struct error *err);

#endif
