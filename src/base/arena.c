/* base/arena.c - blocks of growing size, freed together. */
#include "base/arena.h"
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define EACH_PIECE_ALONE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EACH_PIECE_ALONE 1
#endif
#endif
#ifndef EACH_PIECE_ALONE
#define EACH_PIECE_ALONE 0
#endif

#define FIRST_BLOCK 1024
#define LARGEST_BLOCK ((size_t)256 << 10)

struct block {
	struct block *next;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

struct arena {
	struct block *blocks; /* the newest first; only that one has room */
	size_t next_size;     /* of the next block */
	size_t handed_out;
};

struct arena *arena_new(void)
{
	return arena_new_for(FIRST_BLOCK);
}

struct arena *arena_new_for(size_t bytes)
{
	struct arena *arena = mem_new(struct arena);
	arena->next_size = bytes;
	return arena;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	while (arena->blocks) {
		struct block *block = arena->blocks;
		arena->blocks = block->next;
		free(block);
	}
	free(arena);
}

static struct block *block_add(struct arena *arena, size_t at_least)
{
	size_t size = arena->next_size;
	if (size < at_least || EACH_PIECE_ALONE)
		size = at_least;
	arena->next_size = size < LARGEST_BLOCK / 2 ? size * 2 : LARGEST_BLOCK;
	struct block *block = mem_resize(NULL, sizeof *block + size);
	block->used = 0;
	block->size = size;
	block->next = arena->blocks;
	return arena->blocks = block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t rounded = EACH_PIECE_ALONE
				 ? size
				 : (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct block *block = arena->blocks;
	if (!block || EACH_PIECE_ALONE || block->size - block->used < rounded)
		block = block_add(arena, rounded);
	void *piece = block->bytes + block->used;
	block->used += rounded;
	arena->handed_out += rounded;
	return memset(piece, 0, rounded);
}

char *arena_str(struct arena *arena, struct str view)
{
	char *copy = arena_alloc(arena, view.length + 1);
	if (view.length)
		memcpy(copy, view.at, view.length);
	return copy;
}

char *arena_text(struct arena *arena, const char *text)
{
	return text ? arena_str(arena, str_of(text)) : NULL;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *text = arena_alloc(arena, (size_t)(length < 0 ? 0 : length) + 1);
	if (length > 0)
		vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	return text;
}

size_t arena_bytes(const struct arena *arena)
{
	return arena->handed_out;
}
