#include "test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "query/pattern.h"
#include "util/buf.h"

static struct pattern *compiled(const char *text, const char *options)
{
	struct error err = {0};
	struct pattern *pattern = NULL;
	if (pattern_compile(&pattern, span_of(text), options, &err) != 0)
		fail_msg("%s: %s", text, err.text);
	return pattern;
}

static _Thread_local struct budget budget;

static bool match(const struct pattern *pattern, struct span text)
{
	budget = budget_of(BUDGET_TXN_MS);
	return pattern_match(pattern, text, &budget);
}

/* `count` times unit, then end. */
static struct buf repeated(const char *unit, size_t count, const char *end)
{
	struct buf buf = {0};
	for (size_t i = 0; i < count; i++)
		buf_puts(&buf, unit);
	buf_puts(&buf, end);
	return buf;
}

/* faults 4.8: kinds of patterns */
TEST(a_match_that_would_never_end_spends_its_budget)
{
	static const struct {
		const char *pattern, *unit;
		size_t count;
		const char *end;
	} rows[] = {
	    {"^(a+)+$", "a", 200, "b"},
	    {"(a|aa)+$", "a", 200, "b"},
	    {"(x+x+)+[yz]", "x", 5000, ""},
	    {"(?:(?=.*+)a)*[bc]", "a", 20000, ""},
	    {"(.*)\\1[bc]", "a", 20000, ""},
	    {"(a{1,200}){1,100}[bc]", "a", 5000, ""},
	    {"([ab])*[cd]", "a", 100000, ""},
	    {"^(?R)?(?R)?a+[bc]", "a", 1000, ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pattern *pattern = compiled(rows[i].pattern, "");
		struct buf text = repeated(rows[i].unit, rows[i].count, rows[i].end);
		if (match(pattern, buf_span(&text)) || !budget.spent)
			fail_msg("%s: matched, or not", rows[i].pattern);
		/* A spent one answers nothing any more. */
		if (pattern_match(pattern, SPAN(""), &budget))
			fail_msg("%s: goes on", rows[i].pattern);
		buf_free(&text);
		pattern_free(pattern);
	}
}

TEST(a_long_text_is_searched_to_its_end)
{
	static const char *const patterns[] = {
	    "needle", ".*needle", "(?s).*needle$", "(?:a|b)*needle", "\\w+needle"};
	struct buf text = repeated("ab", 5000, "needle");
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		struct pattern *pattern = compiled(patterns[i], "");
		if (!match(pattern, buf_span(&text)))
			fail_msg("%s: no match", patterns[i]);
		pattern_free(pattern);
	}
	buf_free(&text);
}

TEST(patterns_that_are_too_much_are_refused)
{
	struct error err = {0};
	struct pattern *pattern = NULL;
	struct buf longest = repeated("a", 4001, "");
	struct buf deep = repeated("(", 101, "");
	struct buf closing = repeated(")", 101, "");
	buf_put(&deep, buf_span(&closing));
	assert_int_equal(pattern_compile(&pattern, buf_span(&longest), "", &err), -1);
	assert_non_null(strstr(err.text, "longer than 4000 bytes"));
	assert_int_equal(pattern_compile(&pattern, buf_span(&deep), "", &err), -1);
	assert_non_null(strstr(err.text, "nested"));
	assert_int_equal(
	    pattern_compile(&pattern, SPAN("((a{0,9999}){0,9999}){0,9999}"), "", &err),
	    -1);
	assert_int_equal(pattern_compile(&pattern, SPAN("a"), "iz", &err), -1);
	assert_non_null(strstr(err.text, "\"iz\""));
	buf_free(&longest);
	buf_free(&deep);
	buf_free(&closing);
	pattern_free(NULL);
}

TEST(bytes_that_are_not_utf8_do_not_match)
{
	struct pattern *pattern = compiled("a", "");
	assert_false(match(pattern, SPAN("a\xff")));
	assert_true(match(pattern, SPAN("\xc3\xa9"
					"a")));
	assert_false(match(pattern, (struct span){0}));
	pattern_free(pattern);
	pattern = compiled("^x\\x00y$", "");
	assert_true(match(pattern, SPAN("x\0y")));
	pattern_free(pattern);
}

static void *match_often(void *cookie)
{
	const struct pattern *pattern = cookie;
	size_t wrong = 0;
	for (int i = 0; i < 2000; i++)
		wrong +=
		    !match(pattern, SPAN("xxhello")) || match(pattern, SPAN("xxhullo"));
	return wrong == 0 ? NULL : cookie;
}

TEST(threads_share_a_pattern)
{
	struct pattern *pattern = compiled("(h)(e)l+o", "i");
	pthread_t threads[4];
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, match_often, pattern), 0);
	for (size_t i = 0; i < 4; i++) {
		void *wrong = NULL;
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	pattern_free(pattern);
}
