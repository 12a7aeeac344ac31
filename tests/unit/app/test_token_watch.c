#include "test.h"

#include "app/token_watch.h"
#include "util/log.h"

#define HOUR_US (INT64_C(3600) * 1000000)

TEST(a_token_is_told_once_it_has_been_silent_for_a_day_and_another_has_not)
{
	struct token_watch watch = {0};
	struct tokens *tokens = tokens_new();
	struct error err;
	int64_t now_us = HOUR_US;
	assert_int_equal(tokens_add(tokens, SPAN("old,new"), &err), 0);
	assert_int_equal(tokens_add_accounts(tokens,
			     SPAN("ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:alone"), &err),
	    0);
	token_note_match(tokens_at(tokens, 0));
	assert_int_equal(token_watch_look(&watch, tokens, now_us), 0);
	assert_true(tokens_matched(tokens, 0) == 1);
	/* Silence of all of them says nothing. */
	now_us += 48 * HOUR_US;
	assert_int_equal(token_watch_look(&watch, tokens, now_us), 0);
	token_note_match(tokens_at(tokens, 1));
	assert_int_equal(token_watch_look(&watch, tokens, now_us), 1);
	token_note_match(tokens_at(tokens, 1));
	assert_int_equal(token_watch_look(&watch, tokens, now_us + HOUR_US), 0);
	/* It speaks again; then a day counts anew. */
	token_note_match(tokens_at(tokens, 0));
	now_us += 2 * HOUR_US;
	assert_int_equal(token_watch_look(&watch, tokens, now_us), 0);
	token_note_match(tokens_at(tokens, 1));
	assert_int_equal(token_watch_look(&watch, tokens, now_us + 23 * HOUR_US), 0);
	assert_int_equal(token_watch_look(&watch, tokens, now_us + 24 * HOUR_US), 1);
	tokens_free(tokens);
}

TEST(other_tokens_begin_anew)
{
	struct token_watch watch = {0};
	struct tokens *one = tokens_new(), *two = tokens_new();
	struct error err;
	assert_int_equal(tokens_add(one, SPAN("a,b"), &err), 0);
	assert_int_equal(tokens_add(two, SPAN("a,b"), &err), 0);
	assert_int_equal(token_watch_look(&watch, one, HOUR_US), 0);
	token_note_match(tokens_at(two, 1));
	assert_int_equal(token_watch_look(&watch, two, 30 * HOUR_US), 0);
	token_note_match(tokens_at(two, 1));
	assert_int_equal(token_watch_look(&watch, two, 53 * HOUR_US), 0);
	assert_int_equal(token_watch_look(&watch, two, 54 * HOUR_US), 1);
	tokens_free(one);
	tokens_free(two);
}
