/* update_apply -- changes a document, wholly or not at all. The paths of one update
 * never overlap, so what one action meets does not depend on the others: first every
 * action is checked, and once all of them can succeed, they are carried out. Nothing is
 * copied for a way back. (Null counts as missing also for this: filling an array up to
 * an index leaves nulls where another action found nothing.) */
#include "query/update.h"
#include "query/update_action.h"

#include <assert.h>
#include <math.h>

/* How many elements $set may add at once by an index beyond an array's end. */
#define FILL_MAX 1000

static bool is_missing(const json_t *value)
{
	return value == NULL || json_is_null(value);
}

static const char *type_name(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "a boolean";
	case JSON_NULL:
		break;
	}
	return "null";
}

/* Whether the path's value can be set: each step meets an object, an array with a
 * number, or nothing, in whose place an object can be made. */
static int check_way(const json_t *doc, const struct path *path, struct error *err)
{
	const json_t *value = doc;
	for (size_t i = 0; i < path->count && !is_missing(value); i++) {
		const struct path_step *step = &path->steps[i];
		int head = path_head(path, i);
		if (!json_is_object(value) && !json_is_array(value))
			return error_set(err, "\"%.*s\" is %s and has no fields", head,
			    path->text, type_name(value));
		if (json_is_array(value) && step->index == PATH_NO_INDEX)
			return error_set(err,
			    "\"%.*s\" is a list: name an element by its "
			    "number, not by \"%.*s\"",
			    head, path->text, (int)step->len, step->name);
		if (json_is_array(value) && step->index != PATH_NO_INDEX &&
		    step->index >= json_array_size(value) + FILL_MAX)
			return error_set(err, "\"%.*s\" has only %zu elements", head,
			    path->text, json_array_size(value));
		value = path_child(value, step);
	}
	return 0;
}

static int check_list(
    const struct update_action *action, const json_t *doc, struct error *err)
{
	const json_t *old = path_get(doc, action->path, action->path->count);
	if (!is_missing(old) && !json_is_array(old))
		return error_set(err, "the value is %s, not a list", type_name(old));
	return 0;
}

/* Whether $pull's condition has an answer for each element. It is asked again when they are
 * pulled, which must not fail: then without a limit, since it is known to end. */
static int check_pull(const struct update_action *action, const json_t *doc,
    struct budget *budget, struct error *err)
{
	if (check_list(action, doc, err) != 0)
		return -1;
	if (action->condition == NULL || !filter_has_patterns(action->condition))
		return 0;
	const json_t *list = path_get(doc, action->path, action->path->count);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (filter_match(
			action->condition, json_array_get(list, i), budget, err) < 0)
			return -1;
	return 0;
}

/* The sum, or NULL with err; the old value may be missing. */
static json_t *sum(const json_t *old, const json_t *amount, struct error *err)
{
	json_int_t whole = 0;
	if (!is_missing(old) && !json_is_number(old)) {
		(void)error_set(err, "the value is %s, not a number", type_name(old));
		return NULL;
	}
	if (json_is_integer(amount) && (is_missing(old) || json_is_integer(old))) {
		if (!__builtin_add_overflow(
			json_integer_value(amount), json_integer_value(old), &whole))
			return json_integer(whole);
		(void)error_set(err, "the sum exceeds 64 bits");
		return NULL;
	}
	double real = json_number_value(amount) + json_number_value(old);
	if (isfinite(real))
		return json_real(real);
	(void)error_set(err, "the sum exceeds the range of numbers");
	return NULL;
}

static int check_sum(
    const struct update_action *action, const json_t *doc, struct error *err)
{
	json_t *result =
	    sum(path_get(doc, action->path, action->path->count), action->value, err);
	json_decref(result);
	return result == NULL ? -1 : 0;
}

static int check_no_list(const json_t *doc, const struct path *path, struct error *err)
{
	for (size_t i = 1; i < path->count; i++)
		if (json_is_array(path_get(doc, path, i)))
			return error_set(err,
			    "\"%.*s\" is a list; $rename does not reach into lists",
			    path_head(path, i), path->text);
	return 0;
}

/* A source in a list is refused even where there is none: another action of the update
 * might fill the list that far. */
static int check_rename(
    const struct update_action *action, const json_t *doc, struct error *err)
{
	const json_t *value = path_get(doc, action->path, action->path->count);
	if (check_no_list(doc, action->path, err) != 0)
		return -1;
	if (value == NULL)
		return 0;
	if (check_no_list(doc, action->target, err) != 0 ||
	    check_way(doc, action->target, err) != 0)
		return -1;
	if (path_nesting_over(value, UPDATE_RENAME_NESTING_MAX - action->target->count))
		return error_set(err,
		    "moved there, the value would be nested more than %d levels deep",
		    UPDATE_RENAME_NESTING_MAX);
	return 0;
}

static int check_action(const struct update_action *action, const json_t *doc,
    struct budget *budget, struct error *err)
{
	switch (action->op) {
	case UPDATE_SET:
	case UPDATE_SET_ON_INSERT:
		return check_way(doc, action->path, err);
	case UPDATE_INC:
		return check_way(doc, action->path, err) != 0
			   ? -1
			   : check_sum(action, doc, err);
	case UPDATE_PUSH:
	case UPDATE_ADD_TO_SET:
		return check_way(doc, action->path, err) != 0
			   ? -1
			   : check_list(action, doc, err);
	case UPDATE_PULL:
		return check_pull(action, doc, budget, err);
	case UPDATE_RENAME:
		return check_rename(action, doc, err);
	case UPDATE_UNSET:
		break;
	}
	return 0;
}

