#include "samples.h"

#include <stdlib.h>

#include "util/mem.h"

void samples_add(struct samples *samples, uint32_t us)
{
	if (samples->count == samples->room) {
		samples->room = samples->room > 0 ? samples->room * 2 : 65536;
		samples->us =
		    mem_resize(samples->us, samples->room, sizeof(*samples->us));
	}
	samples->us[samples->count++] = us;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

void samples_sort(struct samples *samples)
{
	if (samples->count > 0)
		qsort(samples->us, samples->count, sizeof(*samples->us), by_size);
}

uint32_t samples_share(const struct samples *samples, double share)
{
	if (samples->count == 0)
		return 0;
	return samples->us[(size_t)((double)(samples->count - 1) * share)];
}

void samples_clear(struct samples *samples)
{
	free(samples->us);
	*samples = (struct samples){0};
}
