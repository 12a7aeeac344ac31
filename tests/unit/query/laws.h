/* laws -- what holds for every document, filter and update. Each function returns NULL,
 * or the law that was broken. Used on random values by the property tests and on
 * hostile ones by the fuzz targets. */
#ifndef OFFHOOK_TESTS_LAWS_H
#define OFFHOOK_TESTS_LAWS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "query/filter.h"
#include "query/update.h"

/* 1, 0, or -1 when the filter does not compile or takes too long. Takes over spec. */
static inline int law_match(json_t *spec, const json_t *doc)
{
	struct filter *filter = NULL;
	struct error err;
	int rc = filter_compile(&filter, spec, &err);
	json_decref(spec);
	if (rc != 0)
		return -1;
	struct budget budget = budget_of(50);
	int matched = filter_match(filter, doc, &budget, NULL);
	filter_free(filter);
	return matched;
}

/* Whether got is what it ought to be; a filter made larger may exceed the limits. */
static inline bool law_holds(int got, bool want)
{
	return got == -1 || got == (want ? 1 : 0);
}

/* {op: [a, b]} */
static inline json_t *law_both(const char *op, json_t *a, json_t *b)
{
	return json_pack("{s:[O,O]}", op, a, b);
}

static inline const char *law_of_logic(json_t *doc, json_t *f, json_t *g)
{
	int x = law_match(json_incref(f), doc), y = law_match(json_incref(g), doc);
	if (x < 0 || y < 0)
		return NULL;
	if (!law_holds(law_match(json_pack("{s:[O]}", "$nor", f), doc), x == 0))
		return "$nor of one filter is its negation";
	if (!law_holds(law_match(law_both("$and", f, g), doc), x == 1 && y == 1))
		return "$and is and";
	if (!law_holds(law_match(law_both("$or", f, g), doc), x == 1 || y == 1))
		return "$or is or";
	if (law_match(law_both("$or", f, g), doc) !=
	    law_match(law_both("$or", g, f), doc))
		return "$or is the same in either order";
	if (!law_holds(law_match(law_both("$nor", f, g), doc), x == 0 && y == 0))
		return "$nor is neither";
	return NULL;
}

/* {path: {"$not": operators}} */
static inline const char *law_of_not(json_t *doc, const char *path, json_t *operators)
{
	int x = law_match(json_pack("{s:O}", path, operators), doc);
	if (x < 0 || json_object_size(operators) == 0)
		return NULL;
	const char *first = json_object_iter_key(json_object_iter(operators));
	json_t *negated = json_pack("{s:{s:O}}", path, "$not", operators);
	if (first[0] != '$') {
		json_decref(negated);
		return NULL;
	}
	return law_holds(law_match(negated, doc), x == 0) ? NULL
							  : "$not is the negation";
}

/* {path: {"$in": list}} */
static inline const char *law_of_in(json_t *doc, const char *path, json_t *list)
{
	bool any = false;
	int x = law_match(json_pack("{s:{s:O}}", path, "$in", list), doc);
	int y = law_match(json_pack("{s:{s:O}}", path, "$nin", list), doc);
	if (x < 0 || json_array_size(list) > 100)
		return NULL;
	for (size_t i = 0; i < json_array_size(list) && !any; i++)
		any = law_match(
			  json_pack("{s:{s:O}}", path, "$eq", json_array_get(list, i)),
			  doc) == 1;
	if (x != (any ? 1 : 0))
		return "$in equals $or of equals";
	return y == (any ? 0 : 1) ? NULL : "$nin is not $in";
}

/* Does the document's value at path, taken by filter_path, satisfy the filter? */
static inline const char *law_of_equality(json_t *doc, const char *path, json_t *value)
{
	int equal = law_match(json_pack("{s:{s:O}}", path, "$eq", value), doc);
	int unequal = law_match(json_pack("{s:{s:O}}", path, "$ne", value), doc);
	const json_t *found = filter_path(doc, path);
	if (equal < 0)
		return NULL;
	if (unequal == equal)
		return "$ne is not $eq";
	if (found != NULL && filter_compare(found, value) == 0 && equal != 1)
		return "the value at the path is equal, but $eq does not match";
	return NULL;
}

static inline const char *law_of_fields(json_t *doc, json_t *spec)
{
	const char *path = NULL, *broken = NULL;
	json_t *value = NULL;
	json_object_foreach(spec, path, value) {
		if (path[0] == '$')
			continue;
		json_t *list = json_object_get(value, "$in");
		if (json_is_array(list) &&
		    (broken = law_of_in(doc, path, list)) != NULL)
			return broken;
		if ((broken = law_of_not(doc, path, value)) != NULL ||
		    (broken = law_of_equality(doc, path, value)) != NULL)
			return broken;
	}
	return NULL;
}

/* Of every name in a filter, at any depth, that it demands a value of. */
static inline const char *law_of_demand(
    const struct filter *filter, const json_t *spec, const json_t *doc)
{
	const char *path, *broken = NULL;
	size_t i;
	json_t *below;
	json_array_foreach(spec, i, below)
		broken = broken != NULL ? broken : law_of_demand(filter, below, doc);
	json_object_foreach((json_t *)(uintptr_t)spec, path, below) {
		const json_t *value = filter_equals(filter, path);
		if (broken == NULL)
			broken = law_of_demand(filter, below, doc);
		if (broken == NULL && value != NULL &&
		    law_match(json_pack("{s:o}", path, json_deep_copy(value)), doc) !=
			1)
			broken = "what filter_equals reports is demanded";
	}
	return broken;
}

