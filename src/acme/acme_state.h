/* acme_state -- what is kept of a set of names, in DIR/acme/: the certificate with its key
 * in one file (so that they are replaced together), and what happened last. Both have mode
 * 0600 and are replaced as a whole. */
#ifndef OFFHOOK_ACME_ACME_STATE_H
#define OFFHOOK_ACME_ACME_STATE_H

#include <stdint.h>

#include "acme/acme_names.h"
#include "acme/certificate.h"
#include "util/buf.h"

enum { ACME_URL_SIZE = 512 };

struct acme_state {
	char directory[ACME_URL_SIZE];  /* which CA gave the certificate; "": none */
	char challenge[16];             /* by which type; "": not known */
	char failure[512];              /* of the last order; "": it went well */
	unsigned failures;              /* in a row */
	int64_t failed_ms, next_try_ms; /* since 1970; 0: none */
	int64_t window_start_ms, window_end_ms; /* the CA's suggestion; 0: none */
	int64_t look_again_ms;                  /* when to ask for it again */
};

/* Makes DIR/acme when it is not there. */
int acme_state_dir(const char *dir, struct error *err);
/* DIR/NAME-HASH.pem or .json; the hash is of all names. Free it. */
char *acme_state_path(const char *dir, const struct acme_names *names, const char *end);

/* What is not there, or makes no sense, is zero. */
void acme_state_read(
    struct acme_state *out, const char *dir, const struct acme_names *names);
int acme_state_write(const struct acme_state *state, const char *dir,
    const struct acme_names *names, struct error *err);

/* Keeps a key and its chain (PEM). */
int acme_state_keep(const char *dir, const struct acme_names *names, struct span key,
    struct span chain, struct error *err);
/* 0; 1: there is none. -1 with err: the file is no certificate of these names with its
 * key. */
int acme_state_certificate(struct certificate_facts *out, const char *dir,
    const struct acme_names *names, struct error *err);

#endif
