/* tokens -- the Auth Tokens that are accepted, by account. Twilio signs with the
 * primary token of the account in AccountSid, so a sub-account's webhook needs the
 * sub-account's token. During rotation the old and the new one are accepted. */
#ifndef OFFHOOK_TWILIO_TOKENS_H
#define OFFHOOK_TWILIO_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"
#include "util/span.h"

/* Once filled it does not change: any thread. */
struct tokens;

struct token {
	struct span account; /* "AC…", or empty: for accounts that are not listed */
	struct span secret;  /* never to be shown */
};

struct tokens *tokens_new(void);
void tokens_free(struct tokens *tokens); /* wipes them; NULL is fine */
/* "token" or "old,new": for every account without tokens of its own. */
int tokens_add(struct tokens *tokens, struct span list, struct error *err);
/* "AC…:token,AC…:token": an account that is listed here uses only its own tokens; list
 * it twice during rotation. Errors give the entry's number, never its text. */
int tokens_add_accounts(struct tokens *tokens, struct span list, struct error *err);
size_t tokens_count(const struct tokens *tokens);
/* The index-th, in the order they were added. */
const struct token *tokens_at(const struct tokens *tokens, size_t index);
/* Whether the account has tokens of its own. */
bool tokens_list(const struct tokens *tokens, struct span account);
/* True when a token is not 32 lower-case hex digits, which deserves a warning. */
bool tokens_look_odd(const struct tokens *tokens);

#endif
