/* tokens -- the secrets that count: Auth Tokens, by account, and SharedKeys, by their id.
 * Twilio signs with the primary Auth Token of the account that AccountSid names, so that a
 * sub-account's webhook needs the sub-account's token; during rotation the old and the new
 * one both count. A Webhook Setting may sign with a SharedKey instead, and then names it:
 * https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys */
#ifndef OFFHOOK_TWILIO_TOKENS_H
#define OFFHOOK_TWILIO_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/span.h"

/* Immutable once filled; any thread. */
struct tokens;

enum token_algorithm { TOKEN_HMAC_SHA1, TOKEN_HMAC_SHA256 };

struct token {
	struct span account; /* "AC…", or empty: for accounts that are not listed */
	struct span key;     /* a SharedKey's id; empty: it is an Auth Token */
	struct span secret;  /* never to be shown */
	/* The only one it signs with: the header that names one is not signed itself. */
	enum token_algorithm algorithm;
};

struct tokens *tokens_new(void);
void tokens_free(struct tokens *tokens); /* wipes them; NULL is fine */
/* "token" or "old,new": for every account without tokens of its own. */
int tokens_add(struct tokens *tokens, struct span list, struct error *err);
/* "AC…:token,AC…:token": an account listed here uses only its own; repeat an account
 * during rotation. Errors name the entry's number, never its text. */
int tokens_add_accounts(struct tokens *tokens, struct span list, struct error *err);
/* "ID:HMAC_SHA256:secret,…": SharedKeys, each with its one algorithm, HMAC_SHA1 or
 * HMAC_SHA256. */
int tokens_add_shared(struct tokens *tokens, struct span list, struct error *err);
/* Counts a webhook that this token, of some struct tokens, has signed. Any thread. */
void token_note_match(const struct token *token);
/* How many the index-th one has signed. */
uint64_t tokens_matched(const struct tokens *tokens, size_t index);
size_t tokens_count(const struct tokens *tokens);
/* The index-th, in the order they were added. */
const struct token *tokens_at(const struct tokens *tokens, size_t index);
/* Whether there is a SharedKey of that id. */
bool tokens_have_key(const struct tokens *tokens, struct span key);
/* Whether the account has tokens of its own. */
bool tokens_list(const struct tokens *tokens, struct span account);
/* True when some Auth Token is not 32 lower-case hex digits: worth a warning, no more. */
bool tokens_look_odd(const struct tokens *tokens);

#endif
