/* filter_compare -- the one order of JSON values; equal in it is equal in filters. */
#include "query/filter.h"

#include <string.h>

#include "query/path.h"

static int rank(const json_t *value)
{
	if (value == NULL)
		return 0;
	switch (json_typeof(value)) {
	case JSON_NULL:
		return 0;
	case JSON_INTEGER:
	case JSON_REAL:
		return 1;
	case JSON_STRING:
		return 2;
	case JSON_OBJECT:
		return 3;
	case JSON_ARRAY:
		return 4;
	case JSON_FALSE:
		return 5;
	case JSON_TRUE:
		return 6;
	}
	return 0;
}

static int compare_sizes(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int compare_reals(double a, double b)
{
	return (a > b) - (a < b);
}

/* Exactly: not every integer is a double, so the real's whole part is compared as an
 * integer, and then what is left of it. */
static int compare_integer_real(json_int_t a, double b)
{
	if (b >= 0x1p63)
		return -1;
	if (b < -0x1p63)
		return 1;
	json_int_t whole = (json_int_t)b;
	if (a != whole)
		return a < whole ? -1 : 1;
	return compare_reals((double)whole, b);
}

static int compare_numbers(const json_t *a, const json_t *b)
{
	if (json_is_integer(a) && json_is_integer(b)) {
		json_int_t x = json_integer_value(a), y = json_integer_value(b);
		return (x > y) - (x < y);
	}
	if (json_is_integer(a))
		return compare_integer_real(json_integer_value(a), json_real_value(b));
	if (json_is_integer(b))
		return -compare_integer_real(json_integer_value(b), json_real_value(a));
	return compare_reals(json_real_value(a), json_real_value(b));
}

static int compare_strings(const json_t *a, const json_t *b)
{
	size_t a_len = json_string_length(a), b_len = json_string_length(b);
	int order = memcmp(
	    json_string_value(a), json_string_value(b), a_len < b_len ? a_len : b_len);
	return order != 0 ? order : compare_sizes(a_len, b_len);
}

static int compare_arrays(const json_t *a, const json_t *b)
{
	size_t a_len = json_array_size(a), b_len = json_array_size(b);
	for (size_t i = 0; i < a_len && i < b_len; i++) {
		int order = filter_compare(json_array_get(a, i), json_array_get(b, i));
		if (order != 0)
			return order;
	}
	return compare_sizes(a_len, b_len);
}

/* The order of the least name that differs, which is the order of the objects. A name
 * that is missing comes before any value, null included. */
struct difference {
	const char *name; /* NULL: none so far */
	int order;
};

static void keep_least(struct difference *least, const char *name, int order)
{
	if (order != 0 && (least->name == NULL || strcmp(name, least->name) < 0))
		*least = (struct difference){name, order};
}

static int compare_objects(const json_t *a, const json_t *b)
{
	struct difference least = {0};
	json_t *a_fields = path_fields(a), *b_fields = path_fields(b);
	const char *name = NULL;
	json_t *value = NULL;
	json_object_foreach(a_fields, name, value) {
		const json_t *other = json_object_get(b, name);
		keep_least(
		    &least, name, other == NULL ? 1 : filter_compare(value, other));
	}
	json_object_foreach(b_fields, name, value)
		if (json_object_get(a, name) == NULL)
			keep_least(&least, name, -1);
	return least.order;
}

int filter_compare(const json_t *a, const json_t *b)
{
	int a_rank = rank(a), b_rank = rank(b);
	if (a == b || a_rank != b_rank)
		return (a_rank > b_rank) - (a_rank < b_rank);
	if (json_is_number(a))
		return compare_numbers(a, b);
	if (json_is_string(a))
		return compare_strings(a, b);
	if (json_is_object(a))
		return compare_objects(a, b);
	if (json_is_array(a))
		return compare_arrays(a, b);
	return 0;
}
