#include "acme/renewal.h"
#include "test.h"

enum { RANDOM_HALF = INT32_MAX };

#define DAY_MS INT64_C(86400000)

TEST(a_certificate_is_renewed_by_its_own_life_or_when_the_ca_suggests)
{
	static const struct {
		int64_t days, start, end; /* the window in days of its life; 0: none */
		int64_t least, most;      /* in hundredths of a day, over all randoms */
	} rows[] = {
	    {90, 0, 0, 5549, 6000}, /* two thirds of its life, not "30 days before" */
	    {6, 0, 0, 269, 300},    /* half */
	    {398, 0, 0, 24542, 26534},
	    {90, 40, 42, 4000, 4200},
	    {90, 85, 95, 8100, 8100}, /* never so late that a failure ends it */
	    {90, 1, 1, 100, 100},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint32_t randoms[] = {0, RANDOM_HALF, UINT32_MAX};
		for (size_t r = 0; r < 3; r++) {
			const struct renewal renewal = {.not_before_ms = 1000 * DAY_MS,
			    .not_after_ms = (1000 + rows[i].days) * DAY_MS,
			    .window_start_ms =
				rows[i].start > 0 ? (1000 + rows[i].start) * DAY_MS : 0,
			    .window_end_ms =
				rows[i].end > 0 ? (1000 + rows[i].end) * DAY_MS : 0,
			    .random = randoms[r]};
			int64_t at =
			    (renewal_time(&renewal) - 1000 * DAY_MS) / (DAY_MS / 100);
			if (at < rows[i].least - 1 || at > rows[i].most)
				fail_msg("row %zu: %lld", i, (long long)at);
		}
	}
}

TEST(failures_wait_longer_each_time_and_never_less_than_the_ca_asks_for)
{
	static const struct {
		unsigned failures;
		int64_t retry_s, least_s;
	} rows[] = {{1, 0, 60}, {2, 0, 3600}, {3, 0, 21600}, {40, 0, 21600},
	    {1, 7200, 7200}, {3, 5, 21600}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t least = rows[i].least_s * 1000;
		assert_int_equal(
		    renewal_back_off(rows[i].failures, rows[i].retry_s * 1000, 0),
		    least);
		int64_t most = renewal_back_off(
		    rows[i].failures, rows[i].retry_s * 1000, UINT32_MAX);
		assert_true(most > least && most <= least + least / 4);
	}
}

TEST(the_window_is_asked_for_as_the_ca_wishes_within_bounds)
{
	assert_int_equal(renewal_look_again(5, 0), 5 + DAY_MS / 4);
	assert_int_equal(renewal_look_again(5, 1000), 5 + 60000);
	assert_int_equal(renewal_look_again(5, 7200000), 5 + 7200000);
	assert_int_equal(renewal_look_again(5, 30 * DAY_MS), 5 + DAY_MS);
}
