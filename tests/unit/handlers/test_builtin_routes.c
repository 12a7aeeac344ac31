/* OH_BUILTIN_ROUTES of the public header and the built-in app's own table are the same. */
#include "test.h"

#include "builtin/builtin.h"
#include "handlers/manifest.h"

#include <string.h>

#include "offhook.h"

/* Stands for the one of the library, which is not linked here. */
int oh_builtin(oh_event *event, oh_twiml *reply)
{
	(void)event;
	(void)reply;
	return OH_OK;
}

/* Its rows leave fields out, as users' do. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
static const oh_route ours[] = {OH_BUILTIN_ROUTES, {0}};

enum { ROUTES_MAX = 50 };

/* As the server sees the routes of an app that has all of them. */
static struct manifest *make_manifest(void)
{
	struct frame_route routes[ROUTES_MAX] = {{0}};
	struct frame_manifest frame = {.routes = routes};
	for (; ours[frame.route_count].path != NULL; frame.route_count++) {
		const oh_route *from = &ours[frame.route_count];
		assert_true(frame.route_count < ROUTES_MAX);
		assert_true(from->handler == oh_builtin);
		routes[frame.route_count] = (struct frame_route){
		    .kind = from->kind, .path = span_of(from->path), .builtin = 1};
	}
	struct buf out = {0};
	struct manifest *manifest = NULL;
	struct error err;
	const struct route like = {0};
	frame_put_manifest(&out, &frame);
	if (manifest_new(&manifest, buf_span(&out), &like, &err) < 0)
		fail_msg("%s", err.text);
	buf_free(&out);
	return manifest;
}

TEST(the_public_table_has_the_built_in_apps_rows)
{
	struct manifest *manifest = make_manifest();
	size_t row = 0;
	for (; builtin_routes[row].path != NULL && row < manifest->count; row++) {
		const struct route *want = &builtin_routes[row];
		const struct route *got = &manifest->routes[row];
		assert_string_equal(got->path, want->path);
		if (got->kind != want->kind || got->handle != want->handle ||
		    got->fall_back != want->fall_back || got->is_unsigned)
			fail_msg("%s differs", want->path);
	}
	assert_null(builtin_routes[row].path);
	assert_int_equal(row, manifest->count);
	manifest_free(manifest);
}
