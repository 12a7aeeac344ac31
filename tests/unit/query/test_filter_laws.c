/* Random documents, filters and updates of a small alphabet, so that they often meet. */
#include "test.h"

#include <jansson.h>
#include <stdlib.h>

#include "laws.h"

#define ROUNDS 20000

static uint64_t random_state = 88172645463325252u;

static size_t below(size_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (size_t)(random_state >> 11) % limit;
}

#define PICK(list) (list)[below(sizeof(list) / sizeof((list)[0]))]

static json_t *scalar(void)
{
	static const char *const texts[] = {"", "a", "ab", "b", "\xc3\xa9"};
	static const json_int_t integers[] = {
	    0, 1, 2, -1, INT64_MAX, INT64_MIN, 9007199254740993, 9007199254740992};
	static const double reals[] = {
	    0.0, -0.0, 1.0, 1.5, -1.0, 9007199254740992.0, 0x1p63, -0x1p63, 1e300};
	switch (below(5)) {
	case 0:
		return json_string(PICK(texts));
	case 1:
		return json_integer(PICK(integers));
	case 2:
		return json_real(PICK(reals));
	case 3:
		return json_boolean(below(2));
	default:
		return json_null();
	}
}

static const char *const names[] = {"a", "b", "c", "0", "1"};

static json_t *value_of(size_t depth)
{
	size_t kind = depth == 0 ? 0 : below(4);
	if (kind < 2)
		return scalar();
	json_t *value = kind == 2 ? json_object() : json_array();
	for (size_t i = below(4); i > 0; i--) {
		if (kind == 2)
			(void)json_object_set_new(
			    value, PICK(names), value_of(depth - 1));
		else
			(void)json_array_append_new(value, value_of(depth - 1));
	}
	return value;
}

static json_t *object_of(size_t depth)
{
	json_t *object = json_object();
	for (size_t i = below(4) + 1; i > 0; i--)
		(void)json_object_set_new(object, PICK(names), value_of(depth));
	return object;
}

static const char *any_path(void)
{
	static const char *const paths[] = {"a", "b", "c", "a.b", "a.0", "a.b.c",
	    "b.0.a", "b.1", "c.a", "a.1.b", "0", "c.0.0", "c.5"};
	return PICK(paths);
}

static json_t *operators(size_t depth)
{
	static const char *const ordered[] = {"$gt", "$gte", "$lt", "$lte"};
	static const char *const patterns[] = {"a", "^b", "", "^.$"};
	switch (below(depth == 0 ? 6 : 7)) {
	case 0:
		return json_pack("{s:o}", "$eq", value_of(2));
	case 1:
		return json_pack("{s:o}", "$ne", value_of(2));
	case 2:
		return json_pack(
		    "{s:o, s:o}", PICK(ordered), scalar(), "$ne", scalar());
	case 3:
		return json_pack("{s:[o,o,o]}", below(2) ? "$in" : "$nin", value_of(2),
		    scalar(), scalar());
	case 4:
		return json_pack("{s:b}", "$exists", (int)below(2));
	case 5:
		return json_pack("{s:s}", "$regex", PICK(patterns));
	default:
		return json_pack("{s:o}", "$not", operators(depth - 1));
	}
}

static json_t *filter_of(size_t depth)
{
	static const char *const logic[] = {"$and", "$or", "$nor"};
	if (depth > 0 && below(3) == 0)
		return json_pack("{s:[o,o]}", PICK(logic), filter_of(depth - 1),
		    filter_of(depth - 1));
	json_t *filter = json_object();
	for (size_t i = below(2) + 1; i > 0; i--)
		(void)json_object_set_new(
		    filter, any_path(), below(3) == 0 ? value_of(2) : operators(2));
	return filter;
}

static json_t *change_of(const char *op)
{
	static const json_int_t amounts[] = {0, 1, -1, INT64_MAX};
	if (strcmp(op, "$inc") == 0)
		return below(3) == 0 ? json_real(1.5) : json_integer(PICK(amounts));
	if (strcmp(op, "$rename") == 0)
		return json_string(any_path());
	if (strcmp(op, "$pull") == 0 && below(2) == 0)
		return below(2) ? operators(1) : filter_of(1);
	if ((strcmp(op, "$push") == 0 || strcmp(op, "$addToSet") == 0) && below(2) == 0)
		return json_pack("{s:[o,o]}", "$each", value_of(1), scalar());
	return value_of(2);
}

static json_t *update_of(void)
{
	static const char *const ops[] = {"$set", "$set", "$unset", "$inc", "$push",
	    "$addToSet", "$pull", "$rename", "$setOnInsert"};
	json_t *spec = json_object();
	for (size_t i = below(4) + 1; i > 0; i--) {
		const char *op = PICK(ops);
		if (json_object_get(spec, op) == NULL)
			(void)json_object_set_new(spec, op, json_object());
		(void)json_object_set_new(
		    json_object_get(spec, op), any_path(), change_of(op));
	}
	return spec;
}

static void expect_law(const char *broken, json_t *doc, json_t *a, json_t *b)
{
	if (broken == NULL)
		return;
	char *text = json_dumps(json_pack("[O,O,O*]", doc, a, b), JSON_ENCODE_ANY);
	fail_msg("broken: %s: %s", broken, text);
}

TEST(filters_obey_logic)
{
	size_t matched = 0;
	for (size_t i = 0; i < ROUNDS; i++) {
		json_t *doc = object_of(3), *f = filter_of(2), *g = filter_of(2);
		expect_law(law_of_filters(doc, f, g), doc, f, g);
		matched += law_match(json_incref(f), doc) == 1;
		json_decref(doc);
		json_decref(f);
		json_decref(g);
	}
	/* Else the laws were tried on nothing. */
	assert_in_range(matched, ROUNDS / 5, ROUNDS / 5 * 4);
}

TEST(values_are_totally_ordered)
{
	for (size_t i = 0; i < ROUNDS; i++) {
		json_t *a = value_of(3), *b = value_of(3), *c = value_of(3);
		expect_law(law_of_order(a, b, c), a, b, c);
		json_decref(a);
		json_decref(b);
		json_decref(c);
	}
}

TEST(updates_are_all_or_nothing)
{
	size_t outcomes[3] = {0};
	for (size_t i = 0; i < ROUNDS; i++) {
		json_t *doc = object_of(3), *spec = update_of(),
		       *copy = json_deep_copy(doc);
		struct update *update = NULL;
		expect_law(law_of_updates(doc, spec), doc, spec, NULL);
		if (update_compile(&update, spec, NULL) == 0)
			outcomes[1 + law_update(update, copy)]++;
		update_free(update);
		json_decref(doc);
		json_decref(spec);
		json_decref(copy);
	}
	for (size_t i = 0; i < 3; i++)
		assert_in_range(outcomes[i], ROUNDS / 20, ROUNDS);
}
