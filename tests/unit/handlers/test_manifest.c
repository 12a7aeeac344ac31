/* What a program says of itself becomes the routes that the server serves. */
#include "test.h"

#include "handlers/manifest.h"
#include "offhook.h"
#include "util/buf.h"

enum { ROWS_MAX = 12, MISSING = -1 };

/* Only its address counts. */
int oh_builtin(oh_event *event, oh_twiml *reply)
{
	(void)event;
	(void)reply;
	return OH_FAILED;
}

static void own(struct webhook *webhook)
{
	(void)webhook;
}

static const struct route like = {.handle = own, .ordered = true};

/* A table as in a program; a route of the app's own needs no handler here. */
static int manifest_of(struct manifest **out, const oh_route *table, struct error *err)
{
	struct frame_route routes[ROWS_MAX];
	struct frame_manifest manifest = {.version = FRAME_VERSION, .routes = routes};
	struct buf frame = {0};
	for (; table->path != NULL; table++)
		routes[manifest.route_count++] = (struct frame_route){
		    .kind = table->kind,
		    .path = span_of(table->path),
		    .methods = span_of(table->methods),
		    .fallback = span_of(table->fallback),
		    .builtin = table->handler == oh_builtin,
		};
	frame_put_ready(&frame, &manifest);
	int rc = manifest_new(out, buf_span(&frame), &like, err);
	buf_free(&frame);
	return rc;
}

/* Which row of the table answers, or MISSING. */
static int answers(
    const struct manifest *manifest, const char *path, const char *method)
{
	const struct route *other;
	const struct route *route =
	    route_find(manifest->routes, span_of(path), span_of(method), &other);
	return route == NULL ? MISSING : (int)route->index;
}

/* faults 2.5: each path of the built-in app, before and after its routes in the table */
TEST(a_route_of_ones_own_replaces_the_built_in_one)
{
	static const oh_route built_in[] = {OH_BUILTIN_ROUTES, {0}};
	for (size_t i = 0; built_in[i].path != NULL; i++) {
		const oh_route mine = {OH_SIGNED, built_in[i].path, .handler = NULL};
		const oh_route first[] = {mine, OH_BUILTIN_ROUTES, {0}};
		const oh_route last[] = {OH_BUILTIN_ROUTES, mine, {0}};
		const oh_route *const tables[] = {first, last};
		for (size_t k = 0; k < 2; k++) {
			struct manifest *manifest;
			struct error err;
			if (manifest_of(&manifest, tables[k], &err) < 0)
				fail_msg("%s: %s", mine.path, err.text);
			int want = k == 0 ? 0 : (int)manifest->frame.route_count - 1;
			assert_int_equal(answers(manifest, mine.path, "POST"), want);
			assert_int_equal(answers(manifest, mine.path, "GET"), want);
			/* And the built-in one is in no list any more. */
			assert_int_equal(
			    manifest->count, manifest->frame.route_count - 1);
			size_t owns = 0;
			for (uint32_t r = 0; r < manifest->count; r++) {
				assert_non_null(manifest->routes[r].path);
				owns += manifest->routes[r].replaces_builtin;
			}
			assert_int_equal(owns, 1);
			assert_null(manifest->routes[manifest->count].path);
			manifest_free(manifest);
		}
	}
}

/* faults 2.5: of another method, and by a pattern */
TEST(a_built_in_route_keeps_what_nobody_else_takes)
{
	static const oh_route table[] = {
	    {OH_MESSAGE, "/twilio/sms", .handler = oh_builtin,
		.fallback = "<Response/>"},
	    {OH_CALL, "/twilio/voice", .handler = oh_builtin},
	    {OH_MESSAGE, "/twilio/sms", .methods = "POST"},
	    {OH_SIGNED, "/twilio/voice", .methods = "PUT"},
	    {OH_SIGNED, "/twilio/*", .handler = NULL},
	    {0},
	};

	static const struct {
		const char *path, *method;
		int want;
	} rows[] = {
	    {"/twilio/sms", "POST", 2},
	    {"/twilio/sms", "GET", 0},
	    {"/twilio/voice", "POST", 1},
	    {"/twilio/voice", "GET", 1},
	    {"/twilio/voice", "PUT", 3},
	    {"/twilio/status", "POST", 4},
	};
	struct manifest *manifest;
	struct error err;
	assert_int_equal(manifest_of(&manifest, table, &err), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (answers(manifest, rows[i].path, rows[i].method) != rows[i].want)
			fail_msg("%s %s: row %d answers", rows[i].method, rows[i].path,
			    answers(manifest, rows[i].path, rows[i].method));
	assert_string_equal(manifest->routes[0].allow, "Allow: GET");
	assert_true(manifest->routes[2].replaces_builtin);
	assert_false(manifest->routes[3].replaces_builtin);
	manifest_free(manifest);
}

/* faults 2.5 */
TEST(two_routes_of_one_path_and_owner_are_refused)
{
	static const oh_route own_twice[] = {
	    {OH_MESSAGE, "/twilio/sms", .handler = NULL}, OH_BUILTIN_ROUTES,
	    {OH_CALL, "/twilio/sms", .handler = NULL}, {0}};
	static const oh_route built_in_twice[] = {
	    OH_BUILTIN_(OH_CALL, "/voice"), OH_BUILTIN_(OH_CALL, "/voice"), {0}};

	static const struct {
		const oh_route *table;
		const char *want;
	} rows[] = {
	    {own_twice,
		"two routes are for \"/twilio/sms\": the second would never run"},
	    {built_in_twice,
		"two routes are for \"/voice\": the second would never run"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct manifest *manifest = NULL;
		struct error err;
		assert_int_equal(manifest_of(&manifest, rows[i].table, &err), -1);
		assert_string_equal(err.text, rows[i].want);
	}
}
