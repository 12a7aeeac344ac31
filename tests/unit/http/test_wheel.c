#include "http/wheel.h"

#include "client.h"
#include "util/mem.h"

enum { SECOND = 1000 * 1000, START = 5 * SECOND };

static struct loop_timer *fired[16];
static size_t fired_count;

static void note(struct loop_timer *timer)
{
	assert_false(timer->armed);
	assert_true(fired_count < 16);
	fired[fired_count++] = timer;
}

static struct wheel *wheel_begin(void)
{
	struct wheel *wheel = mem_new(1, sizeof(*wheel));
	wheel_init(wheel, START);
	fired_count = 0;
	return wheel;
}

TEST(timers_fire_in_the_order_in_which_they_are_due)
{
	/* In milliseconds, in the order of starting: short and long, alike, beyond one
	 * turn of the wheel, and overdue. */
	static const int64_t due_ms[] = {
	    10000, 75000, 10000, 50, 300000, 20, 74999, -1000};
	static const size_t want[] = {7, 5, 3, 0, 2, 6, 1, 4};
	struct loop_timer timers[8] = {0};
	struct wheel *wheel = wheel_begin();
	for (size_t i = 0; i < 8; i++) {
		timers[i].fire = note;
		wheel_start(wheel, &timers[i], START + due_ms[i] * 1000);
	}
	for (int64_t now = START; now < START + 301 * (int64_t)SECOND;
	     now += WHEEL_TICK_US) {
		size_t before = fired_count;
		wheel_turn(wheel, now);
		for (size_t i = before; i < fired_count; i++)
			assert_true(fired[i]->due_us <= now);
	}
	assert_int_equal(fired_count, 8);
	for (size_t i = 0; i < 8; i++)
		assert_ptr_equal(fired[i], &timers[want[i]]);
	assert_int_equal(wheel->count, 0);
	free(wheel);
}

TEST(a_timer_does_not_fire_early)
{
	struct loop_timer timer = {.fire = note};
	struct wheel *wheel = wheel_begin();
	wheel_start(wheel, &timer, START + 60 * 1000);
	wheel_turn(wheel, START + 59 * 1000);
	assert_int_equal(fired_count, 0);
	wheel_turn(wheel, START + 60 * 1000);
	assert_int_equal(fired_count, 1);
	free(wheel);
}

TEST(a_stopped_timer_does_not_fire_and_a_started_one_moves)
{
	struct loop_timer stopped = {.fire = note};
	struct loop_timer moved = {.fire = note};
	struct wheel *wheel = wheel_begin();
	wheel_start(wheel, &stopped, START + SECOND);
	wheel_start(wheel, &moved, START + SECOND);
	wheel_stop(wheel, &stopped);
	wheel_stop(wheel, &stopped);
	wheel_start(wheel, &moved, START + 3 * SECOND);
	wheel_turn(wheel, START + 2 * SECOND);
	assert_int_equal(fired_count, 0);
	wheel_turn(wheel, START + 3 * SECOND);
	assert_int_equal(fired_count, 1);
	assert_ptr_equal(fired[0], &moved);
	free(wheel);
}

TEST(nothing_is_missed_in_a_long_sleep)
{
	struct loop_timer timers[4] = {0};
	struct wheel *wheel = wheel_begin();
	for (int i = 0; i < 4; i++) {
		timers[i].fire = note;
		wheel_start(wheel, &timers[i], START + (int64_t)i * 60 * SECOND);
	}
	wheel_turn(wheel, START + 1000 * (int64_t)SECOND);
	assert_int_equal(fired_count, 4);
	free(wheel);
}

static struct wheel *again_wheel;

static void again(struct loop_timer *timer)
{
	note(timer);
	if (fired_count < 3)
		wheel_start(again_wheel, timer, timer->due_us + SECOND);
}

TEST(a_timer_may_start_itself_when_it_fires)
{
	struct loop_timer timer = {.fire = again};
	again_wheel = wheel_begin();
	wheel_start(again_wheel, &timer, START);
	wheel_turn(again_wheel, START + 10 * SECOND);
	assert_int_equal(fired_count, 3);
	assert_false(timer.armed);
	free(again_wheel);
}
