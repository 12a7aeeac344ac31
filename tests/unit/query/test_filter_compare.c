#include "test.h"

#include <jansson.h>
#include <stdlib.h>

#include "query/filter.h"

#include "query_fixture.h"

/* From the least to the greatest; those of one row are equal. */
static const char *const in_order[][2] = {
    {"null", NULL},
    {"-1e308", NULL},
    {"-9223372036854775808", "-9223372036854775808.0"},
    {"-2.5", NULL},
    {"-2", "-2.0"},
    {"0", "-0.0"},
    {"5e-324", NULL},
    {"1", "1.0"},
    {"9007199254740992", "9007199254740992.0"},
    {"9007199254740993", NULL},
    {"9223372036854775807", NULL},
    {"9223372036854775808.0", NULL},
    {"\"\"", NULL},
    {"\"A\"", NULL},
    {"\"a\"", NULL},
    {"\"a\\u0000\"", NULL},
    {"\"ab\"", NULL},
    {"\"\\u00e9\"", NULL},
    {"{}", NULL},
    {"{\"b\": 1}", NULL},
    {"{\"a\": null}", NULL},
    {"{\"a\": 1, \"c\": 1}", "{\"c\": 1.0, \"a\": 1}"},
    {"{\"a\": 1, \"b\": 2}", NULL},
    {"{\"a\": 2}", NULL},
    {"[]", NULL},
    {"[null]", NULL},
    {"[1]", "[1.0]"},
    {"[1, 1]", NULL},
    {"[2]", NULL},
    {"[[]]", NULL},
    {"false", NULL},
    {"true", NULL},
};

#define ORDERED (sizeof(in_order) / sizeof(in_order[0]))

static int sign(int order)
{
	return (order > 0) - (order < 0);
}

TEST(values_have_one_order)
{
	for (size_t i = 0; i < 2 * ORDERED; i++)
		for (size_t j = 0; j < 2 * ORDERED; j++) {
			const char *a = in_order[i / 2][i % 2],
				   *b = in_order[j / 2][j % 2];
			if (a == NULL || b == NULL)
				continue;
			json_t *x = parse(a), *y = parse(b);
			int want = (i / 2 > j / 2) - (i / 2 < j / 2);
			if (sign(filter_compare(x, y)) != want)
				fail_msg("%s and %s: want %d", a, b, want);
			json_decref(x);
			json_decref(y);
		}
}

TEST(a_missing_value_is_as_null)
{
	json_t *zero = json_integer(0);
	assert_int_equal(filter_compare(NULL, NULL), 0);
	assert_int_equal(filter_compare(NULL, json_null()), 0);
	assert_int_equal(filter_compare(json_null(), NULL), 0);
	assert_true(filter_compare(NULL, zero) < 0);
	assert_true(filter_compare(zero, NULL) > 0);
	json_decref(zero);
}
