#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/bulk.h"

static void ids_are_sorted_and_each_kept_once(void **state)
{
	(void)state;
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

static void a_million_ids_are_held(void **state)
{
	(void)state;
	struct bulk bulk = {0};
	for (int64_t id = 1000000; id > 0; id--)
		bulk_add(&bulk, id);
	bulk_sort(&bulk);
	assert_int_equal(bulk.count, 1000000);
	assert_int_equal(bulk.ids[999999], 1000000);
	bulk_free(&bulk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ids_are_sorted_and_each_kept_once),
	    cmocka_unit_test(a_million_ids_are_held),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
