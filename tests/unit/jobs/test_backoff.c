/* How long a job waits before it is tried again. */
#include "test.h"

#include "jobs/backoff.h"

struct row {
	int64_t floor_ms, base_ms, cap_ms;
	int tries;
	uint64_t random;
	int64_t want;
};

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct row *r = &rows[i];
		int64_t got =
		    backoff_ms(r->floor_ms, r->base_ms, r->cap_ms, r->tries, r->random);
		if (got != r->want)
			fail_msg("row %zu: got %lld, want %lld", i, (long long)got,
			    (long long)r->want);
	}
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

TEST(it_doubles_with_every_try)
{
	static const struct row rows[] = {
	    {0, 2000, 3600000, 1, UINT64_MAX, 2000},
	    {0, 2000, 3600000, 2, UINT64_MAX, 4000},
	    {0, 2000, 3600000, 5, UINT64_MAX, 32000},
	    {0, 2000, 3600000, 11, UINT64_MAX, 2048000},
	};
	CHECK(rows);
}

TEST(chance_decides_from_nothing_to_all_above_the_floor)
{
	static const struct row rows[] = {
	    {1000, 2000, 3600000, 1, 0, 1000},
	    {1000, 2000, 3600000, 1, UINT64_MAX, 3000},
	    {1000, 2000, 3600000, 1, UINT64_MAX / 2, 2000},
	    {1000, 2000, 3600000, 3, UINT64_MAX / 4, 3000},
	    {1000, 0, 3600000, 9, UINT64_MAX, 1000},
	};
	CHECK(rows);
}

TEST(the_cap_holds_for_all_of_it)
{
	static const struct row rows[] = {
	    {1000, 2000, 3600000, 12, UINT64_MAX, 3600000},
	    {1000, 2000, 3600000, INT32_MAX, UINT64_MAX, 3600000},
	    {1000, 2000, 500, 1, 0, 500},
	    {1000, 2000, 2000, 1, UINT64_MAX, 2000},
	    {0, 0, 0, 3, UINT64_MAX, 0},
	};
	CHECK(rows);
}

TEST(huge_times_do_not_overflow)
{
	for (int tries = 1; tries < 200; tries++) {
		int64_t got =
		    backoff_ms(INT64_MAX, INT64_MAX, INT64_MAX, tries, UINT64_MAX);
		assert_true(got > 0);
		assert_int_equal(
		    backoff_ms(0, INT64_MAX, 1000, tries, UINT64_MAX), 1000);
	}
}
