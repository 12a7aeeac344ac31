/* session -- an account's conversation with one CA: the directory, nonces, the account,
 * signed requests. One thread. */
#ifndef OFFHOOK_ACME_SESSION_H
#define OFFHOOK_ACME_SESSION_H

#include <stdbool.h>

#include "acme/answer.h"
#include "acme/jws.h"
#include "acme/problem.h"
#include "acme/transport.h"

struct session_config {
	const char *directory; /* its URL */
	const char *dir;       /* where the account is kept */
	const char *email;     /* NULL: none */
	struct jws_eab eab;    /* id NULL: none */
};

struct session {
	struct session_config config;
	struct transport *transport;
	struct answer_directory directory;
	EVP_PKEY *key;
	char account[TRANSPORT_HEADER_SIZE]; /* its URL; "": none yet */
	char nonce[TRANSPORT_HEADER_SIZE];   /* for the next request; "": ask for one */
	bool renewed;                        /* the account was made anew */
};

enum session_outcome {
	SESSION_OK,
	SESSION_REFUSED, /* the problem says why */
	SESSION_BROKEN   /* err says why: no answer, or one that makes no sense */
};

/* Fetches the directory. Close it also after -1, which has err. */
int session_open(struct session *out, const struct session_config *config,
    struct transport *transport, struct error *err);
void session_close(struct session *session);
/* Reads the account or makes one: a key of its own, kept before the CA hears of it. */
enum session_outcome session_account(
    struct session *session, struct problem *problem, struct error *err);
/* As session_account, with a new key: the CA has forgotten the old one, or closed it. Once
 * in a session; then SESSION_REFUSED with the problem as it is. */
enum session_outcome session_account_anew(
    struct session *session, struct problem *problem, struct error *err);
/* A signed POST; payload absent: a POST-as-GET. A nonce that the CA refuses costs another
 * try, up to a bound. */
enum session_outcome session_post(struct session *session, const char *url,
    struct span payload, struct response *out, struct problem *problem,
    struct error *err);

#endif
