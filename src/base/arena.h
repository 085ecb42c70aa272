/*
 * base/arena.h - memory that lives and dies together: a ruleset, an event, a configuration, an
 * exchange.
 *
 * Threads: one at a time. Under AddressSanitizer each piece is an allocation of its own, so that
 * overruns show.
 */
#pragma once
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include <stdarg.h>

struct arena;

struct arena *arena_new(void);
/* With room for so many bytes at once, where most arenas of a kind hold about as much. */
struct arena *arena_new_for(size_t bytes);
void arena_free(struct arena *arena); /* NULL is fine */
OWNED_DEFINE(arena)

void *arena_alloc(struct arena *arena, size_t size);     /* zeroed, aligned for any type */
char *arena_text(struct arena *arena, const char *text); /* a copy; NULL stays NULL */
char *arena_str(struct arena *arena, struct str view);   /* a copy that ends in NUL */
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
size_t arena_bytes(const struct arena *arena); /* handed out so far */

#define arena_new_of(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (count)))
