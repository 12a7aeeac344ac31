/* filter_operators -- the conditions on one path: {"$gt": 3, "$lt": 9}. */
#include "query/filter.h"
#include "query/filter_node.h"

#include <stdlib.h>
#include <string.h>

#include "util/suggest.h"

#define LIST_MAX     10000
#define PATTERNS_MAX 100

/* One operator being compiled. */
struct term {
	struct filter *filter;
	const json_t *beside; /* the object it stands in */
	const char *name;
	const json_t *operand;
	struct filter_node *node; /* to be filled; has its path */
};

static int take_any(struct term *term, struct error *err)
{
	(void)err;
	term->node->value = term->operand;
	return 0;
}

static int take_ordered(struct term *term, struct error *err)
{
	term->node->value = term->operand;
	if (json_is_number(term->operand) || json_is_string(term->operand) ||
	    json_is_boolean(term->operand))
		return 0;
	return error_set(err, "%s takes a number, a string or a boolean", term->name);
}

static int compare_values(const void *a, const void *b)
{
	return filter_compare(*(const json_t *const *)a, *(const json_t *const *)b);
}

static int take_list(struct term *term, struct error *err)
{
	struct filter_node *node = term->node;
	node->count = json_array_size(term->operand);
	if (!json_is_array(term->operand) || node->count > LIST_MAX)
		return error_set(
		    err, "%s takes a list of at most %d values", term->name, LIST_MAX);
	node->values = arena_alloc(
	    term->filter->arena, (node->count + 1) * sizeof(const json_t *));
	for (size_t i = 0; i < node->count; i++) {
		node->values[i] = json_array_get(term->operand, i);
		if (filter_has_operators(node->values[i]))
			return error_set(err,
			    "%s takes plain values; combine conditions with $or",
			    term->name);
	}
	qsort(node->values, node->count, sizeof(const json_t *), compare_values);
	return 0;
}

static int take_exists(struct term *term, struct error *err)
{
	if (!json_is_boolean(term->operand))
		return error_set(err, "$exists takes true or false");
	return 0;
}

static int take_regex(struct term *term, struct error *err)
{
	const json_t *options = json_object_get(term->beside, "$options");
	if (!json_is_string(term->operand))
		return error_set(err, "$regex takes a string");
	if (options != NULL && !json_is_string(options))
		return error_set(err, "$options takes a string such as \"i\"");
	if (++term->filter->patterns > PATTERNS_MAX)
		return error_set(
		    err, "more than %d $regex; one can have a|b", PATTERNS_MAX);
	return pattern_compile(&term->node->pattern,
	    (struct span){
		json_string_value(term->operand), json_string_length(term->operand)},
	    options == NULL ? "" : json_string_value(options), err);
}

/* Adds nothing (a FILTER_AND of no nodes): $regex has read it. */
static int take_options(struct term *term, struct error *err)
{
	if (json_object_get(term->beside, "$regex") == NULL)
		return error_set(err, "$options belongs beside a $regex");
	return 0;
}

static int take_not(struct term *term, struct error *err)
{
	if (!filter_has_operators(term->operand))
		return error_set(err,
		    "$not takes operators, as in {\"$not\": {\"$gt\": 5}}; "
		    "for a plain value use $ne");
	term->node->first =
	    filter_operators(term->filter, term->node->path, term->operand, err);
	return term->node->first == NULL ? -1 : 0;
}

static const struct operation {
	const char *name;
	enum filter_op op;
	bool negated;
	int (*take)(struct term *term, struct error *err);
} operations[] = {
    {"$eq", FILTER_EQ, false, take_any},
    {"$ne", FILTER_EQ, true, take_any},
    {"$gt", FILTER_GT, false, take_ordered},
    {"$gte", FILTER_GTE, false, take_ordered},
    {"$lt", FILTER_LT, false, take_ordered},
    {"$lte", FILTER_LTE, false, take_ordered},
    {"$in", FILTER_IN, false, take_list},
    {"$nin", FILTER_IN, true, take_list},
    {"$exists", FILTER_EXISTS, false, take_exists},
    {"$regex", FILTER_REGEX, false, take_regex},
    {"$options", FILTER_AND, false, take_options},
    {"$not", FILTER_NOT, false, take_not},
};

#define OPERATION_COUNT (sizeof(operations) / sizeof(operations[0]))

static int refuse_name(const char *name, struct error *err)
{
	const char *names[OPERATION_COUNT];
	if (name[0] != '$')
		return error_set(err,
		    "operators and the field \"%.200s\" cannot stand in one object",
		    name);
	if (strcmp(name, "$and") == 0 || strcmp(name, "$or") == 0 ||
	    strcmp(name, "$nor") == 0)
		return error_set(err,
		    "%s cannot stand below a field; write {\"%s\": [{\"field\": …}, …]}",
		    name, name);
	for (size_t i = 0; i < OPERATION_COUNT; i++)
		names[i] = operations[i].name;
	const char *meant = suggest_among(span_of(name), names, OPERATION_COUNT);
	if (meant == NULL)
		return error_set(err,
		    "\"%.40s\" is not an operator; there are $eq $ne $gt $gte $lt $lte $in "
		    "$nin $exists $regex $not",
		    name);
	return error_set(
	    err, "\"%.40s\" is not an operator; did you mean %s?", name, meant);
}

static struct filter_node *compile_term(
    struct term *term, const struct path *path, struct error *err)
{
	const struct operation *operation = operations;
	while (operation < operations + OPERATION_COUNT &&
	       strcmp(operation->name, term->name) != 0)
		operation++;
	if (operation == operations + OPERATION_COUNT) {
		(void)refuse_name(term->name, err);
		return NULL;
	}
	struct filter_node *node = filter_node_new(term->filter, operation->op, err);
	if (node == NULL)
		return NULL;
	node->path = path;
	term->node = node;
	if (operation->take(term, err) != 0)
		return NULL;
	if (!operation->negated &&
	    !(operation->op == FILTER_EXISTS && json_is_false(term->operand)))
		return node;
	struct filter_node *negation = filter_node_new(term->filter, FILTER_NOT, err);
	if (negation != NULL)
		negation->first = node;
	return negation;
}

struct filter_node *filter_operators(struct filter *filter, const struct path *path,
    const json_t *spec, struct error *err)
{
	struct filter_node *all = filter_node_new(filter, FILTER_AND, err);
	if (all == NULL)
		return NULL;
	struct filter_node **end = &all->first;
	struct term term = {.filter = filter, .beside = spec};
	json_t *fields = path_fields(spec), *operand = NULL;
	json_object_foreach(fields, term.name, operand) {
		term.operand = operand;
		*end = compile_term(&term, path, err);
		if (*end == NULL)
			return NULL;
		end = &(*end)->next;
	}
	return all;
}
