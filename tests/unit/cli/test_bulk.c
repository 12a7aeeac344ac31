#include "test.h"

#include "cli/bulk.h"

TEST(ids_are_sorted_and_each_kept_once)
{
	static const int64_t given[] = {42, 7, 42, 1, 7, 42, INT64_MAX};
	static const int64_t want[] = {1, 7, 42, INT64_MAX};
	struct bulk bulk = {0};
	bulk_sort(&bulk);
	assert_int_equal(bulk.count, 0);
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		bulk_add(&bulk, given[i]);
	bulk_sort(&bulk);
	assert_int_equal(bulk.count, sizeof(want) / sizeof(want[0]));
	assert_memory_equal(bulk.ids, want, sizeof(want));
	bulk_free(&bulk);
	assert_null(bulk.ids);
}

TEST(a_million_ids_are_held)
{
	struct bulk bulk = {0};
	for (int64_t id = 1000000; id > 0; id--)
		bulk_add(&bulk, id);
	bulk_sort(&bulk);
	assert_int_equal(bulk.count, 1000000);
	assert_int_equal(bulk.ids[999999], 1000000);
	bulk_free(&bulk);
}
