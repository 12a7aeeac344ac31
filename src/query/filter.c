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

static bool is_scalar(const json_t *value)
{
	return json_is_string(value) || json_is_number(value) || json_is_boolean(value);
}

struct visitor {
	bool (*each)(void *ctx, const char *path, const json_t *value);
	void *ctx;
};

/* False when the visitor ended it. Only what every match fulfils is below FILTER_AND
 * alone. */
static bool visit(const struct filter_node *node, const struct visitor *visitor)
{
	if (node->op == FILTER_EQ && is_scalar(node->value))
		return visitor->each(visitor->ctx, node->path->text, node->value);
	if (node->op == FILTER_AND)
		for (const struct filter_node *at = node->first; at != NULL;
		     at = at->next)
			if (!visit(at, visitor))
				return false;
	return true;
}

void filter_equalities(const struct filter *filter,
    bool (*each)(void *ctx, const char *path, const json_t *value), void *ctx)
{
	(void)visit(filter->root, &(struct visitor){each, ctx});
}

struct wanted {
	const char *path;
	const json_t *value;
};

static bool keep_wanted(void *ctx, const char *path, const json_t *value)
{
	struct wanted *wanted = ctx;
	if (strcmp(path, wanted->path) != 0)
		return true;
	wanted->value = value;
	return false;
}

const json_t *filter_equals(const struct filter *filter, const char *path)
{
	struct wanted wanted = {path, NULL};
	filter_equalities(filter, keep_wanted, &wanted);
	return wanted.value;
}
