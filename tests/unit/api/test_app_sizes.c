/* app_sizes: programs that were compiled with another version of offhook.h. */
#include "test.h"

#include <string.h>

#include "api/app_sizes.h"

static int on_any(oh_event *event, oh_twiml *reply)
{
	(void)event;
	(void)reply;
	return OH_OK;
}

static int work(oh_job *job)
{
	(void)job;
	return OH_OK;
}

static const oh_route routes[] = {
    {OH_CALL, "/a", .handler = on_any, .methods = "GET"},
    {OH_MESSAGE, "/b", .handler = on_any, .methods = "PUT"},
    {0},
};
static const oh_worker workers[] = {
    {"q", .work = work, .max_tries = 3, .zone = "UTC"}, {0}};
static const oh_collection collections[] = {{"orders", "number"}, {0}};

static const struct oh_sizes present = {
    sizeof(oh_app), sizeof(oh_route), sizeof(oh_worker), sizeof(oh_collection)};

TEST(an_app_of_this_version_is_taken_as_it_is)
{
	static const oh_app app = {.routes = routes, .on_failure = work};
	struct arena *arena = arena_new();
	const oh_app *taken = app_sizes_take(&app, &present, arena);
	assert_ptr_equal(taken->routes, routes);
	assert_true(taken->on_failure == work);
	assert_null(taken->workers);
	arena_free(arena);
}

/* Before methods and zone were there, and what the app has after collections. */
TEST(fields_that_an_older_program_does_not_know_are_zero)
{
	enum { OLD_ROUTE = offsetof(oh_route, methods) };

	enum { OLD_WORKER = offsetof(oh_worker, zone) };

	struct arena *arena = arena_new();
	const struct oh_sizes sizes = {
	    offsetof(oh_app, on_failure), OLD_ROUTE, OLD_WORKER, sizeof(oh_collection)};
	char *old_routes = arena_zalloc(arena, 3 * OLD_ROUTE);
	char *old_workers = arena_zalloc(arena, 2 * OLD_WORKER);
	for (size_t i = 0; i < 2; i++)
		memcpy(old_routes + i * OLD_ROUTE, &routes[i], OLD_ROUTE);
	memcpy(old_workers, &workers[0], OLD_WORKER);
	const oh_app app = {.routes = (const oh_route *)(const void *)old_routes,
	    .workers = (const oh_worker *)(const void *)old_workers,
	    .collections = collections,
	    .on_failure = work};
	const oh_app *taken = app_sizes_take(&app, &sizes, arena);
	assert_true(taken->on_failure == NULL);
	assert_string_equal(taken->routes[1].path, "/b");
	assert_int_equal(taken->routes[0].kind, OH_CALL);
	assert_true(taken->routes[1].handler == on_any);
	assert_null(taken->routes[1].methods);
	assert_null(taken->routes[2].path);
	assert_int_equal(taken->workers[0].max_tries, 3);
	assert_null(taken->workers[0].zone);
	assert_null(taken->workers[1].queue);
	assert_ptr_equal(taken->collections, collections);
	arena_free(arena);
}

TEST(fields_that_a_newer_program_has_are_left_out)
{
	struct new_route {
		oh_route route;
		void *more;
	};

	struct arena *arena = arena_new();
	struct oh_sizes sizes = present;
	const struct new_route rows[] = {
	    {routes[0], arena}, {routes[1], arena}, {{0}, 0}};
	const oh_app app = {.routes = &rows[0].route};
	sizes.route = sizeof(rows[0]);
	const oh_app *taken = app_sizes_take(&app, &sizes, arena);
	assert_string_equal(taken->routes[0].path, "/a");
	assert_string_equal(taken->routes[1].path, "/b");
	assert_string_equal(taken->routes[1].methods, "PUT");
	assert_null(taken->routes[2].path);
	assert_null(taken->workers);
	arena_free(arena);
}
