#include "http/wheel.h"

static struct wheel_slot *wheel_slot_of(struct wheel *wheel, int64_t tick)
{
	return &wheel->slots[(uint64_t)tick % WHEEL_SLOTS];
}

void wheel_init(struct wheel *wheel, int64_t now_us)
{
	for (int i = 0; i < WHEEL_SLOTS; i++)
		TAILQ_INIT(&wheel->slots[i]);
	wheel->count = 0;
	wheel->tick = now_us / WHEEL_TICK_US;
}

void wheel_start(struct wheel *wheel, struct loop_timer *timer, int64_t due_us)
{
	wheel_stop(wheel, timer);
	/* An overdue timer goes to the slot that is looked at next. */
	if (due_us / WHEEL_TICK_US < wheel->tick)
		due_us = wheel->tick * WHEEL_TICK_US;
	timer->due_us = due_us;
	timer->armed = true;
	wheel->count++;

	struct wheel_slot *slot = wheel_slot_of(wheel, due_us / WHEEL_TICK_US);
	struct loop_timer *before = TAILQ_LAST(slot, wheel_slot);
	while (before != NULL && before->due_us > due_us)
		before = TAILQ_PREV(before, wheel_slot, link);
	if (before == NULL)
		TAILQ_INSERT_HEAD(slot, timer, link);
	else
		TAILQ_INSERT_AFTER(slot, before, timer, link);
}

void wheel_stop(struct wheel *wheel, struct loop_timer *timer)
{
	if (!timer->armed)
		return;
	TAILQ_REMOVE(wheel_slot_of(wheel, timer->due_us / WHEEL_TICK_US), timer, link);
	timer->armed = false;
	wheel->count--;
}

void wheel_turn(struct wheel *wheel, int64_t now_us)
{
	int64_t now = now_us / WHEEL_TICK_US;
	/* After a long sleep one turn is enough to see every slot. */
	if (now - wheel->tick >= WHEEL_SLOTS)
		wheel->tick = now - WHEEL_SLOTS + 1;
	for (;;) {
		struct wheel_slot *slot = wheel_slot_of(wheel, wheel->tick);
		struct loop_timer *timer = TAILQ_FIRST(slot);
		if (timer != NULL && timer->due_us <= now_us) {
			wheel_stop(wheel, timer);
			timer->fire(timer);
		} else if (wheel->tick < now) {
			wheel->tick++;
		} else {
			return;
		}
	}
}
