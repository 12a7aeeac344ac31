/* acme -- keeps one certificate for a set of names: gets it, renews it in time, tells when
 * it cannot. On a thread of its own (oh-acme), one order at a time, each in a process
 * (acme/order_child.h). What goes wrong never touches the certificate that is there. */
#ifndef OFFHOOK_ACME_ACME_H
#define OFFHOOK_ACME_ACME_H

#include "acme/acme_names.h"
#include "acme/jws.h"
#include "acme/order_child.h"

enum { ACME_DIRECTORIES_MAX = 8 };

/* Its texts are copied. */
struct acme_config {
	const char *program; /* offhook, or a program that has its commands */
	const char *dir;     /* DIR/acme */
	const struct acme_names *names;
	const char
	    *directories[ACME_DIRECTORIES_MAX]; /* URLs, the best first; NULL ends */
	const char *email, *ca_file, *profile;  /* NULL: none */
	struct jws_eab eab;                     /* id NULL: none */
	bool alpn, http;                        /* which challenges are answered here */
	/* 0: the usual 5 minutes for an order, 30 s for a request, 10 s to connect. */
	int64_t order_ms, request_ms, connect_ms;
};

/* All on the thread oh-acme, which they may block. */
struct acme_calls {
	struct order_child_calls challenges;
	void *ctx;
	/* Before the CA is asked: whether the name leads to this server. -1 with err: the
	 * order is not begun. May be NULL. acme_name_resolves is a part of it. */
	int (*preflight)(void *ctx, const char *name, struct error *err);
	/* A file with the key and its chain (PEM) is there: at the start when it was kept,
	 * and after each renewal. */
	void (*certificate_ready)(void *ctx, const char *file);
	/* An order failed; the log has it. next_ms: when it is tried again, since 1970.
	 * not_after_ms: until when the present certificate serves; 0: there is none. */
	void (*failed)(
	    void *ctx, const char *why, int64_t next_ms, int64_t not_after_ms);
};

struct acme;

/* Begins. When a certificate was kept, certificate_ready is called at once. -1 with err. */
int acme_open(struct acme **out, const struct acme_config *config,
    const struct acme_calls *calls, struct error *err);
/* Looks at once whether there is something to do, and tries again what failed, without
 * waiting for its time. Any thread. */
void acme_wake(struct acme *acme);
/* Ends; an order that runs is given up. */
void acme_close(struct acme *acme);

#endif
