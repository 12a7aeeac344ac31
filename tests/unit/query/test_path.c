#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "query/path.h"
#include "util/buf.h"

static const struct path *compiled(struct arena *arena, const char *text)
{
	struct error err = {0};
	const struct path *path = path_compile(arena, text, &err);
	if (path == NULL)
		fail_msg("%s: %s", text, err.text);
	return path;
}

TEST(a_path_is_names_between_dots)
{
	struct arena *arena = arena_new();
	const struct path *path = compiled(arena, "media.0.url.007.12345678");
	static const size_t indexes[] = {
	    PATH_NO_INDEX, 0, PATH_NO_INDEX, PATH_NO_INDEX, PATH_NO_INDEX};
	assert_int_equal(path->count, 5);
	for (size_t i = 0; i < path->count; i++)
		assert_true(path->steps[i].index == indexes[i]);
	assert_int_equal(path_head(path, 0), 0);
	assert_int_equal(path_head(path, 2), strlen("media.0"));
	assert_int_equal(path_head(path, 5), strlen(path->text));
	assert_int_equal(path_empty()->count, 0);
	arena_free(arena);
}

TEST(a_path_has_at_most_32_names)
{
	struct buf text = {0};
	struct error err = {0};
	buf_putc(&text, 'a');
	for (int count = 1; count <= PATH_STEPS_MAX; count++) {
		assert_int_equal(path_check(buf_text(&text), &err), 0);
		buf_puts(&text, ".a");
	}
	assert_int_equal(path_check(buf_text(&text), &err), -1);
	assert_non_null(strstr(err.text, "more than 32 names"));
	buf_free(&text);
}

TEST(a_parent_covers_and_precedes_its_children)
{
	static const struct {
		const char *a, *b;
		bool covers;
		int order;
	} rows[] = {
	    {"a", "a", true, 0},
	    {"a", "a.b", true, -1},
	    {"a.b", "a", false, 1},
	    {"a", "ab", false, -1},
	    {"a.b", "a-.b", false, -1},
	    {"a.b", "a.c", false, -1},
	    {"b", "a.c", false, 1},
	};

	struct arena *arena = arena_new();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct path *a = compiled(arena, rows[i].a);
		const struct path *b = compiled(arena, rows[i].b);
		int order = path_compare(a, b);
		if (path_covers(a, b) != rows[i].covers ||
		    (order > 0) - (order < 0) != rows[i].order)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
	}
	arena_free(arena);
}

TEST(nesting_counts_objects_and_lists)
{
	json_t *value = json_pack("{s:[{s:i}], s:i}", "a", "b", 1, "c", 2);
	assert_true(path_nesting_over(value, 2));
	assert_false(path_nesting_over(value, 3));
	assert_false(path_nesting_over(json_true(), 0));
	assert_false(path_nesting_over(NULL, 0));
	json_decref(value);
}
