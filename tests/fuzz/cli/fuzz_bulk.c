/* The ids of a change of many rows: afterwards each of them is there once, in order. The
 * input is 8 bytes for each. */
#include "cli/bulk.h"
#include "fuzz/fuzz.h"

static bool has(const struct bulk *bulk, int64_t id)
{
	size_t low = 0, high = bulk->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (bulk->ids[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < bulk->count && bulk->ids[low] == id;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bulk bulk = {0};
	size_t count = size / sizeof(int64_t);
	int64_t id;
	for (size_t i = 0; i < count; i++) {
		memcpy(&id, data + i * sizeof(id), sizeof(id));
		bulk_add(&bulk, id);
	}
	bulk_sort(&bulk);
	must(bulk.count <= count && (bulk.count > 0) == (count > 0));
	for (size_t i = 1; i < bulk.count; i++)
		must(bulk.ids[i - 1] < bulk.ids[i]);
	for (size_t i = 0; i < count; i++) {
		memcpy(&id, data + i * sizeof(id), sizeof(id));
		must(has(&bulk, id));
	}
	bulk_free(&bulk);
	return 0;
}
