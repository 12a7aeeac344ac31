#include "test.h"

#include <stdlib.h>

#include "keys/keys_table.h"

static void add(struct keys_table *table, uint64_t high, uint64_t low, int64_t row)
{
	struct keys_entry entry = {high, low, row};
	keys_table_add(table, &entry);
}

/* 0: not there. */
static int64_t find(const struct keys_table *table, uint64_t high, uint64_t low)
{
	struct keys_entry key = {high, low, 0};
	const struct keys_entry *found = keys_table_find(table, &key);
	return found == NULL ? 0 : found->row;
}

static int64_t prefix_sum(const struct keys_table *table, uint64_t prefix)
{
	struct keys_found found = {0};
	int64_t sum = 0;
	keys_table_find_prefix(table, prefix, &found);
	for (size_t i = 0; i < found.count; i++)
		sum += found.rows[i];
	free(found.rows);
	return sum;
}

TEST(the_newest_row_of_a_key_is_found)
{
	struct keys_table *table = keys_table_new(0);

	add(table, 1, 1, 10);
	add(table, 1, 2, 20);
	add(table, 1, 1, 5);
	assert_int_equal(find(table, 1, 1), 5);
	assert_int_equal(find(table, 1, 2), 20);
	assert_int_equal(find(table, 2, 1), 0);
	assert_int_equal(prefix_sum(table, 1), 35);
	assert_int_equal(prefix_sum(table, 2), 0);
	keys_table_free(table);
}

TEST(a_cut_leaves_the_table_as_it_was)
{
	struct keys_table *table = keys_table_new(0);

	for (int64_t i = 1; i <= 300; i++)
		add(table, (uint64_t)(i % 7), (uint64_t)(i % 50), i);
	for (int64_t i = 301; i <= 1500; i++)
		add(table, (uint64_t)(i % 11), (uint64_t)(i % 50), i);
	keys_table_cut(table, 300);
	for (int64_t i = 1; i <= 300; i += 20)
		add(table, 100, (uint64_t)i, i);
	keys_table_cut(table, 300);

	struct keys_table *same = keys_table_new(0);
	for (int64_t i = 1; i <= 300; i++)
		add(same, (uint64_t)(i % 7), (uint64_t)(i % 50), i);
	for (uint64_t high = 0; high < 12; high++) {
		assert_int_equal(prefix_sum(table, high), prefix_sum(same, high));
		for (uint64_t low = 0; low < 51; low++)
			assert_int_equal(find(table, high, low), find(same, high, low));
	}
	assert_int_equal(prefix_sum(table, 100), 0);
	keys_table_free(table);
	keys_table_free(same);
}

TEST(sorted_entries_keep_the_oldest_of_a_key_first)
{
	static const size_t counts[] = {0, 1, 2, 3, 64, 1000, 1025, 30000};
	/* All keys begin alike, or as hashes do: few, some or all of them differ. */
	static const uint64_t factors[] = {1, UINT64_C(0x9E3779B97F4A7C15)};
	static const size_t kinds[] = {13, 700, SIZE_MAX};

	for (size_t n = 0; n < 8 * 2 * 3; n++) {
		struct keys_table *table = keys_table_new(16);
		size_t count = counts[n % 8], last = kinds[n / 16];
		uint64_t factor = factors[n / 8 % 2];
		for (size_t i = 0; i < count; i++)
			add(table, i * 7919 % last * factor, i * 104729 % 5,
			    (int64_t)i + 1);
		struct keys_entry *sorted = keys_table_sorted(table);
		int64_t rows = count > 0 ? sorted[0].row : 0;
		for (size_t i = 1; i < count; i++) {
			int order = keys_entry_compare(&sorted[i - 1], &sorted[i]);
			rows += sorted[i].row;
			assert_true(order <= 0);
			if (order == 0)
				assert_true(sorted[i - 1].row < sorted[i].row);
		}
		assert_int_equal(rows, count * (count + 1) / 2);
		free(sorted);
		keys_table_free(table);
	}
}

TEST(bytes_on_disk_order_as_the_numbers_do)
{
	unsigned char bytes[KEYS_ENTRY_SIZE];
	const struct keys_entry entry = {0x0102030405060708, 0x090a0b0c0d0e0f10, 0x11};

	keys_entry_write(bytes, &entry);
	for (unsigned char i = 0; i < 16; i++)
		assert_int_equal(bytes[i], i + 1);
	struct keys_entry back = keys_entry_read(bytes);
	assert_int_equal(keys_entry_compare(&back, &entry), 0);
	assert_int_equal(back.row, 0x11);
}
