/* word -- eight bytes looked at as one number: whether any of them is of some kind. The
 * results have the top bit of such a byte set. Only the lowest byte that is marked is
 * certain: those above it may be marked wrongly, and so may any beyond ASCII. Together
 * with word_beyond_ascii "none is marked" is exact. */
#ifndef OFFHOOK_UTIL_WORD_H
#define OFFHOOK_UTIL_WORD_H

#include <stdint.h>
#include <string.h>

#define WORD_ONES UINT64_C(0x0101010101010101)
#define WORD_TOPS UINT64_C(0x8080808080808080)

static inline uint64_t word_load(const char *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof(word));
	return word;
}

static inline void word_store(char *at, uint64_t word)
{
	memcpy(at, &word, sizeof(word));
}

/* Bytes below `limit`, which is at most 0x80. */
static inline uint64_t word_below(uint64_t word, unsigned char limit)
{
	return word - WORD_ONES * limit;
}

static inline uint64_t word_is(uint64_t word, char c)
{
	return word_below(word ^ WORD_ONES * (unsigned char)c, 1);
}

static inline uint64_t word_beyond_ascii(uint64_t word)
{
	return word & WORD_TOPS;
}

#endif
