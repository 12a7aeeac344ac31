#include "query/sort.h"

#include <stdlib.h>

#include "query/filter.h"
#include "util/mem.h"

static bool comes_after(
    const struct sorter *sorter, const struct sorted *a, const struct sorted *b)
{
	int order = filter_sort_compare(sorter->order, a->doc, b->doc);
	return order > 0 || (order == 0 && a->row > b->row);
}

/* The heap has the last in the order on top. */
static void sift_down(struct sorter *sorter, size_t at, size_t count)
{
	struct sorted *heap = sorter->heap;
	for (;;) {
		size_t last = at, child = 2 * at + 1;
		if (child < count && comes_after(sorter, &heap[child], &heap[last]))
			last = child;
		if (child + 1 < count &&
		    comes_after(sorter, &heap[child + 1], &heap[last]))
			last = child + 1;
		if (last == at)
			return;
		struct sorted moved = heap[at];
		heap[at] = heap[last];
		heap[last] = moved;
		at = last;
	}
}

static void sift_up(struct sorter *sorter, size_t at)
{
	struct sorted *heap = sorter->heap;
	while (at > 0 && comes_after(sorter, &heap[at], &heap[(at - 1) / 2])) {
		struct sorted moved = heap[at];
		heap[at] = heap[(at - 1) / 2];
		heap[(at - 1) / 2] = moved;
		at = (at - 1) / 2;
	}
}

void sorter_add(struct sorter *sorter, int64_t row, json_t *doc)
{
	struct sorted added = {row, doc};
	if (sorter->keep > 0 && sorter->count == sorter->keep) {
		if (!comes_after(sorter, &sorter->heap[0], &added))
			return;
		json_decref(sorter->heap[0].doc);
		sorter->heap[0] = added;
		json_incref(doc);
		sift_down(sorter, 0, sorter->count);
		return;
	}
	if (sorter->count == sorter->room) {
		sorter->room = sorter->room == 0 ? 64 : sorter->room * 2;
		sorter->heap =
		    mem_resize(sorter->heap, sorter->room, sizeof(*sorter->heap));
	}
	sorter->heap[sorter->count] = added;
	json_incref(doc);
	sift_up(sorter, sorter->count++);
}

void sorter_finish(struct sorter *sorter)
{
	for (size_t count = sorter->count; count > 1; count--) {
		struct sorted last = sorter->heap[0];
		sorter->heap[0] = sorter->heap[count - 1];
		sorter->heap[count - 1] = last;
		sift_down(sorter, 0, count - 1);
	}
}

void sorter_clear(struct sorter *sorter)
{
	for (size_t i = 0; i < sorter->count; i++)
		json_decref(sorter->heap[i].doc);
	free(sorter->heap);
	*sorter = (struct sorter){0};
}
