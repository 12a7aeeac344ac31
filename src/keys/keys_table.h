/* keys_table -- keys in memory: entries in the order they were added, and two hash
 * indexes into them, by key and by the key's first 8 bytes. Keys may repeat; the newest
 * is found first. Not for several threads at once. */
#ifndef OFFHOOK_KEYS_KEYS_TABLE_H
#define OFFHOOK_KEYS_KEYS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keys/keys_entry.h"

/* Entry numbers here are counted from 1; 0 ends a chain. */
struct keys_chain {
	uint32_t *heads; /* newest entry of each bucket */
	uint32_t *older; /* for each entry, the next of its bucket */
};

struct keys_table {
	struct keys_entry *entries;
	size_t count, cap; /* cap is a power of two, and the number of buckets */
	struct keys_chain by_key, by_prefix;
};

/* Empty, with room for `count` entries before it has to grow. */
struct keys_table *keys_table_new(size_t count);
void keys_table_free(struct keys_table *table); /* NULL is fine */
void keys_table_add(struct keys_table *table, const struct keys_entry *entry);
/* Forgets all but the `count` oldest entries. */
void keys_table_cut(struct keys_table *table, size_t count);
/* The newest entry of that key, borrowed until the next add; NULL when there is none. */
const struct keys_entry *keys_table_find(
    const struct keys_table *table, const struct keys_entry *key);

/* Rows that a search by prefix has met; free(rows) ends it. */
struct keys_found {
	int64_t *rows;
	size_t count, cap;
};

void keys_found_add(struct keys_found *found, int64_t row);
void keys_table_find_prefix(
    const struct keys_table *table, uint64_t prefix, struct keys_found *found);

/* A sorted copy of the entries, the oldest of a key first; the caller's to free. */
struct keys_entry *keys_table_sorted(const struct keys_table *table);
size_t keys_table_memory(const struct keys_table *table);

#endif
