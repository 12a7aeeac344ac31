#include "query/filter.h"

#include <stdlib.h>
#include <string.h>

#include "query/filter_node.h"

void filter_free(struct filter *filter)
{
	if (filter == NULL)
		return;
	for (struct filter_node *at = filter->made_last; at != NULL;
	     at = at->made_before)
		pattern_free(at->pattern);
	arena_free(filter->arena);
	json_decref(filter->spec);
	free(filter);
}

bool filter_has_patterns(const struct filter *filter)
{
	return filter->patterns > 0;
}

/* Every match fulfils what is below FILTER_AND alone. */
static const json_t *demanded(const struct filter_node *node, const char *path)
{
	const json_t *value = NULL;
	if (node->op == FILTER_EQ && strcmp(node->path->text, path) == 0 &&
	    (json_is_string(node->value) || json_is_number(node->value) ||
		json_is_boolean(node->value)))
		return node->value;
	if (node->op == FILTER_AND)
		for (const struct filter_node *at = node->first;
		     at != NULL && value == NULL; at = at->next)
			value = demanded(at, path);
	return value;
}

const json_t *filter_equals(const struct filter *filter, const char *path)
{
	return demanded(filter->root, path);
}
