#include "test.h"

#include "util/suggest.h"

TEST(the_distance_counts_single_mistakes)
{

	static const struct {
		const char *a, *b;
		size_t want;
	} rows[] = {
	    {"", "", 0},
	    {"abc", "", 3},
	    {"listen", "listen", 0},
	    {"lisen", "listen", 1},
	    {"lsiten", "listen", 1},
	    {"LISTEN", "listen", 0},
	    {"kitten", "sitting", 3},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span a = span_of(rows[i].a), b = span_of(rows[i].b);
		assert_int_equal(suggest_distance(a, b), rows[i].want);
		assert_int_equal(suggest_distance(b, a), rows[i].want);
	}
}

TEST(a_long_word_is_as_far_as_it_is_long)
{
	char word[100];
	memset(word, 'a', sizeof(word));
	assert_int_equal(
	    suggest_distance((struct span){word, sizeof(word)}, SPAN("aaa")), 100);
}

TEST(only_what_is_near_is_suggested)
{
	static const char *const known[] = {"serve", "send", "status", "sms", "export"};

	static const struct {
		const char *word, *want;
	} rows[] = {
	    {"serv", "serve"},
	    {"sned", "send"},
	    {"exprot", "export"},
	    {"exp", "export"},
	    {"s", NULL},
	    {"xyz", NULL},
	    {"frobnicate", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct suggestion suggestion = {.word = span_of(rows[i].word)};
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			suggest_offer(&suggestion, known[k]);
		if (rows[i].want == NULL)
			assert_null(suggestion.best);
		else
			assert_string_equal(suggestion.best, rows[i].want);
	}
}

TEST(an_error_says_what_was_meant_or_else_what_there_is)
{
	struct error err;
	struct suggestion suggestion = {.word = SPAN("sned")};
	(void)error_set(&err, "there is no \"sned\"");
	assert_int_equal(suggest_explain(&suggestion, ", but: send", &err), -1);
	assert_string_equal(err.text, "there is no \"sned\", but: send");
	suggest_offer(&suggestion, "send");
	(void)error_set(&err, "there is no \"sned\"");
	assert_int_equal(suggest_explain(&suggestion, ", but: send", &err), -1);
	assert_string_equal(err.text, "there is no \"sned\"; did you mean \"send\"?");
}
