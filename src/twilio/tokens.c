#include "twilio/tokens.h"

#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "util/container.h"
#include "util/mem.h"

struct entry {
	struct token token;
	char *memory; /* what token points into */
	size_t size;
	_Atomic uint64_t matched;
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
		OPENSSL_cleanse(entry->memory, entry->size);
		free(entry->memory);
	}
	free(tokens->entries);
	free(tokens);
}

static struct span tokens_keep(char **at, struct span text)
{
	struct span kept = {*at, text.len};
	if (text.len > 0)
		memcpy(*at, text.ptr, text.len);
	*at += text.len;
	return kept;
}

static void tokens_append(struct tokens *tokens, struct token token)
{
	size_t size = token.account.len + token.key.len + token.secret.len + 1;
	char *memory = mem_new(size, 1);
	char *at = memory;
	token.account = tokens_keep(&at, token.account);
	token.key = tokens_keep(&at, token.key);
	token.secret = tokens_keep(&at, token.secret);
	tokens->entries =
	    mem_resize(tokens->entries, tokens->count + 1, sizeof(*tokens->entries));
	struct entry *entry = &tokens->entries[tokens->count++];
	entry->token = token;
	entry->memory = memory;
	entry->size = size;
	atomic_init(&entry->matched, 0);
}

/* Cuts the first entry of a comma-separated list off. */
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
		tokens_append(tokens, (struct token){.secret = secret});
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
		tokens_append(tokens, (struct token){.account = span_head(entry, colon),
					  .secret = span_from(entry, colon + 1)});
	}
	return 0;
}

static bool tokens_algorithm(enum token_algorithm *out, struct span name)
{
	*out = span_is(name, "HMAC_SHA256") ? TOKEN_HMAC_SHA256 : TOKEN_HMAC_SHA1;
	return *out == TOKEN_HMAC_SHA256 || span_is(name, "HMAC_SHA1");
}

int tokens_add_shared(struct tokens *tokens, struct span list, struct error *err)
{
	for (int number = 1; list.len > 0; number++) {
		struct span entry = next_entry(&list);
		struct token token = {.key = span_head(entry, span_find(entry, ':'))};
		struct span rest = span_from(
		    entry, token.key.len < entry.len ? token.key.len + 1 : entry.len);
		size_t colon = span_find(rest, ':');
		if (token.key.len == 0 || colon + 1 >= rest.len ||
		    !tokens_algorithm(&token.algorithm, span_head(rest, colon)))
			return error_set(err,
			    "shared key %d is not ID:HMAC_SHA256:secret (or HMAC_SHA1, as "
			    "the key is used at Twilio)",
			    number);
		if (tokens_have_key(tokens, token.key))
			return error_set(err,
			    "shared key %d has the id of one before it; a key has one "
			    "secret and one algorithm",
			    number);
		token.secret = span_from(rest, colon + 1);
		tokens_append(tokens, token);
	}
	return 0;
}

/* Every token but those of parsing is a member of an entry, which is not const. */
void token_note_match(const struct token *token)
{
	struct entry *entry =
	    container_of((struct token *)(uintptr_t)token, struct entry, token);
	atomic_fetch_add_explicit(&entry->matched, 1, memory_order_relaxed);
}

uint64_t tokens_matched(const struct tokens *tokens, size_t index)
{
	return atomic_load_explicit(
	    &tokens->entries[index].matched, memory_order_relaxed);
}

size_t tokens_count(const struct tokens *tokens)
{
	return tokens->count;
}

const struct token *tokens_at(const struct tokens *tokens, size_t index)
{
	return &tokens->entries[index].token;
}

bool tokens_have_key(const struct tokens *tokens, struct span key)
{
	for (size_t i = 0; key.len > 0 && i < tokens->count; i++)
		if (span_eq(tokens->entries[i].token.key, key))
			return true;
	return false;
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
		if (tokens->entries[i].token.key.len > 0)
			continue;
		if (secret.len != 32 ||
		    strspn(secret.ptr, "0123456789abcdef") != secret.len)
			return true;
	}
	return false;
}
