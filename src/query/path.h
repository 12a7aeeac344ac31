/* path -- "media.0.url": where in a document. Names between dots; on an array a step
 * is a number, the element's index, and nothing else (on an object it is a name). */
#ifndef OFFHOOK_QUERY_PATH_H
#define OFFHOOK_QUERY_PATH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/arena.h"
#include "util/error.h"

#define PATH_STEPS_MAX 32
#define PATH_NO_INDEX  ((size_t)-1)

struct path_step {
	const char *name; /* within the path's text: not NUL-terminated */
	size_t len;
	size_t index; /* the name as a number, or PATH_NO_INDEX */
};

struct path {
	const char *text;
	size_t count; /* 0: the value itself (an element of an array, for $pull) */
	struct path_step steps[];
};

/* Reads one step off *rest, which becomes NULL after the last. */
struct path_step path_next(const char **rest);
/* 0 when text is a path: 1 to 32 names, none empty, none starting with "$". */
int path_check(const char *text, struct error *err);
/* Checks and compiles into the arena, which keeps a copy of the text. NULL with err. */
const struct path *path_compile(
    struct arena *arena, const char *text, struct error *err);
/* The path of no steps. */
const struct path *path_empty(void);

/* The same object, for json_object_foreach: jansson's iterators take an object that
 * they only read without const. */
json_t *path_fields(const json_t *object);
/* Whether objects and arrays are nested more than `limit` deep. */
bool path_nesting_over(const json_t *value, size_t limit);
/* The value one step below, borrowed; NULL when there is none. */
json_t *path_child(const json_t *value, const struct path_step *step);
/* The value `count` steps along the path. */
json_t *path_get(const json_t *doc, const struct path *path, size_t count);
/* How many bytes of the path's text the first `count` steps are, for messages. */
int path_head(const struct path *path, size_t count);
/* Whether a is b or one of its parents. */
bool path_covers(const struct path *a, const struct path *b);
/* For qsort: an order in which a parent comes right before its children. */
int path_compare(const struct path *a, const struct path *b);

#endif
