/* Two names with a newline between: the answers about them are consistent and printable. */
#include "base/name.h"
#include "base/suggest.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_one(const char *name, struct arena *arena)
{
	struct str normal = name_normal(str_of(name), arena);
	assert(str_equal(name_normal(normal, arena), normal));
	assert(name_equal(name, name) && name_equal(name, arena_str(arena, normal)));
	OWNED_TEXT struct text skeleton = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text again = TEXT(TEXT_UNBOUNDED);
	name_skeleton(str_of(name), &skeleton);
	name_skeleton(normal, &again);
	/* Spellings of one name have one skeleton, unless it is not UTF-8. */
	assert(!str_is_utf8(str_of(name)) || str_equal(text_str(&skeleton), text_str(&again)));
}

static void check_two(const char *one, const char *other, struct arena *arena)
{
	bool is_text = str_is_utf8(str_of(one)) && str_is_utf8(str_of(other));
	OWNED_TEXT struct text where = TEXT(TEXT_UNBOUNDED);
	assert(name_equal(one, other) == name_equal(other, one));
	name_difference(one, other, &where);
	assert(!is_text || !name_equal(one, other) || !where.length);
	assert(!is_text || str_is_utf8(text_str(&where)));
	assert(!where.length || suggest(one, &other, 1) == other);
	IGNORE(*suggest_hint(one, &other, 1, arena));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	OWNED(arena) arena = arena_new();
	if (length > 2000)
		return 0;
	const char *text = arena_str(arena, (struct str){ (const char *)bytes, length });
	const char *line = strchr(text, '\n');
	const char *one =
		line ? arena_str(arena, (struct str){ text, (size_t)(line - text) }) : text;
	const char *other = line ? line + 1 : "Revenue";
	check_one(one, arena);
	check_one(other, arena);
	check_two(one, other, arena);
	return 0;
}
