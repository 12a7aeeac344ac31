/* update -- how documents change: MongoDB's update operators over JSON.
 * https://www.mongodb.com/docs/manual/reference/operator/update/
 *
 * $set $unset $inc $push (with $each) $pull (a value or a filter) $addToSet (with
 * $each) $rename, and $setOnInsert; dotted paths make the objects on their way. On a
 * list a number is an element's index: $set fills with nulls up to it (at most 1,000
 * at once), $unset leaves a null; $rename does not reach into lists.
 *
 * Unlike MongoDB, null counts as missing: $inc starts from 0, $push from an empty list,
 * and a path makes an object in its place. */
#ifndef OFFHOOK_QUERY_UPDATE_H
#define OFFHOOK_QUERY_UPDATE_H

#include <jansson.h>
#include <stdbool.h>

#include "query/budget.h"
#include "util/error.h"

/* How deep objects and lists may be nested: in an update, and in a document in which
 * $rename moves a value down (without a limit it could do so for ever). */
#define UPDATE_NESTING_MAX        64
#define UPDATE_RENAME_NESTING_MAX 100

struct update;

/* Compiles; spec is not kept. Errors name what is wrong: an unknown operator, two
 * operators on one path or on a path and its parent, "_id", a value of the wrong type.
 * A spec without operators is an error that says to use $set. At most 1,000 changes. */
int update_compile(struct update **out, const json_t *spec, struct error *err);
void update_free(struct update *update); /* NULL is fine */
/* Changes doc, all of it or (with -1 and err: $inc on a string, a $pull whose regular
 * expressions have spent the budget …) nothing. inserting: $setOnInsert counts. 1 when
 * something changed, 0 when nothing did. Several threads may use one update, each on its
 * own doc, which shares nothing with it afterwards. */
int update_apply(const struct update *update, json_t *doc, bool inserting,
    struct budget *budget, struct error *err);

#endif