static inline const char *law_of_demands(json_t *doc, json_t *spec)
{
	struct filter *filter = NULL;
	struct budget budget = budget_of(50);
	if (filter_compile(&filter, spec, NULL) != 0)
		return NULL;
	const char *broken = filter_match(filter, doc, &budget, NULL) == 1
				 ? law_of_demand(filter, spec, doc)
				 : NULL;
	filter_free(filter);
	return broken;
}

static inline int law_sign(int order)
{
	return (order > 0) - (order < 0);
}

static inline const char *law_of_order(json_t *a, json_t *b, json_t *c)
{
	int ab = law_sign(filter_compare(a, b)), bc = law_sign(filter_compare(b, c));
	int ac = law_sign(filter_compare(a, c));
	json_t *copy = json_deep_copy(a);
	int same = filter_compare(a, copy);
	json_decref(copy);
	if (same != 0)
		return "a value equals its copy";
	if (ab != -law_sign(filter_compare(b, a)))
		return "the order is antisymmetric";
	if ((ab <= 0 && bc <= 0 && (ac > 0 || (ac == 0 && (ab < 0 || bc < 0)))) ||
	    (ab >= 0 && bc >= 0 && (ac < 0 || (ac == 0 && (ab > 0 || bc > 0)))))
		return "the order is transitive";
	if (json_equal(a, b) && ab != 0)
		return "equal values have the same place in the order";
	return NULL;
}

/* A regular expression that comes near its limit of time may once match and once not:
 * what is slow is left out. */
static inline bool law_slow(clock_t begin)
{
	return clock() - begin > CLOCKS_PER_SEC / 200;
}

static inline const char *law_of_filters(json_t *doc, json_t *f, json_t *g)
{
	const char *broken = NULL;
	clock_t begin = clock();
	(void)law_match(json_incref(f), doc);
	(void)law_match(json_incref(g), doc);
	if (law_slow(begin))
		return NULL;
	if ((broken = law_of_order(doc, f, g)) != NULL || !json_is_object(doc))
		return broken;
	if ((broken = law_of_logic(doc, f, g)) != NULL ||
	    (broken = law_of_fields(doc, f)) != NULL)
		return broken;
	return law_of_demands(doc, f);
}

/* After $set the values are there. */
static inline const char *law_of_set(json_t *doc, json_t *spec)
{
	const char *path = NULL;
	json_t *value = NULL;
	json_object_foreach(json_object_get(spec, "$set"), path, value) {
		const json_t *found = filter_path(doc, path);
		if (found == NULL || !json_equal(found, value))
			return "what was $set is there";
		if (law_match(json_pack("{s:{s:O}}", path, "$eq", value), doc) == 0)
			return "what was $set is found";
	}
	return NULL;
}

static inline int law_update(const struct update *update, json_t *doc)
{
	struct budget budget = budget_of(50);
	return update_apply(update, doc, false, &budget, NULL);
}

/* Each change by itself, the last one first, leads to the same document. */
static inline const char *law_of_splitting(
    const json_t *before, json_t *spec, const json_t *after)
{
	json_t *doc = json_deep_copy(before), *one = json_array();
	const char *op = NULL, *path = NULL;
	json_t *changes = NULL, *value = NULL;
	json_object_foreach(spec, op, changes)
		json_object_foreach(changes, path, value)
			(void)json_array_insert_new(
			    one, 0, json_pack("{s:{s:O}}", op, path, value));
	for (size_t i = 0; i < json_array_size(one); i++) {
		struct update *update = NULL;
		if (update_compile(&update, json_array_get(one, i), NULL) == 0)
			(void)law_update(update, doc);
		update_free(update);
	}
	bool same = json_equal(doc, after);
	json_decref(one);
	json_decref(doc);
	return same ? NULL : "changes of one update do not depend on each other";
}

/* $inc and $push add every time, the others do nothing the second time. */
static inline bool law_repeats(json_t *spec)
{
	return json_object_get(spec, "$inc") == NULL &&
	       json_object_get(spec, "$push") == NULL;
}

static inline const char *law_of_updates(json_t *original, json_t *spec)
{
	struct update *update = NULL;
	const char *broken = NULL;
	if (!json_is_object(original) || update_compile(&update, spec, NULL) != 0)
		return NULL;
	json_t *doc = json_deep_copy(original);
	clock_t begin = clock();
	int rc = law_update(update, doc);
	bool slow = law_slow(begin);
	if (json_equal(doc, original) != (rc != 1))
		broken = "the document changed exactly when update_apply says so";
	else if (!slow && rc >= 0 && (broken = law_of_set(doc, spec)) == NULL)
		broken = law_of_splitting(original, spec, doc);
	if (broken == NULL && !slow && rc >= 0 && law_repeats(spec) &&
	    law_update(update, doc) != 0)
		broken = "setting and removing twice is as once";
	update_free(update);
	json_decref(doc);
	return broken;
}

#endif
