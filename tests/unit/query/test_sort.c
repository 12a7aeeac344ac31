/* The sorter: the first documents of an order, whatever came first. */
#include "unit/store/store_fixture.h"

#include "query/sort.h"

TEST(the_first_of_any_order_of_arrival_are_kept)
{
	json_t *order = json_loads("{\"n\":1}", 0, NULL);
	for (size_t keep = 0; keep <= 12; keep++) {
		for (int step = 1; step < 11; step++) {
			struct sorter sorter = {.order = order, .keep = keep};
			for (int i = 0; i < 10; i++) {
				json_t *doc = json_object();
				(void)json_object_set_new(
				    doc, "n", json_integer(i * step % 11 / 2));
				sorter_add(&sorter, i + 1, doc);
				json_decref(doc);
			}
			sorter_finish(&sorter);
			assert_int_equal(
			    sorter.count, keep == 0 || keep > 10 ? 10 : keep);
			for (size_t i = 1; i < sorter.count; i++) {
				int compared = filter_sort_compare(
				    order, sorter.heap[i - 1].doc, sorter.heap[i].doc);
				assert_true(compared < 0 ||
					    (compared == 0 && sorter.heap[i - 1].row <
								  sorter.heap[i].row));
			}
			if (sorter.count > 0)
				assert_int_equal(json_integer_value(json_object_get(
						     sorter.heap[0].doc, "n")),
				    0);
			sorter_clear(&sorter);
		}
	}
	json_decref(order);
}
