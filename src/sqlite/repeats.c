#include "sqlite/repeats.h"

#include <string.h>

#include "util/thread.h"

void repeats_init(struct repeats *repeats)
{
	memset(repeats, 0, sizeof(*repeats));
	mutex_init(&repeats->mutex);
}

void repeats_clear(struct repeats *repeats)
{
	mutex_clear(&repeats->mutex);
}

bool repeats_add(struct repeats *repeats, int64_t event_id, int64_t count)
{
	size_t at = ((uint64_t)event_id * 0x9E3779B97F4A7C15u) >> 54;
	bool first = false;
	mutex_lock(&repeats->mutex);
	for (size_t tries = 0; tries < REPEATS_MAX; tries++) {
		struct repeat *place = &repeats->table[(at + tries) % REPEATS_MAX];
		if (place->event_id != 0 && place->event_id != event_id)
			continue;
		if (place->event_id == 0)
			first = repeats->used++ == 0;
		place->event_id = event_id;
		place->count += count;
		break;
	}
	mutex_unlock(&repeats->mutex);
	return first;
}

size_t repeats_take(struct repeats *repeats, struct repeat *out)
{
	size_t count = 0;
	mutex_lock(&repeats->mutex);
	for (size_t i = 0; repeats->used > 0 && i < REPEATS_MAX; i++) {
		if (repeats->table[i].event_id == 0)
			continue;
		out[count++] = repeats->table[i];
		repeats->table[i] = (struct repeat){0};
		repeats->used--;
	}
	mutex_unlock(&repeats->mutex);
	return count;
}
