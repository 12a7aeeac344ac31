/* keys_entry -- one key and its row, as keys handles them: in memory two numbers that
 * compare like the key's bytes, on disk 24 bytes, big-endian. */
#ifndef OFFHOOK_KEYS_KEYS_ENTRY_H
#define OFFHOOK_KEYS_KEYS_ENTRY_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

struct keys_entry {
	uint64_t high, low; /* the key's first and last 8 bytes */
	int64_t row;
};

enum { KEYS_ENTRY_SIZE = 24 };

static inline uint64_t keys_u64_read(const unsigned char *from)
{
	uint64_t value = 0;
	memcpy(&value, from, sizeof(value));
	return be64toh(value);
}

static inline void keys_u64_write(unsigned char *to, uint64_t value)
{
	value = htobe64(value);
	memcpy(to, &value, sizeof(value));
}

static inline struct keys_entry keys_entry_of(const unsigned char *key, int64_t row)
{
	return (struct keys_entry){keys_u64_read(key), keys_u64_read(key + 8), row};
}

static inline struct keys_entry keys_entry_read(const unsigned char *from)
{
	return keys_entry_of(from, (int64_t)keys_u64_read(from + 16));
}

static inline void keys_entry_write(unsigned char *to, const struct keys_entry *entry)
{
	keys_u64_write(to, entry->high);
	keys_u64_write(to + 8, entry->low);
	keys_u64_write(to + 16, (uint64_t)entry->row);
}

/* By key alone: negative, 0 or positive. */
static inline int keys_entry_compare(
    const struct keys_entry *a, const struct keys_entry *b)
{
	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	return 0;
}

#endif
