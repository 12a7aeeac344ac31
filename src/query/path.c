#include "query/path.h"

#include <string.h>

/* More digits than an array could have elements are a name. */
#define INDEX_DIGITS_MAX 7

static size_t step_index(const char *name, size_t len)
{
	if (len == 0 || len > INDEX_DIGITS_MAX || (name[0] == '0' && len > 1))
		return PATH_NO_INDEX;
	size_t index = 0;
	for (size_t i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return PATH_NO_INDEX;
		index = index * 10 + (size_t)(name[i] - '0');
	}
	return index;
}

struct path_step path_next(const char **rest)
{
	const char *name = *rest;
	size_t len = strcspn(name, ".");
	*rest = name[len] == '.' ? name + len + 1 : NULL;
	return (struct path_step){name, len, step_index(name, len)};
}

static size_t count_steps(const char *text)
{
	size_t count = 1;
	for (const char *dot = text; (dot = strchr(dot, '.')) != NULL; dot++)
		count++;
	return count;
}

int path_check(const char *text, struct error *err)
{
	if (count_steps(text) > PATH_STEPS_MAX)
		return error_set(
		    err, "\"%.200s\" has more than %d names", text, PATH_STEPS_MAX);
	for (const char *rest = text; rest != NULL;) {
		struct path_step step = path_next(&rest);
		if (step.len == 0)
			return error_set(err, "\"%.200s\" has an empty name", text);
		if (step.name[0] == '$')
			return error_set(err,
			    "\"%.200s\": names of fields do not start with \"$\"",
			    text);
	}
	return 0;
}

const struct path *path_compile(
    struct arena *arena, const char *text, struct error *err)
{
	if (path_check(text, err) != 0)
		return NULL;
	size_t count = count_steps(text);
	struct path *path =
	    arena_alloc(arena, sizeof(*path) + count * sizeof(path->steps[0]));
	path->text = arena_strdup(arena, text);
	path->count = 0;
	for (const char *rest = path->text; rest != NULL;)
		path->steps[path->count++] = path_next(&rest);
	return path;
}

const struct path *path_empty(void)
{
	static const struct path empty = {.text = "", .count = 0};
	return &empty;
}

json_t *path_fields(const json_t *object)
{
	json_t *same = NULL;
	memcpy(&same, &object, sizeof(json_t *));
	return same;
}

bool path_nesting_over(const json_t *value, size_t limit)
{
	if (!json_is_object(value) && !json_is_array(value))
		return false;
	if (limit == 0)
		return true;
	for (size_t i = 0; i < json_array_size(value); i++)
		if (path_nesting_over(json_array_get(value, i), limit - 1))
			return true;
	const char *name = NULL;
	json_t *inner = NULL, *fields = path_fields(value);
	json_object_foreach(fields, name, inner)
		if (path_nesting_over(inner, limit - 1))
			return true;
	return false;
}

json_t *path_child(const json_t *value, const struct path_step *step)
{
	if (json_is_object(value))
		return json_object_getn(value, step->name, step->len);
	if (json_is_array(value) && step->index != PATH_NO_INDEX)
		return json_array_get(value, step->index);
	return NULL;
}

json_t *path_get(const json_t *doc, const struct path *path, size_t count)
{
	json_t *value = NULL;
	for (size_t i = 0; i < count; i++) {
		value = path_child(doc, &path->steps[i]);
		doc = value;
	}
	return value;
}

int path_head(const struct path *path, size_t count)
{
	if (count == 0)
		return 0;
	const struct path_step *last = &path->steps[count - 1];
	return (int)(last->name + last->len - path->text);
}

static int step_compare(const struct path_step *a, const struct path_step *b)
{
	int order = memcmp(a->name, b->name, a->len < b->len ? a->len : b->len);
	return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

int path_compare(const struct path *a, const struct path *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++) {
		int order = step_compare(&a->steps[i], &b->steps[i]);
		if (order != 0)
			return order;
	}
	return (a->count > b->count) - (a->count < b->count);
}

bool path_covers(const struct path *a, const struct path *b)
{
	if (a->count > b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (step_compare(&a->steps[i], &b->steps[i]) != 0)
			return false;
	return true;
}
