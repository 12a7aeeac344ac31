/* bare -- the bare loop: what a webhook costs over the same libraries when nothing
 * but the unavoidable is done. One I/O thread on libevent's bufferevents and llhttp
 * (bare.c), form and signature (bare_form.c), one SQLite writer with group commit
 * (bare_store.c). It writes the rows that Offhook writes and sends the same reply; it
 * has no limits, deadlines, duplicates, routes, or checks of what it sends. */
#ifndef OFFHOOK_BENCH_BARE_H
#define OFFHOOK_BENCH_BARE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/span.h"

/* One webhook: a connection has one, and re-uses its memory. */
struct bare_work {
	struct bare_work *next;
	struct buf body;               /* as posted; decoded in place */
	struct buf signature;          /* the header */
	struct buf params, doc, reply; /* JSON, JSON, TwiML */
	struct span sid;               /* in body */
	int64_t received_ms;
};

/* ---- bare_form.c ---- */

struct bare_form;

struct bare_form *bare_form_new(const char *token, const char *url);
void bare_form_free(struct bare_form *form);
/* From body and signature to params, doc and reply. False when it is not genuine. */
bool bare_form_handle(struct bare_form *form, struct bare_work *work);

/* ---- bare_store.c ---- */

struct bare_store;

/* Exits with a message when the directory cannot be used. wake is an eventfd, written
 * once for every batch that is committed. */
struct bare_store *bare_store_open(const char *dir, int wake);
void bare_store_close(struct bare_store *store);
/* Hands over a list, newest first. */
void bare_store_submit(struct bare_store *store, struct bare_work *newest);
/* What was committed since the last call, in no order; NULL when nothing. */
struct bare_work *bare_store_done(struct bare_store *store);

#endif
