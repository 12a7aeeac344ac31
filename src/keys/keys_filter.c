#include "keys/keys_filter.h"

enum {
	KEYS_A_BLOCK = KEYS_BLOCK_SIZE * 8 / 16, /* at 16 bits a key */
	LANES = 8 /* bits a key sets, each in 8 bytes of its own */
};

struct keys_shape keys_filter_shape(uint64_t count)
{
	uint64_t blocks = count / KEYS_A_BLOCK + 1;
	uint64_t pieces = (blocks + KEYS_PIECE_BLOCKS - 1) / KEYS_PIECE_BLOCKS;
	return (struct keys_shape){pieces, (blocks + pieces - 1) / pieces};
}

size_t keys_filter_size(struct keys_shape shape)
{
	return (size_t)shape.blocks * KEYS_BLOCK_SIZE;
}

uint64_t keys_filter_piece(struct keys_shape shape, const struct keys_entry *key)
{
	return (key->high >> 32) * shape.pieces >> 32;
}

/* MurmurHash3's finalizer: every bit of the key moves every bit of the hash. */
static uint64_t hash(const struct keys_entry *key)
{
	uint64_t h = key->low ^ (key->high << 32 | key->high >> 32);
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdU;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53U;
	return h ^ h >> 33;
}

/* The hash's first 16 bits choose the block; its last 48 six for each lane. */
static uint64_t block_start(uint64_t h, struct keys_shape shape)
{
	return ((h >> 48) * shape.blocks >> 16) * KEYS_BLOCK_SIZE;
}

void keys_filter_add(
    unsigned char *bits, struct keys_shape shape, const struct keys_entry *key)
{
	uint64_t h = hash(key);
	unsigned char *block = bits + block_start(h, shape);
	for (size_t lane = 0; lane < LANES; lane++, h >>= 6)
		block[lane * 8 + (h >> 3 & 7)] |= (unsigned char)(1 << (h & 7));
}

bool keys_filter_has(
    const unsigned char *bits, struct keys_shape shape, const struct keys_entry *key)
{
	uint64_t h = hash(key);
	const unsigned char *block = bits + block_start(h, shape);
	for (size_t lane = 0; lane < LANES; lane++, h >>= 6) {
		if ((block[lane * 8 + (h >> 3 & 7)] & 1 << (h & 7)) == 0)
			return false;
	}
	return true;
}
