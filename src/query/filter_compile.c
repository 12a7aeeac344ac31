/* filter_compile -- from JSON to filter_node. Whatever is not understood is an error:
 * a condition that is silently ignored matches what its author meant to leave out. */
#include "query/filter.h"
#include "query/filter_node.h"

#include <string.h>

#include "util/mem.h"
#include "util/suggest.h"

#define NODES_MAX 1000

struct filter_node *filter_node_new(
    struct filter *filter, enum filter_op op, struct error *err)
{
	if (++filter->count > NODES_MAX) {
		(void)error_set(err,
		    "a filter is limited to %d conditions and lists of conditions",
		    NODES_MAX);
		return NULL;
	}
	struct filter_node *node = arena_zalloc(filter->arena, sizeof(*node));
	node->op = op;
	node->made_before = filter->made_last;
	filter->made_last = node;
	return node;
}

static const char *first_name(const json_t *object)
{
	return json_object_iter_key(json_object_iter(path_fields(object)));
}

bool filter_has_operators(const json_t *value)
{
	return json_object_size(value) > 0 && first_name(value)[0] == '$';
}

/* An operator below a plain value would be compared as if it were data. */
static int check_plain(const json_t *value, struct error *err)
{
	for (size_t i = 0; i < json_array_size(value); i++)
		if (check_plain(json_array_get(value, i), err) != 0)
			return -1;
	if (!json_is_object(value))
		return 0;
	const char *name = NULL;
	json_t *inner = NULL, *fields = path_fields(value);
	json_object_foreach(fields, name, inner) {
		if (name[0] == '$')
			return error_set(err,
			    "\"%.40s\" stands within a plain value; write the path with "
			    "dots, {\"a.b\": {\"%.40s\": …}}, or mean it literally with $eq",
			    name, name);
		if (check_plain(inner, err) != 0)
			return -1;
	}
	return 0;
}

static struct filter_node *compile_field(
    struct filter *filter, const char *name, const json_t *value, struct error *err)
{
	const struct path *path = path_compile(filter->arena, name, err);
	if (path == NULL)
		return NULL;
	struct filter_node *node = NULL;
	if (filter_has_operators(value)) {
		node = filter_operators(filter, path, value, err);
	} else if (check_plain(value, err) == 0) {
		node = filter_node_new(filter, FILTER_EQ, err);
		if (node != NULL) {
			node->path = path;
			node->value = value;
		}
	}
	if (node == NULL)
		(void)error_wrap(err, "at \"%.200s\"", name);
	return node;
}

static struct filter_node *compile_fields(
    struct filter *filter, const json_t *spec, struct error *err);

static const struct logic {
	const char *name;
	enum filter_op op;
	bool negated;
} logics[] = {
    {"$and", FILTER_AND, false},
    {"$or", FILTER_OR, false},
    {"$nor", FILTER_OR, true},
};

#define LOGIC_COUNT (sizeof(logics) / sizeof(logics[0]))

static const struct logic *find_logic(const char *name)
{
	for (size_t i = 0; i < LOGIC_COUNT; i++)
		if (strcmp(logics[i].name, name) == 0)
			return &logics[i];
	return NULL;
}

static int refuse_name(const char *name, struct error *err)
{
	const char *names[LOGIC_COUNT];
	for (size_t i = 0; i < LOGIC_COUNT; i++)
		names[i] = logics[i].name;
	const char *meant = suggest_among(span_of(name), names, LOGIC_COUNT);
	if (meant != NULL && strcmp(name, "$not") != 0)
		return error_set(
		    err, "\"%.40s\" is not an operator; did you mean %s?", name, meant);
	return error_set(err,
	    "\"%.40s\" cannot stand outside of a field (only $and, $or and $nor can): "
	    "write {\"field\": {\"%.40s\": …}}",
	    name, name);
}

static struct filter_node *compile_logic(
    struct filter *filter, const char *name, const json_t *list, struct error *err)
{
	const struct logic *logic = find_logic(name);
	if (logic == NULL) {
		(void)refuse_name(name, err);
		return NULL;
	}
	if (json_array_size(list) == 0) {
		(void)error_set(err, "%s takes a list of at least one filter", name);
		return NULL;
	}
	struct filter_node *node = filter_node_new(filter, logic->op, err);
	if (node == NULL)
		return NULL;
	struct filter_node **end = &node->first;
	for (size_t i = 0; i < json_array_size(list); i++) {
		*end = compile_fields(filter, json_array_get(list, i), err);
		if (*end == NULL) {
			(void)error_wrap(err, "%s[%zu]", name, i);
			return NULL;
		}
		end = &(*end)->next;
	}
	if (!logic->negated)
		return node;
	struct filter_node *negation = filter_node_new(filter, FILTER_NOT, err);
	if (negation != NULL)
		negation->first = node;
	return negation;
}

static struct filter_node *compile_fields(
    struct filter *filter, const json_t *spec, struct error *err)
{
	if (!json_is_object(spec)) {
		(void)error_set(err, "a filter is an object such as {\"from\": \"…\"}");
		return NULL;
	}
	struct filter_node *all = filter_node_new(filter, FILTER_AND, err);
	if (all == NULL)
		return NULL;
	struct filter_node **end = &all->first;
	const char *name = NULL;
	json_t *value = NULL, *fields = path_fields(spec);
	json_object_foreach(fields, name, value) {
		*end = name[0] == '$' ? compile_logic(filter, name, value, err)
				      : compile_field(filter, name, value, err);
		if (*end == NULL)
			return NULL;
		end = &(*end)->next;
	}
	return all;
}

/* The copy comes after the check: copying recurses. */
static struct filter *filter_new(const json_t *spec, struct error *err)
{
	if (path_nesting_over(spec, FILTER_NESTING_MAX)) {
		(void)error_set(err, "the filter is nested more than %d levels deep",
		    FILTER_NESTING_MAX);
		return NULL;
	}
	struct filter *filter = mem_new(1, sizeof(*filter));
	filter->arena = arena_new();
	filter->spec = json_deep_copy(spec);
	return filter;
}

static int finish(struct filter **out, struct filter *filter)
{
	if (filter->root == NULL) {
		filter_free(filter);
		return -1;
	}
	*out = filter;
	return 0;
}

int filter_compile(struct filter **out, const json_t *spec, struct error *err)
{
	struct filter *filter = filter_new(spec, err);
	if (filter == NULL)
		return -1;
	filter->root = compile_fields(filter, filter->spec, err);
	return finish(out, filter);
}

int filter_compile_element(
    struct filter **out, const json_t *condition, struct error *err)
{
	struct filter *filter = filter_new(condition, err);
	if (filter == NULL)
		return -1;
	const json_t *spec = filter->spec;
	filter->any_value =
	    filter_has_operators(spec) && find_logic(first_name(spec)) == NULL;
	filter->root = filter->any_value
			   ? filter_operators(filter, path_empty(), spec, err)
			   : compile_fields(filter, spec, err);
	return finish(out, filter);
}
