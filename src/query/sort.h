/* sort -- documents in the order of a sort. Only the first `keep` are wanted: a heap
 * never holds more. */
#ifndef OFFHOOK_QUERY_SORT_H
#define OFFHOOK_QUERY_SORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sorted {
	int64_t row;
	json_t *doc; /* a reference of its own */
};

struct sorter {
	const json_t *order;
	size_t keep; /* 0: all */
	struct sorted *heap;
	size_t count, room;
};

/* Takes a reference of doc, unless it comes after the `keep` first. */
void sorter_add(struct sorter *sorter, int64_t row, json_t *doc);
/* Puts heap in order; equal ones by row. */
void sorter_finish(struct sorter *sorter);
void sorter_clear(struct sorter *sorter);

#endif
