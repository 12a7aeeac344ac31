/* keys_filter -- a blocked Bloom filter over the keys of one segment: 16 bits a key,
 * one cache line read a question, about one false "perhaps" in a thousand.
 *
 * The filter is cut in pieces by the key's order, so that it is built while the sorted
 * segment is written, piece after piece, and read piece by piece when a key asks for
 * it. Within its piece a key's block is found by hash: the many keys of one SID, equal
 * in their first 8 bytes, spread over the piece. */
#ifndef OFFHOOK_KEYS_KEYS_FILTER_H
#define OFFHOOK_KEYS_KEYS_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "keys/keys_entry.h"

enum {
	KEYS_BLOCK_SIZE = 64,                                 /* bytes: a cache line */
	KEYS_PIECE_BLOCKS = 256,                              /* at most */
	KEYS_PIECE_SIZE = KEYS_PIECE_BLOCKS * KEYS_BLOCK_SIZE /* bytes, at most */
};

struct keys_shape {
	uint64_t pieces;
	uint64_t blocks; /* of each piece */
};

/* Of the filter of a segment of `count` keys. */
struct keys_shape keys_filter_shape(uint64_t count);
/* Bytes of each piece. */
size_t keys_filter_size(struct keys_shape shape);
/* The piece a key belongs to; grows with the key. */
uint64_t keys_filter_piece(struct keys_shape shape, const struct keys_entry *key);
/* bits: that piece. */
void keys_filter_add(
    unsigned char *bits, struct keys_shape shape, const struct keys_entry *key);
/* False: the key was not added. */
bool keys_filter_has(
    const unsigned char *bits, struct keys_shape shape, const struct keys_entry *key);

#endif
