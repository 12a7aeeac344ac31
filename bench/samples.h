/* samples -- how long replies took, and what share of them took how long. */
#ifndef OFFHOOK_BENCH_SAMPLES_H
#define OFFHOOK_BENCH_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

/* In microseconds. Starts zeroed. */
struct samples {
	uint32_t *us;
	size_t count, room;
};

void samples_add(struct samples *samples, uint32_t us);
/* Before samples_share. */
void samples_sort(struct samples *samples);
/* The least time that a share (0 to 1) of them did not exceed; 0 of none. */
uint32_t samples_share(const struct samples *samples, double share);
/* Forgets all of them. */
void samples_clear(struct samples *samples);

#endif
