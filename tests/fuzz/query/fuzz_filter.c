/* Input: a document, a filter and another filter as JSON, with NUL bytes between. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit/query/laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *next_value(const uint8_t **data, size_t *size)
{
	const uint8_t *end = *size == 0 ? NULL : memchr(*data, '\0', *size);
	size_t len = end == NULL ? *size : (size_t)(end - *data);
	json_t *value = json_loadb(
	    (const char *)*data, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	*data += end == NULL ? len : len + 1;
	*size -= end == NULL ? len : len + 1;
	return value == NULL ? json_object() : value;
}

/* A sort by the filter's names must be an order, too. */
static const char *law_of_sort(json_t *sort, json_t *a, json_t *b)
{
	if (filter_sort_check(sort, NULL) != 0)
		return NULL;
	int order = law_sign(filter_sort_compare(sort, a, b));
	return order == -law_sign(filter_sort_compare(sort, b, a))
		   ? NULL
		   : "a sort is antisymmetric";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *doc = next_value(&data, &size);
	json_t *f = next_value(&data, &size);
	json_t *g = next_value(&data, &size);
	const char *broken = law_of_filters(doc, f, g);
	if (broken == NULL)
		broken = law_of_sort(f, doc, g);
	if (broken != NULL) {
		(void)fprintf(stderr, "broken: %s\n", broken);
		abort();
	}
	json_decref(doc);
	json_decref(f);
	json_decref(g);
	return 0;
}
