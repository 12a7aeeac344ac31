/* filter_match -- does a document match? Allocates nothing but for $regex. Recursion is
 * bounded by the filter: its nesting, and the steps of its paths. */
#include "query/filter.h"
#include "query/filter_node.h"

static bool comparable(const json_t *a, const json_t *b)
{
	return (json_is_number(a) && json_is_number(b)) ||
	       (json_is_string(a) && json_is_string(b)) ||
	       (json_is_boolean(a) && json_is_boolean(b));
}

static bool among(const struct filter_node *node, const json_t *value)
{
	size_t low = 0, high = node->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = filter_compare(value, node->values[middle]);
		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* One value, arrays as a whole; NULL when missing. */
static bool test_value(
    const struct filter_node *node, const json_t *value, struct budget *budget)
{
	switch (node->op) {
	case FILTER_EQ:
		return filter_compare(value, node->value) == 0;
	case FILTER_GT:
		return comparable(value, node->value) &&
		       filter_compare(value, node->value) > 0;
	case FILTER_GTE:
		return comparable(value, node->value) &&
		       filter_compare(value, node->value) >= 0;
	case FILTER_LT:
		return comparable(value, node->value) &&
		       filter_compare(value, node->value) < 0;
	case FILTER_LTE:
		return comparable(value, node->value) &&
		       filter_compare(value, node->value) <= 0;
	case FILTER_IN:
		return among(node, value);
	case FILTER_EXISTS:
		return value != NULL;
	case FILTER_REGEX:
		return json_is_string(value) &&
		       pattern_match(node->pattern,
			   (struct span){
			       json_string_value(value), json_string_length(value)},
			   budget);
	case FILTER_AND:
	case FILTER_OR:
	case FILTER_NOT:
		break;
	}
	return false;
}

static bool test_value_or_elements(
    const struct filter_node *node, const json_t *value, struct budget *budget)
{
	if (test_value(node, value, budget))
		return true;
	if (node->op == FILTER_EXISTS)
		return false;
	for (size_t i = 0; i < json_array_size(value); i++)
		if (test_value(node, json_array_get(value, i), budget))
			return true;
	return false;
}

static bool test_path(const struct filter_node *node, size_t step, const json_t *value,
    struct budget *budget)
{
	const struct path *path = node->path;
	while (step < path->count && value != NULL) {
		if (json_is_array(value) && path->steps[step].index == PATH_NO_INDEX)
			break;
		value = path_child(value, &path->steps[step++]);
	}
	if (step == path->count || value == NULL)
		return test_value_or_elements(node, value, budget);
	/* Below an array of objects: one of them must match. An empty array does not. */
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *element = json_array_get(value, i);
		if (json_is_object(element) && test_path(node, step, element, budget))
			return true;
	}
	return false;
}

static bool test_node(
    const struct filter_node *node, const json_t *doc, struct budget *budget)
{
	switch (node->op) {
	case FILTER_AND:
		for (const struct filter_node *at = node->first; at != NULL;
		     at = at->next)
			if (!test_node(at, doc, budget))
				return false;
		return true;
	case FILTER_OR:
		for (const struct filter_node *at = node->first; at != NULL;
		     at = at->next)
			if (test_node(at, doc, budget))
				return true;
		return false;
	case FILTER_NOT:
		return !test_node(node->first, doc, budget);
	case FILTER_EQ:
	case FILTER_GT:
	case FILTER_GTE:
	case FILTER_LT:
	case FILTER_LTE:
	case FILTER_IN:
	case FILTER_EXISTS:
	case FILTER_REGEX:
		break;
	}
	return test_path(node, 0, doc, budget);
}

int filter_match(const struct filter *filter, const json_t *doc, struct budget *budget,
    struct error *err)
{
	bool matches = (filter->any_value || json_is_object(doc)) &&
		       test_node(filter->root, doc, budget);
	return budget->spent ? budget_refuse(err) : matches;
}
