/* filter_sort -- the order of documents by the values at some of their paths. */
#include "query/filter.h"

#include <string.h>

#include "query/path.h"

#define SORT_PATHS_MAX 32

int filter_sort_check(const json_t *sort, struct error *err)
{
	const char *path = NULL;
	json_t *order = NULL;
	if (!json_is_object(sort))
		return error_set(
		    err, "a sort is an object such as {\"receivedAt\": -1}");
	if (json_object_size(sort) > SORT_PATHS_MAX)
		return error_set(err, "a sort has at most %d paths", SORT_PATHS_MAX);
	json_t *fields = path_fields(sort);
	json_object_foreach(fields, path, order) {
		if (path_check(path, err) != 0)
			return error_wrap(err, "sort");
		if (!json_is_integer(order) ||
		    (json_integer_value(order) != 1 && json_integer_value(order) != -1))
			return error_set(err,
			    "sort: \"%.200s\" needs 1 (ascending) or -1 (descending)",
			    path);
	}
	return 0;
}

json_t *filter_path(const json_t *doc, const char *path)
{
	json_t *value = NULL;
	for (const char *rest = path;
	     rest != NULL && (rest == path || value != NULL);) {
		struct path_step step = path_next(&rest);
		value = path_child(doc, &step);
		doc = value;
	}
	return value;
}

int filter_sort_compare(const json_t *sort, const json_t *a, const json_t *b)
{
	const char *path = NULL;
	json_t *direction = NULL;
	json_t *fields = path_fields(sort);
	json_object_foreach(fields, path, direction) {
		int order = filter_compare(filter_path(a, path), filter_path(b, path));
		if (order != 0)
			return json_integer_value(direction) < 0 ? -order : order;
	}
	return 0;
}
