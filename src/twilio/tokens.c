#include "twilio/tokens.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "util/mem.h"

struct entry {
	struct token token;
	char *memory; /* the tokens' spans point into it */
};

struct tokens {
	struct entry *entries;
	size_t count;
};

struct tokens *tokens_new(void)
{
	return mem_new(1, sizeof(struct tokens));
}

void tokens_free(struct tokens *tokens)
{
	if (tokens == NULL)
		return;
	for (size_t i = 0; i < tokens->count; i++) {
		const struct entry *entry = &tokens->entries[i];
		OPENSSL_cleanse(
		    entry->memory, entry->token.account.len + entry->token.secret.len);
		free(entry->memory);
	}
	free(tokens->entries);
	free(tokens);
}

static void add(struct tokens *tokens, struct span account, struct span secret)
{
	char *memory = mem_new(account.len + secret.len + 1, 1);
	if (account.len > 0)
		memcpy(memory, account.ptr, account.len);
	memcpy(memory + account.len, secret.ptr, secret.len);
	tokens->entries =
	    mem_resize(tokens->entries, tokens->count + 1, sizeof(*tokens->entries));
	tokens->entries[tokens->count++] = (struct entry){
	    .token = {.account = {memory, account.len},
		.secret = {memory + account.len, secret.len}},
	    .memory = memory,
	};
}

/* Takes the first entry from a comma-separated list. */
static struct span next_entry(struct span *list)
{
	size_t len = span_find(*list, ',');
	struct span entry = span_trim(span_head(*list, len));
	*list = span_from(*list, len < list->len ? len + 1 : len);
	return entry;
}

int tokens_add(struct tokens *tokens, struct span list, struct error *err)
{
	for (int number = 1; list.len > 0; number++) {
		struct span secret = next_entry(&list);
		if (secret.len == 0)
			return error_set(err,
			    "auth token %d is empty: separate tokens by one comma",
			    number);
		add(tokens, (struct span){0}, secret);
	}
	return 0;
}

static bool is_account_sid(struct span text)
{
	if (text.len != 34 || !span_starts(text, SPAN("AC")))
		return false;
	for (size_t i = 2; i < text.len; i++)
		if (strchr("0123456789abcdefABCDEF", text.ptr[i]) == NULL ||
		    text.ptr[i] == '\0')
			return false;
	return true;
}

int tokens_add_accounts(struct tokens *tokens, struct span list, struct error *err)
{
	for (int number = 1; list.len > 0; number++) {
		struct span entry = next_entry(&list);
		size_t colon = span_find(entry, ':');
		if (!is_account_sid(span_head(entry, colon)))
			return error_set(err,
			    "account token %d does not begin with an account SID (AC and "
			    "32 hex digits, then a colon)",
			    number);
		if (colon + 1 >= entry.len)
			return error_set(err,
			    "account token %d has no token after its account SID: write "
			    "AC…:token",
			    number);
		add(tokens, span_head(entry, colon), span_from(entry, colon + 1));
	}
	return 0;
}

size_t tokens_count(const struct tokens *tokens)
{
	return tokens->count;
}

const struct token *tokens_at(const struct tokens *tokens, size_t index)
{
	return &tokens->entries[index].token;
}

bool tokens_list(const struct tokens *tokens, struct span account)
{
	for (size_t i = 0; account.len > 0 && i < tokens->count; i++)
		if (span_eq(tokens->entries[i].token.account, account))
			return true;
	return false;
}

bool tokens_look_odd(const struct tokens *tokens)
{
	for (size_t i = 0; i < tokens->count; i++) {
		struct span secret = tokens->entries[i].token.secret;
		if (secret.len != 32 ||
		    strspn(secret.ptr, "0123456789abcdef") != secret.len)
			return true;
	}
	return false;
}
