#include "test.h"

#include "webhook/route.h"

#include <stdlib.h>

#define ROUTE(its_path, its_methods)                                                   \
	{                                                                              \
		.path = (its_path), .methods = (its_methods)                           \
	}

static const struct route routes[] = {
    ROUTE("/orders/:id", NULL),
    ROUTE("/orders/new", NULL),
    ROUTE("/orders/:id/lines/:line", "GET"),
    ROUTE("/orders/:id/lines/:line", "PUT DELETE"),
    ROUTE("/files/*", "GET"),
    ROUTE("/", NULL),
    {0},
};

TEST(the_right_route_is_found)
{
	static const struct {
		const char *method, *path;
		int want;   /* -1: none */
		bool other; /* the path is there for other methods */
	} rows[] = {
	    {"POST", "/orders/1", 0, false},
	    {"POST", "/orders/new", 1, false},
	    {"GET", "/orders/new", 1, false},
	    {"GET", "/orders/1/lines/2", 2, false},
	    {"PUT", "/orders/1/lines/2", 3, false},
	    {"POST", "/orders/1/lines/2", -1, true},
	    {"GET", "/files/a/b", 4, false},
	    {"GET", "/files/", 4, false},
	    {"GET", "/files", -1, false},
	    {"POST", "/files/a", -1, true},
	    {"GET", "/", 5, false},
	    {"GE", "/", -1, true},
	    {"GET", "/orders", -1, false},
	    {"GET", "/orders/", -1, false},
	    {"GET", "/orders/1/", -1, false},
	    {"GET", "/orders//lines/2", -1, false},
	    {"GET", "/orders/1/lines/2/3", -1, false},
	    {"GET", "//", -1, false},
	    {"GET", "", -1, false},
	    {"GET", "*", -1, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct route *other;
		const struct route *want =
		    rows[i].want < 0 ? NULL : &routes[rows[i].want];
		const struct route *got = route_find(
		    routes, span_of(rows[i].path), span_of(rows[i].method), &other);
		if (got != want || (got == NULL && (other != NULL) != rows[i].other))
			fail_msg("%s %s: wants %s", rows[i].method, rows[i].path,
			    want != NULL ? want->path : "none");
	}
}

TEST(parameters_are_decoded)
{
	struct arena *arena = arena_new();
	uint32_t count;
	const struct pair *params = route_params(
	    &routes[2], SPAN("/orders/a%2Fb%zz/lines/%C3%a9"), arena, &count);
	assert_int_equal(count, 2);
	assert_true(span_is(params[0].name, "id"));
	assert_true(span_is(params[0].value, "a/b%zz"));
	assert_true(span_is(params[1].name, "line"));
	assert_true(span_is(params[1].value, "\xc3\xa9"));
	params = route_params(&routes[4], SPAN("/files/a/b%"), arena, &count);
	assert_int_equal(count, 1);
	assert_true(span_is(params[0].name, "*"));
	assert_true(span_is(params[0].value, "a/b%"));
	(void)route_params(&routes[1], SPAN("/orders/new"), arena, &count);
	assert_int_equal(count, 0);
	arena_free(arena);
}

TEST(wrong_patterns_are_refused)
{
	static const struct {
		const char *path, *why; /* NULL: fine */
	} rows[] = {
	    {"/", NULL},
	    {"/a/", NULL},
	    {"/a/:b/*", NULL},
	    {"/a:b", NULL},
	    {"", "must begin with /"},
	    {"a", "must begin with /"},
	    {"/a b", "no blanks"},
	    {"/a?b", "no query"},
	    {"/\xc3\xa9", "beyond ASCII"},
	    {"/:", "needs a name"},
	    {"/*/a", "rest of the path"},
	    {"/*a", "rest of the path"},
	    {"/:a/:a/:a/:a/:a/:a/:a/:a/:a/:a/:a/:a/:a/:a/:a/:a/:a", "parameters"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = {0};
		int rc = route_check(span_of(rows[i].path), &err);
		if (rc != (rows[i].why == NULL ? 0 : -1) ||
		    (rc < 0 && strstr(err.text, rows[i].why) == NULL))
			fail_msg("\"%s\": %d %s", rows[i].path, rc, err.text);
	}
}
