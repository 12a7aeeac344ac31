/* update_compile -- from JSON to update_action. */
#include "query/update.h"
#include "query/update_action.h"

#include <stdlib.h>
#include <string.h>

#include "query/filter_node.h"
#include "util/mem.h"
#include "util/suggest.h"

#define ACTIONS_MAX 1000

static int check_rename(
    struct update *update, struct update_action *action, struct error *err)
{
	if (!json_is_string(action->value))
		return error_set(err, "needs the new path, a string");
	action->target =
	    path_compile(update->arena, json_string_value(action->value), err);
	return action->target == NULL ? -1 : 0;
}

static int check_number(
    struct update *update, struct update_action *action, struct error *err)
{
	(void)update;
	if (!json_is_number(action->value))
		return error_set(err, "needs a number");
	return 0;
}

/* {"$each": […]}, or any other value for itself. */
static int check_each(
    struct update *update, struct update_action *action, struct error *err)
{
	(void)update;
	if (!filter_has_operators(action->value))
		return 0;
	action->list = json_object_get(action->value, "$each");
	if (json_object_size(action->value) != 1 || !json_is_array(action->list))
		return error_set(err,
		    "takes a value, or {\"$each\": [values]} with nothing beside $each");
	return 0;
}

static int check_pull(
    struct update *update, struct update_action *action, struct error *err)
{
	(void)update;
	if (!json_is_object(action->value))
		return 0;
	return filter_compile_element(&action->condition, action->value, err);
}

static const struct operation {
	const char *name;
	enum update_op op;
	int (*check)(
	    struct update *update, struct update_action *action, struct error *err);
} operations[] = {
    {"$set", UPDATE_SET, NULL},
    {"$setOnInsert", UPDATE_SET_ON_INSERT, NULL},
    {"$unset", UPDATE_UNSET, NULL},
    {"$inc", UPDATE_INC, check_number},
    {"$push", UPDATE_PUSH, check_each},
    {"$addToSet", UPDATE_ADD_TO_SET, check_each},
    {"$pull", UPDATE_PULL, check_pull},
    {"$rename", UPDATE_RENAME, check_rename},
};

#define OPERATION_COUNT (sizeof(operations) / sizeof(operations[0]))

static int refuse_name(const char *name, struct error *err)
{
	const char *names[OPERATION_COUNT];
	if (name[0] != '$')
		return error_set(err,
		    "\"%.200s\" is not an operator; to set a field write "
		    "{\"$set\": {\"%.200s\": …}}",
		    name, name);
	for (size_t i = 0; i < OPERATION_COUNT; i++)
		names[i] = operations[i].name;
	const char *meant = suggest_among(span_of(name), names, OPERATION_COUNT);
	if (meant != NULL)
		return error_set(err,
		    "\"%.40s\" is not an update operator; did you mean %s?", name,
		    meant);
	return error_set(err,
	    "\"%.40s\" is not an update operator; there are $set $unset $inc $push $pull "
	    "$addToSet $rename $setOnInsert",
	    name);
}

static int refuse_id(const struct path *path, struct error *err)
{
	if (path->steps[0].len == 3 && memcmp(path->steps[0].name, "_id", 3) == 0)
		return error_set(err, "a document's _id never changes");
	return 0;
}

static int compile_action(struct update *update, const struct operation *operation,
    const char *path, const json_t *value, struct error *err)
{
	if (update->count == ACTIONS_MAX)
		return error_set(err, "an update has at most %d changes", ACTIONS_MAX);
	struct update_action *action = &update->actions[update->count++];
	action->op = operation->op;
	action->name = operation->name;
	action->value = value;
	action->path = path_compile(update->arena, path, err);
	if (action->path == NULL || refuse_id(action->path, err) != 0)
		return -1;
	if (operation->check != NULL && operation->check(update, action, err) != 0)
		return -1;
	return action->target == NULL ? 0 : refuse_id(action->target, err);
}

static int compile_operation(
    struct update *update, const char *name, const json_t *changes, struct error *err)
{
	const struct operation *operation = operations;
	while (operation < operations + OPERATION_COUNT &&
	       strcmp(operation->name, name) != 0)
		operation++;
	if (operation == operations + OPERATION_COUNT)
		return refuse_name(name, err);
	if (!json_is_object(changes))
		return error_set(err,
		    "%s takes an object of paths: {\"%s\": {\"path\": …}}", name, name);
	update->actions = mem_resize(update->actions,
	    update->count + json_object_size(changes), sizeof(update->actions[0]));
	memset(update->actions + update->count, 0,
	    json_object_size(changes) * sizeof(update->actions[0]));
	const char *path = NULL;
	json_t *value = NULL, *fields = path_fields(changes);
	json_object_foreach(fields, path, value)
		if (compile_action(update, operation, path, value, err) != 0)
			return error_wrap(err, "%s at \"%.200s\"", name, path);
	return 0;
}

static int compare_paths(const void *a, const void *b)
{
	return path_compare(
	    *(const struct path *const *)a, *(const struct path *const *)b);
}

/* Once sorted, a path comes right after the path that contains it. */
static int check_conflicts(const struct update *update, struct error *err)
{
	const struct path **paths =
	    mem_new(2 * update->count, sizeof(const struct path *));
	size_t count = 0;
	int rc = 0;
	for (size_t i = 0; i < update->count; i++) {
		paths[count++] = update->actions[i].path;
		if (update->actions[i].target != NULL)
			paths[count++] = update->actions[i].target;
	}
	qsort(paths, count, sizeof(const struct path *), compare_paths);
	for (size_t i = 1; i < count && rc == 0; i++)
		if (path_covers(paths[i - 1], paths[i]))
			rc = error_set(err,
			    "one update cannot change both \"%.200s\" and \"%.200s\"",
			    paths[i - 1]->text, paths[i]->text);
	free(paths);
	return rc;
}

static int compile(struct update *update, struct error *err)
{
	const char *name = NULL;
	json_t *changes = NULL;
	if (json_object_size(update->spec) == 0)
		return error_set(err, "an update is an object of operators such as "
				      "{\"$set\": {\"status\": \"read\"}}");
	json_object_foreach(update->spec, name, changes)
		if (compile_operation(update, name, changes, err) != 0)
			return -1;
	return check_conflicts(update, err);
}

int update_compile(struct update **out, const json_t *spec, struct error *err)
{
	if (path_nesting_over(spec, UPDATE_NESTING_MAX))
		return error_set(err, "the update is nested more than %d levels deep",
		    UPDATE_NESTING_MAX);
	struct update *update = mem_new(1, sizeof(*update));
	update->arena = arena_new();
	update->spec = json_deep_copy(spec);
	if (compile(update, err) != 0) {
		update_free(update);
		return -1;
	}
	*out = update;
	return 0;
}

void update_free(struct update *update)
{
	if (update == NULL)
		return;
	for (size_t i = 0; i < update->count; i++)
		filter_free(update->actions[i].condition);
	free(update->actions);
	arena_free(update->arena);
	json_decref(update->spec);
	free(update);
}
