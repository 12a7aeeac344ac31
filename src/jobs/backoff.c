#include "jobs/backoff.h"

#include <sys/param.h>

/* 140,000 years; doubles are exact up to this. */
#define LONGEST_MS ((int64_t)1 << 52)

int64_t backoff_ms(
    int64_t floor_ms, int64_t base_ms, int64_t cap_ms, int nth, uint64_t random)
{
	int64_t cap = MIN(cap_ms, LONGEST_MS);
	int64_t span = MIN(base_ms, LONGEST_MS);
	for (int i = 1; i < nth && span < cap; i++)
		span *= 2;
	double part = (double)random / (double)UINT64_MAX;
	int64_t jitter = (int64_t)((double)MIN(span, cap) * part);
	return MIN(MIN(floor_ms, cap) + jitter, cap);
}
