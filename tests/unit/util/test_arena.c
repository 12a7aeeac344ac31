/* arena: memory that is ended in one call. */
#include "test.h"

#include "util/arena.h"

TEST(a_cleared_arena_does_not_grow_by_the_same_again)
{
	struct arena *arena = arena_new();
	size_t most = 0;
	for (int round = 0; round < 100; round++) {
		for (size_t size = 0; size < 300; size++)
			memset(arena_alloc(arena, size), 'x', size);
		memset(arena_alloc(arena, 100000), 'x', 100000);
		if (round == 1)
			most = arena_size(arena);
		if (round > 1)
			assert_int_equal(arena_size(arena), most);
		arena_clear(arena);
		assert_true(arena_size(arena) < 20000);
	}
	arena_free(arena);
}

TEST(an_arena_without_memory_is_cleared)
{
	struct arena *arena = arena_new();
	arena_clear(arena);
	assert_int_equal(arena_size(arena), 0);
	assert_string_equal(arena_strdup(arena, "text"), "text");
	arena_free(arena);
}
