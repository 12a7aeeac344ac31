/* wheel -- timers by the slot of time in which they are due: starting and stopping one
 * is O(1), also with short and long deadlines mixed. A timer that is due after more
 * than one turn of the wheel stays in its slot until then. For one thread. */
#ifndef OFFHOOK_HTTP_WHEEL_H
#define OFFHOOK_HTTP_WHEEL_H

#include <stddef.h>

#include "http/loop.h"

enum {
	WHEEL_TICK_US = 50 * 1000,
	WHEEL_SLOTS = 2048, /* a turn takes 102 s, longer than the usual deadlines */
};

TAILQ_HEAD(wheel_slot, loop_timer);

struct wheel {
	struct wheel_slot slots[WHEEL_SLOTS]; /* each ordered by due_us */
	size_t count;                         /* armed timers */
	int64_t tick;                         /* whose slot was looked at last */
};

void wheel_init(struct wheel *wheel, int64_t now_us);
/* As loop_timer_start and loop_timer_stop. */
void wheel_start(struct wheel *wheel, struct loop_timer *timer, int64_t due_us);
void wheel_stop(struct wheel *wheel, struct loop_timer *timer);
/* Fires what is due at now_us, in the order in which it is due (to a tick). A timer
 * that fires may start and stop any timer. */
void wheel_turn(struct wheel *wheel, int64_t now_us);

#endif
