#include "test.h"

#include "view/when.h"

static const int64_t now = 1767268800000; /* 2026-01-01T12:00:00Z */

TEST(near_times_are_told_beside_now)
{

	static const struct {
		int64_t away;
		const char *want;
	} rows[] = {
	    {0, "now"},
	    {999, "now"},
	    {-999, "now"},
	    {1000, "in 1s"},
	    {59999, "in 59s"},
	    {60000, "in 1m"},
	    {-3599999, "59m ago"},
	    {3600000, "in 1h"},
	    {-86399999, "23h ago"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char got[WHEN_SIZE];
		assert_string_equal(
		    when_text(got, now + rows[i].away, now), rows[i].want);
	}
}

TEST(far_times_are_told_as_they_are)
{
	char got[WHEN_SIZE];
	assert_string_equal(when_text(got, now + 86400000, now), "2026-01-02 12:00");
	assert_string_equal(when_text(got, now - 86400000, now), "2025-12-31 12:00");
}

TEST(a_span_has_one_unit)
{

	static const struct {
		int64_t ms;
		const char *want;
	} rows[] = {
	    {0, "0ms"},
	    {999, "999ms"},
	    {1999, "1s"},
	    {119999, "1m"},
	    {7200000, "2h"},
	    {700000000000, "8101d"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char got[WHEN_SIZE];
		assert_string_equal(when_span(got, rows[i].ms), rows[i].want);
	}
}
