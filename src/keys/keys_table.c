#include "keys/keys_table.h"

#include <assert.h>
#include <stdlib.h>

#include "util/mem.h"

/* Keys come from a cryptographic hash, but a caller's first or last bytes may be less
 * random than all of them together. */
static size_t bucket(const struct keys_table *table, uint64_t value)
{
	return (size_t)(value * 0x9e3779b97f4a7c15U >> 32) & (table->cap - 1);
}

static void chain_link(struct keys_chain *chain, size_t bucket_no, size_t entry_no)
{
	chain->older[entry_no] = chain->heads[bucket_no];
	chain->heads[bucket_no] = (uint32_t)(entry_no + 1);
}

/* Only the newest entry of all may be taken out. */
static void chain_unlink(struct keys_chain *chain, size_t bucket_no, size_t entry_no)
{
	assert(chain->heads[bucket_no] == entry_no + 1);
	chain->heads[bucket_no] = chain->older[entry_no];
}

static void chain_make(struct keys_chain *chain, size_t cap)
{
	free(chain->heads);
	chain->heads = mem_new(cap, sizeof(*chain->heads));
	chain->older = mem_resize(chain->older, cap, sizeof(*chain->older));
}

static size_t key_bucket(const struct keys_table *table, const struct keys_entry *key)
{
	return bucket(table, key->high ^ (key->low << 32 | key->low >> 32));
}

static void link_entry(struct keys_table *table, size_t entry_no)
{
	const struct keys_entry *entry = &table->entries[entry_no];
	chain_link(&table->by_key, key_bucket(table, entry), entry_no);
	chain_link(&table->by_prefix, bucket(table, entry->high), entry_no);
}

static void set_cap(struct keys_table *table, size_t cap)
{
	assert(cap < UINT32_MAX);
	table->cap = cap;
	table->entries = mem_resize(table->entries, cap, sizeof(*table->entries));
	chain_make(&table->by_key, cap);
	chain_make(&table->by_prefix, cap);
	for (size_t i = 0; i < table->count; i++)
		link_entry(table, i);
}

struct keys_table *keys_table_new(size_t count)
{
	struct keys_table *table = mem_new(1, sizeof(*table));
	size_t cap = 64;
	while (cap < count)
		cap *= 2;
	set_cap(table, cap);
	return table;
}

void keys_table_free(struct keys_table *table)
{
	if (table == NULL)
		return;
	free(table->by_key.heads);
	free(table->by_key.older);
	free(table->by_prefix.heads);
	free(table->by_prefix.older);
	free(table->entries);
	free(table);
}

void keys_table_add(struct keys_table *table, const struct keys_entry *entry)
{
	if (table->count == table->cap)
		set_cap(table, table->cap * 2);
	table->entries[table->count] = *entry;
	link_entry(table, table->count);
	table->count++;
}

void keys_table_cut(struct keys_table *table, size_t count)
{
	assert(count <= table->count);
	while (table->count > count) {
		size_t last = --table->count;
		const struct keys_entry *entry = &table->entries[last];
		chain_unlink(&table->by_key, key_bucket(table, entry), last);
		chain_unlink(&table->by_prefix, bucket(table, entry->high), last);
	}
}

const struct keys_entry *keys_table_find(
    const struct keys_table *table, const struct keys_entry *key)
{
	uint32_t at = table->by_key.heads[key_bucket(table, key)];
	for (; at != 0; at = table->by_key.older[at - 1]) {
		if (keys_entry_compare(&table->entries[at - 1], key) == 0)
			return &table->entries[at - 1];
	}
	return NULL;
}

void keys_found_add(struct keys_found *found, int64_t row)
{
	if (found->count == found->cap) {
		found->cap = found->cap == 0 ? 16 : found->cap * 2;
		found->rows = mem_resize(found->rows, found->cap, sizeof(*found->rows));
	}
	found->rows[found->count++] = row;
}

void keys_table_find_prefix(
    const struct keys_table *table, uint64_t prefix, struct keys_found *found)
{
	uint32_t at = table->by_prefix.heads[bucket(table, prefix)];
	for (; at != 0; at = table->by_prefix.older[at - 1]) {
		if (table->entries[at - 1].high == prefix)
			keys_found_add(found, table->entries[at - 1].row);
	}
}

/* A table is sorted by its keys' first bits, then each bucket. */
enum {
	SORT_BITS = 14,
	SORT_BUCKETS = 1 << SORT_BITS,
	SORT_SHIFT = 64 - SORT_BITS,
	FEW = 32
};

/* Merges from[start, middle) and from[middle, end) into to[start, end). */
static void merge_runs(struct keys_entry *to, const struct keys_entry *from,
    size_t start, size_t middle, size_t end)
{
	size_t left = start, right = middle;
	for (size_t i = start; i < end; i++) {
		bool take_left =
		    right == end || (left < middle && keys_entry_compare(&from[left],
							  &from[right]) <= 0);
		to[i] = take_left ? from[left++] : from[right++];
	}
}

/* Of a bucket, which has few as a rule: insertion as long as they are, else merging,
 * since all the keys of one SID are in one bucket. Both leave equal keys in their
 * order. */
static void sort_bucket(
    struct keys_entry *entries, struct keys_entry *room, size_t count)
{
	struct keys_entry *from = entries, *to = room;
	for (size_t i = 1; count <= FEW && i < count; i++) {
		struct keys_entry moved = entries[i];
		size_t at = i;
		for (; at > 0 && keys_entry_compare(&entries[at - 1], &moved) > 0; at--)
			entries[at] = entries[at - 1];
		entries[at] = moved;
	}
	for (size_t width = 1; count > FEW && width < count; width *= 2) {
		for (size_t start = 0; start < count; start += 2 * width) {
			size_t middle = start + width < count ? start + width : count;
			size_t end = middle + width < count ? middle + width : count;
			merge_runs(to, from, start, middle, end);
		}
		struct keys_entry *sorted = to;
		to = from;
		from = sorted;
	}
	if (from != entries)
		memcpy(entries, from, count * sizeof(*entries));
}

struct keys_entry *keys_table_sorted(const struct keys_table *table)
{
	size_t count = table->count;
	struct keys_entry *sorted = mem_new(count + 1, sizeof(*sorted));
	struct keys_entry *room = mem_new(count + 1, sizeof(*room));
	uint32_t *ends = mem_new(SORT_BUCKETS + 1, sizeof(*ends));
	for (size_t i = 0; i < count; i++)
		ends[(table->entries[i].high >> SORT_SHIFT) + 1]++;
	for (size_t i = 1; i < SORT_BUCKETS; i++)
		ends[i] += ends[i - 1];
	for (size_t i = 0; i < count; i++)
		sorted[ends[table->entries[i].high >> SORT_SHIFT]++] =
		    table->entries[i];
	for (size_t i = 0, start = 0; i < SORT_BUCKETS; start = ends[i++])
		sort_bucket(sorted + start, room, ends[i] - start);
	free(room);
	free(ends);
	return sorted;
}

size_t keys_table_memory(const struct keys_table *table)
{
	return table == NULL ? 0 : table->cap * (sizeof(*table->entries) + 16);
}
