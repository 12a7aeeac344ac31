#include "util/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/mem.h"

#if defined(__SANITIZE_ADDRESS__)
static const size_t block_sizes[2] = {0, 0};
#else
/* Of the first block and of those after it. The first is small: a connection that has sent
 * a byte costs no more. */
static const size_t block_sizes[2] = {4000, 16000};
#endif

struct block {
	struct block *next;
	size_t used, size;
	max_align_t bytes[];
};

struct arena {
	struct block *blocks; /* newest first; only the first has room */
	size_t taken;
};

struct arena *arena_new(void)
{
	return mem_new(1, sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	while (arena->blocks != NULL) {
		struct block *next = arena->blocks->next;
		free(arena->blocks);
		arena->blocks = next;
	}
	free(arena);
}

void arena_clear(struct arena *arena)
{
	struct block *kept = NULL;
	while (arena->blocks != NULL) {
		struct block *block = arena->blocks;
		arena->blocks = block->next;
		if (kept == NULL && block->size == block_sizes[1] && block->size > 0)
			kept = block;
		else
			free(block);
	}
	arena->taken = 0;
	arena->blocks = kept;
	if (kept == NULL)
		return;
	kept->next = NULL;
	kept->used = 0;
	arena->taken = sizeof(struct block) + kept->size;
}

/* A large allocation gets a block of its own. That goes behind the current block, whose
 * room can still be used. */
static void *arena_add_block(struct arena *arena, size_t size)
{
	bool own = size > block_sizes[0] / 2;
	size_t block_size = own ? size : block_sizes[arena->blocks != NULL];
	struct block *block = malloc(sizeof(struct block) + block_size);
	if (block == NULL)
		block = mem_new(1, sizeof(struct block) + block_size);
	block->size = block_size;
	block->used = size;
	if (own && arena->blocks != NULL) {
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		block->next = arena->blocks;
		arena->blocks = block;
	}
	arena->taken += sizeof(struct block) + block_size;
	return block->bytes;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	struct block *block = arena->blocks;
	if (size == 0)
		size = 1;
	if (block_sizes[0] == 0)
		return arena_add_block(arena, size);
	size = (size + align - 1) / align * align;
	if (block == NULL || block->size - block->used < size)
		return arena_add_block(arena, size);
	void *at = (char *)block->bytes + block->used;
	block->used += size;
	return at;
}

void *arena_zalloc(struct arena *arena, size_t size)
{
	return memset(arena_alloc(arena, size), 0, size);
}

char *arena_strndup(struct arena *arena, struct span text)
{
	char *copy = arena_alloc(arena, text.len + 1);
	if (text.len > 0)
		memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, span_of(text));
}

struct span arena_copy(struct arena *arena, struct span bytes)
{
	if (bytes.ptr == NULL)
		return bytes;
	return (struct span){arena_strndup(arena, bytes), bytes.len};
}

struct span arena_join(struct arena *arena, struct span a, struct span b, struct span c)
{
	const struct span parts[] = {a, b, c};
	char *text = arena_alloc(arena, a.len + b.len + c.len + 1);
	char *at = text;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].len > 0)
			memcpy(at, parts[i].ptr, parts[i].len);
		at += parts[i].len;
	}
	*at = '\0';
	return (struct span){text, (size_t)(at - text)};
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	va_list again;
	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	size_t size = len < 0 ? 1 : (size_t)len + 1;
	char *text = arena_alloc(arena, size);
	text[0] = '\0';
	(void)vsnprintf(text, size, format, again);
	va_end(again);
	return text;
}

size_t arena_size(const struct arena *arena)
{
	return arena->taken;
}
