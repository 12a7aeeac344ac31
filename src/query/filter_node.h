/* filter_node -- a compiled filter, as filter_compile makes it and filter_match reads
 * it. $ne, $nin and $nor are FILTER_NOT over what they negate. */
#ifndef OFFHOOK_QUERY_FILTER_NODE_H
#define OFFHOOK_QUERY_FILTER_NODE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "query/path.h"
#include "query/pattern.h"
#include "util/arena.h"
#include "util/error.h"

enum filter_op {
	FILTER_AND, /* of no nodes: true */
	FILTER_OR,
	FILTER_NOT, /* of its one node */
	FILTER_EQ,
	FILTER_GT,
	FILTER_GTE,
	FILTER_LT,
	FILTER_LTE,
	FILTER_IN,
	FILTER_EXISTS,
	FILTER_REGEX
};

struct filter_node {
	enum filter_op op;
	struct filter_node *first, *next; /* nodes below; the next beside */
	const struct path *path;          /* the rest: of a condition on one path */
	const json_t *value;
	const json_t **values; /* FILTER_IN: in filter_compare's order */
	size_t count;
	struct pattern *pattern;
	struct filter_node *made_before;
};

struct filter {
	struct arena *arena; /* nodes and paths */
	json_t *spec;        /* our copy: the nodes' values are in it */
	struct filter_node *root;
	struct filter_node *made_last; /* every node, by made_before */
	size_t count;
	size_t patterns;
	bool any_value; /* applies to any value, not only to objects */
};

/* A node of the filter, freed with it. NULL with err when there are too many. */
struct filter_node *filter_node_new(
    struct filter *filter, enum filter_op op, struct error *err);
/* Whether value is an object whose first name starts with "$". */
bool filter_has_operators(const json_t *value);
/* {"$gt": 3, "$lt": 9} on the value at path. NULL with err, which does not name the
 * path. */
struct filter_node *filter_operators(struct filter *filter, const struct path *path,
    const json_t *spec, struct error *err);

#endif