/* jansson fails here only without memory, or when a value were put into itself. */
static void must(int rc)
{
	assert(rc == 0);
	(void)rc;
}

/* Takes over value. */
static void put_child(json_t *parent, const struct path_step *step, json_t *value)
{
	assert(value != NULL);
	if (json_is_object(parent)) {
		must(
		    json_object_setn_new_nocheck(parent, step->name, step->len, value));
		return;
	}
	assert(json_is_array(parent) && step->index != PATH_NO_INDEX);
	while (json_array_size(parent) <= step->index)
		must(json_array_append_new(parent, json_null()));
	must(json_array_set_new(parent, step->index, value));
}

/* Takes over value; makes the objects on the way. */
static void put(json_t *doc, const struct path *path, json_t *value)
{
	for (size_t i = 0; i + 1 < path->count; i++) {
		json_t *child = path_child(doc, &path->steps[i]);
		if (is_missing(child)) {
			child = json_object();
			put_child(doc, &path->steps[i], child);
		}
		doc = child;
	}
	put_child(doc, &path->steps[path->count - 1], value);
}

static bool set(const struct update_action *action, json_t *doc)
{
	const json_t *old = path_get(doc, action->path, action->path->count);
	if (old != NULL && json_equal(old, action->value))
		return false;
	put(doc, action->path, json_deep_copy(action->value));
	return true;
}

/* An element of an array becomes null: the others keep their numbers. */
static bool unset(json_t *doc, const struct path *path)
{
	const struct path_step *last = &path->steps[path->count - 1];
	json_t *parent = path->count == 1 ? doc : path_get(doc, path, path->count - 1);
	if (json_is_object(parent))
		return json_object_deln(parent, last->name, last->len) == 0;
	if (is_missing(path_child(parent, last)))
		return false;
	must(json_array_set_new(parent, last->index, json_null()));
	return true;
}

static bool increment(const struct update_action *action, json_t *doc)
{
	const json_t *old = path_get(doc, action->path, action->path->count);
	json_t *result = sum(old, action->value, NULL);
	if (old != NULL && json_equal(old, result)) {
		json_decref(result);
		return false;
	}
	put(doc, action->path, result);
	return true;
}

static bool append(
    const struct update_action *action, json_t *list, const json_t *value)
{
	size_t known = action->op == UPDATE_ADD_TO_SET ? json_array_size(list) : 0;
	for (size_t i = 0; i < known; i++)
		if (filter_compare(json_array_get(list, i), value) == 0)
			return false;
	must(json_array_append_new(list, json_deep_copy(value)));
	return true;
}

static bool push(const struct update_action *action, json_t *doc)
{
	json_t *list = path_get(doc, action->path, action->path->count);
	bool changed = is_missing(list);
	if (changed) {
		list = json_array();
		put(doc, action->path, list);
	}
	if (action->list == NULL)
		return append(action, list, action->value) || changed;
	for (size_t i = 0; i < json_array_size(action->list); i++)
		changed |= append(action, list, json_array_get(action->list, i));
	return changed;
}

static bool pull(const struct update_action *action, json_t *doc)
{
	json_t *list = path_get(doc, action->path, action->path->count);
	size_t size = json_array_size(list), kept = 0;
	struct budget unlimited = budget_of(INT32_MAX);
	for (size_t i = 0; i < size; i++) {
		json_t *element = json_array_get(list, i);
		bool gone = action->condition != NULL
				? filter_match(
				      action->condition, element, &unlimited, NULL) == 1
				: filter_compare(element, action->value) == 0;
		if (gone)
			continue;
		if (kept != i)
			must(json_array_set(list, kept, element));
		kept++;
	}
	for (size_t i = size; i > kept; i--)
		must(json_array_remove(list, i - 1));
	return kept != size;
}

static bool rename_field(const struct update_action *action, json_t *doc)
{
	json_t *value = path_get(doc, action->path, action->path->count);
	if (value == NULL)
		return false;
	json_incref(value);
	(void)unset(doc, action->path);
	put(doc, action->target, value);
	return true;
}

static bool run_action(const struct update_action *action, json_t *doc)
{
	switch (action->op) {
	case UPDATE_SET:
	case UPDATE_SET_ON_INSERT:
		return set(action, doc);
	case UPDATE_UNSET:
		return unset(doc, action->path);
	case UPDATE_INC:
		return increment(action, doc);
	case UPDATE_PUSH:
	case UPDATE_ADD_TO_SET:
		return push(action, doc);
	case UPDATE_PULL:
		return pull(action, doc);
	case UPDATE_RENAME:
		return rename_field(action, doc);
	}
	return false;
}

int update_apply(const struct update *update, json_t *doc, bool inserting,
    struct budget *budget, struct error *err)
{
	bool changed = false;
	const struct update_action *end = update->actions + update->count;
	for (const struct update_action *at = update->actions; at < end; at++)
		if ((inserting || at->op != UPDATE_SET_ON_INSERT) &&
		    check_action(at, doc, budget, err) != 0)
			return error_wrap(
			    err, "%s at \"%.200s\"", at->name, at->path->text);
	for (const struct update_action *at = update->actions; at < end; at++)
		if (inserting || at->op != UPDATE_SET_ON_INSERT)
			changed |= run_action(at, doc);
	return changed ? 1 : 0;
}
