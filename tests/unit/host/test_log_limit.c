/* log_limit: what passes of a handler that logs in a loop. */
#include "test.h"

#include "host/log_limit.h"

static uint32_t pass(struct log_limit *limit, int64_t now_us, uint32_t lines)
{
	uint32_t passed = 0;
	while (lines-- > 0)
		passed += log_limit_passes(limit, now_us);
	return passed;
}

TEST(a_loop_passes_so_many_a_second)
{
	struct log_limit limit = {0};
	log_limit_run(&limit);
	assert_int_equal(pass(&limit, 5000000, 5000), 1010);
	assert_int_equal(limit.dropped, 3990);
	assert_int_equal(pass(&limit, 5999999, 100), 0);
	assert_int_equal(pass(&limit, 6000000, 5000), 1000);
}

TEST(the_first_lines_of_a_run_always_pass)
{
	struct log_limit limit = {0};
	log_limit_run(&limit);
	(void)pass(&limit, 5000000, 5000);
	for (int i = 0; i < 1000; i++) {
		log_limit_run(&limit);
		assert_int_equal(pass(&limit, 5000000, 10), 10);
		assert_int_equal(pass(&limit, 5000000, 1), 0);
	}
}
