#include "app/token_watch.h"

#include "util/log.h"

#define DAY_US (INT64_C(24) * 3600 * 1000000)

static size_t watch_count(const struct tokens *tokens)
{
	size_t count = tokens_count(tokens);
	return count < TOKEN_WATCH_MAX ? count : TOKEN_WATCH_MAX;
}

static void watch_begin(
    struct token_watch *watch, const struct tokens *tokens, int64_t now_us)
{
	*watch = (struct token_watch){.tokens = tokens};
	for (size_t i = 0; i < watch_count(tokens); i++)
		watch->each[i].since_us = now_us;
}

/* Whether a token of the same account has signed something within a day. */
static bool watch_has_heir(
    const struct token_watch *watch, size_t index, int64_t now_us)
{
	const struct token *old = tokens_at(watch->tokens, index);
	for (size_t i = 0; i < watch_count(watch->tokens); i++)
		if (i != index && watch->each[i].matched > 0 &&
		    now_us - watch->each[i].since_us < DAY_US &&
		    tokens_at(watch->tokens, i)->key.len == 0 &&
		    span_eq(tokens_at(watch->tokens, i)->account, old->account))
			return true;
	return false;
}

int token_watch_look(
    struct token_watch *watch, const struct tokens *tokens, int64_t now_us)
{
	int told = 0;
	if (watch->tokens != tokens)
		watch_begin(watch, tokens, now_us);
	for (size_t i = 0; i < watch_count(tokens); i++) {
		uint64_t matched = tokens_matched(tokens, i);
		if (matched != watch->each[i].matched) {
			watch->each[i].matched = matched;
			watch->each[i].since_us = now_us;
			watch->each[i].told = false;
		}
	}
	for (size_t i = 0; i < watch_count(tokens); i++) {
		const struct token *token = tokens_at(tokens, i);
		if (watch->each[i].told || token->key.len > 0 ||
		    now_us - watch->each[i].since_us < DAY_US ||
		    !watch_has_heir(watch, i, now_us))
			continue;
		watch->each[i].told = true;
		told++;
		log_write(LOG_INFO,
		    "an Auth Token has signed nothing for a day, while another one has: if "
		    "it was rotated, take it out of the settings",
		    LOG_INT("token", i + 1), NULL);
	}
	return told;
}
