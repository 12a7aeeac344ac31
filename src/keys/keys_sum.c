#include "keys/keys_sum.h"

#include <string.h>

#include "keys/keys_entry.h"

enum { LANES = 4, WORD = 8 };

/* Each step is one to one in both, so that a changed word is not forgotten. */
static uint64_t sum_step(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * 0x9e3779b97f4a7c15U;
	return sum << 29 | sum >> 35;
}

/* Several lanes, as the processor multiplies several numbers at a time. */
int64_t keys_sum(const void *bytes, size_t size, int64_t place)
{
	const unsigned char *at = bytes;
	uint64_t lanes[LANES] = {1, 2, 3, (uint64_t)place};
	uint64_t sum = size;
	size_t left = size;
	for (; left >= sizeof(lanes); left -= sizeof(lanes), at += sizeof(lanes)) {
		for (size_t i = 0; i < LANES; i++)
			lanes[i] = sum_step(lanes[i], keys_u64_read(at + i * WORD));
	}
	for (size_t i = 0; left > 0; i++) {
		unsigned char last[WORD] = {0};
		size_t part = left < WORD ? left : WORD;
		memcpy(last, at, part);
		lanes[i] = sum_step(lanes[i], keys_u64_read(last));
		at += part;
		left -= part;
	}
	for (size_t i = 0; i < LANES; i++)
		sum = sum_step(sum, lanes[i]);
	return (int64_t)(sum ^ sum >> 32);
}
