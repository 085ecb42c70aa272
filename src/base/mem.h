/*
 * base/mem.h - memory with one owner.
 *
 * Out of memory ends the process with one line, by design: a 200 is sent only after the journal is
 * durable, so a crash loses nothing. Hence none of these returns NULL; sizes from outside are
 * checked before they come here.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

void *mem_alloc(size_t size);                           /* zeroed */
void *mem_resize(void *block, size_t size);             /* new bytes are not zeroed */
char *mem_copy_text(const char *text);                  /* NULL stays NULL */
char *mem_copy_bytes(const void *bytes, size_t length); /* with a NUL added */
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define mem_new(type) ((type *)mem_alloc(sizeof(type)))

/* free() for memory that is const to all but its owner. */
static inline void mem_drop(const void *block)
{
	free((void *)(uintptr_t)block);
}

/*
 * Room for one more in a growing array: doubles `*array` (of `*capacity` items) when `count` fills
 * it. mem_grow(&list->items, &list->capacity, list->count);
 */
#define mem_grow(array, capacity, count)                                                           \
	mem_grow_array((void **)(array), sizeof **(array), (capacity), (count))
void mem_grow_array(void **array, size_t item_size, size_t *capacity, size_t count);

/* `OWNED(ruleset) rules = ...;` frees with ruleset_free() when the block ends; TAKE(rules) hands it
 * on and empties it. */
#define OWNED(type) __attribute__((cleanup(type##_free_owned))) struct type *
#define OWNED_DEFINE(type)                                                                         \
	__attribute__((unused)) static inline void type##_free_owned(struct type **owned)          \
	{                                                                                          \
		type##_free(*owned);                                                               \
	}
#define TAKE(pointer)                                                                              \
	__extension__({                                                                            \
		__typeof__(pointer) taken_ = (pointer);                                            \
		(pointer) = NULL;                                                                  \
		taken_;                                                                            \
	})

/* `OWNED_MEMORY char *path = ...;` frees with free(). */
#define OWNED_MEMORY __attribute__((cleanup(mem_free_owned)))
static inline void mem_free_owned(void *owned)
{
	free(*(void **)owned);
}
