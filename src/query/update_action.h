/* update_action -- a compiled update, as update_compile makes it and update_apply
 * carries it out. */
#ifndef OFFHOOK_QUERY_UPDATE_ACTION_H
#define OFFHOOK_QUERY_UPDATE_ACTION_H

#include <jansson.h>
#include <stddef.h>

#include "query/filter.h"
#include "query/path.h"
#include "util/arena.h"

enum update_op {
	UPDATE_SET,
	UPDATE_SET_ON_INSERT,
	UPDATE_UNSET,
	UPDATE_INC,
	UPDATE_PUSH,
	UPDATE_ADD_TO_SET,
	UPDATE_PULL,
	UPDATE_RENAME
};

/* One operator on one path. No two actions of an update change the same value, or a value
 * and one that contains it. */
struct update_action {
	enum update_op op;
	const char *name; /* the operator's */
	const struct path *path;
	const json_t *value;       /* what to set, add, push or pull */
	const json_t *list;        /* $push, $addToSet: the values of $each, or NULL */
	struct filter *condition;  /* $pull: instead of value, or NULL */
	const struct path *target; /* $rename */
};

struct update {
	struct arena *arena; /* paths */
	json_t *spec;        /* our copy: the actions' values are in it */
	struct update_action *actions;
	size_t count;
};

#endif
