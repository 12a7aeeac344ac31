/* filter -- which documents: MongoDB's query language over JSON.
 * https://www.mongodb.com/docs/manual/reference/operator/query/
 *
 * $eq $ne $gt $gte $lt $lte $in $nin $exists $regex (with $options) $not, $and $or
 * $nor, dotted paths; a value means $eq. Comparison is within a type: numbers with
 * numbers (exactly, whole or not), strings by bytes, false < true. null equals a
 * missing field.
 *
 * Lists, as in MongoDB: a condition matches a list when it matches the list itself or
 * one of its elements; a path goes through a list of objects and matches when one of
 * them does. $ne, $nin and $not are the negation of that: no element does.
 *
 * Unlike MongoDB: objects are equal whatever the order of their fields; a number in a
 * path is an element's index on a list, and only that; $gt and its like compare
 * numbers, strings and booleans only; $in takes no regular expressions, whose syntax
 * is PCRE2's with the options "imsx"; a "$name" deep in a plain value is refused rather
 * than compared (with $eq it is compared). */
#ifndef OFFHOOK_QUERY_FILTER_H
#define OFFHOOK_QUERY_FILTER_H

#include <jansson.h>
#include <stdbool.h>

#include "query/budget.h"
#include "util/error.h"

#define FILTER_NESTING_MAX 32 /* objects and lists within each other */

struct filter;

/* Compiles; spec is not kept. Anything not understood is an error that names it
 * ("$foo is not an operator; did you mean …", "at \"a.b\""): never silently ignored.
 * Limits: FILTER_NESTING_MAX, 1,000 conditions, of which 100 may be $regex, 10,000 values
 * in a $in, 32 names in a path. */
int filter_compile(struct filter **out, const json_t *spec, struct error *err);
/* A condition on one element of an array, as $pull takes it: operators for the element
 * itself ({"$gt": 3}), or a filter on the fields of elements that are objects.
 * filter_match then takes the element. */
int filter_compile_element(
    struct filter **out, const json_t *condition, struct error *err);
void filter_free(struct filter *filter); /* NULL is fine */
/* 1 or 0; -1 with err when its regular expressions have spent the budget. Any thread. 0 for
 * anything but an object. */
int filter_match(const struct filter *filter, const json_t *doc, struct budget *budget,
    struct error *err);
/* Whether it has regular expressions: what they cost is worth sparing. */
bool filter_has_patterns(const struct filter *filter);
/* The scalar that path must equal for a document to match, or NULL when the filter
 * does not demand one: for keys and indexes. Never null, since a missing field equals
 * that. A document may also hold it within a list (see above), and 1 as 1.0. Borrowed
 * from the filter. */
const json_t *filter_equals(const struct filter *filter, const char *path);

/* The order of two values for sorting: null and missing < numbers < strings <
 * objects < arrays < booleans (MongoDB's). A total order; 0 is what $eq calls equal.
 * Arrays by their elements from the first; objects by the least name that differs. */
int filter_compare(const json_t *a, const json_t *b);
/* The value at a dotted path, borrowed; NULL when there is none. Array elements by
 * number only. */
json_t *filter_path(const json_t *doc, const char *path);
/* Checks a sort ({"a": 1, "b.c": -1}), and compares two documents by a checked one. A
 * list sorts as a whole. */
int filter_sort_check(const json_t *sort, struct error *err);
int filter_sort_compare(const json_t *sort, const json_t *a, const json_t *b);

#endif
