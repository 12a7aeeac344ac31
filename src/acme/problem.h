/* problem -- why a CA said no (RFC 8555, section 6.7), in words that say what to change. */
#ifndef OFFHOOK_ACME_PROBLEM_H
#define OFFHOOK_ACME_PROBLEM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

struct problem {
	char type[48];    /* what follows urn:ietf:params:acme:error: ; "": unknown */
	char detail[240]; /* the CA's own words, without characters that harm */
	char name[256];   /* which name it is about; "": not said */
	size_t others;    /* subproblems beyond the one that is told */
	long status;      /* of HTTP; 0: in an object */
	int64_t retry_after_ms; /* 0: not said */
};

/* Reads a problem document, which may be NULL. Of subproblems the first one is told. */
void problem_read(struct problem *out, const json_t *doc);
bool problem_is(const struct problem *problem, const char *type);
/* Whether another CA would say the same: it is about our names or our answers. */
bool problem_is_ours(const struct problem *problem);
/* Sets err: what went wrong, and what to do about it. challenge may be NULL. Returns -1. */
int problem_tell(
    struct error *err, const struct problem *problem, const char *challenge);

#endif
