/* base/suggest.c - the nearest name by edits: insert, delete, replace, swap of two neighbours. */
#include "base/suggest.h"

#include <string.h>

#include "base/name.h"

#define WORD_BYTES 64     /* a longer word is not a typing error */
#define CONTINUED_MOST 4u /* names that a hint lists */

static char fold(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == '-' ? '_' : c;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment distance; both words are at most WORD_BYTES long. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][WORD_BYTES + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];
	memset(before, 0, sizeof rows[0]);
	for (size_t j = 0; j <= b_length; j++)
		above[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			char x = fold(a[i - 1]), y = fold(b[j - 1]);
			size_t edits = least(above[j] + 1, row[j - 1] + 1);
			edits = least(edits, above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == fold(b[j - 2]) && y == fold(a[i - 2]))
				edits = least(edits, before[j - 2] + 1);
			row[j] = edits;
		}
		size_t *oldest = before;
		before = above;
		above = row;
		row = oldest;
	}
	return above[b_length];
}

/* The name that looks the same as `word`, or NULL. */
static const char *lookalike(const char *word, const char *const *names, size_t count)
{
	OWNED_TEXT struct text skeleton = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text other = TEXT(TEXT_UNBOUNDED);
	name_skeleton(str_of(word), &skeleton);
	for (size_t i = 0; i < count && skeleton.length; i++) {
		if (!names[i])
			continue;
		name_skeleton(str_of(names[i]), &other);
		if (str_equal(text_str(&skeleton), text_str(&other)))
			return names[i];
	}
	return NULL;
}

/* Is `name` the word, '_' and more: environment_id for "environment"? */
static bool is_continued(const char *word, size_t length, const char *name)
{
	for (size_t i = 0; i < length; i++)
		if (!name || fold(word[i]) != fold(name[i])) /* also at the end of `name` */
			return false;
	return length && name && name[length] == '_' && name[length + 1];
}

/* Of how many names is `word` the first part only? Of these none is nearer than the others. */
static size_t continuations(const char *word, const char *const *names, size_t count)
{
	size_t found = 0;
	for (size_t i = 0; i < count; i++)
		found += is_continued(word, strlen(word), names[i]);
	return found;
}

/* Edits from `word` to a name that is near; SIZE_MAX when it is not: one edit in three letters is
 * still the same word; in two letters only case or '-' may differ. */
static size_t nearness(const char *word, size_t length, const char *name)
{
	size_t name_length = name ? strlen(name) : 0;
	if (!name_length || name_length > WORD_BYTES)
		return SIZE_MAX;
	size_t edits = distance(word, length, name, name_length);
	return edits > least(length, name_length) / 3 ? SIZE_MAX : edits;
}

const char *suggest(const char *word, const char *const *names, size_t count)
{
	size_t length = word ? strlen(word) : 0;
	const char *nearest = length ? lookalike(word, names, count) : NULL;
	if (nearest || !length || length > WORD_BYTES)
		return nearest;
	size_t fewest = SIZE_MAX;
	for (size_t i = 0; i < count; i++) {
		size_t edits = nearness(word, length, names[i]);
		if (edits >= fewest)
			continue;
		nearest = names[i];
		fewest = edits;
	}
	return nearest;
}

const char *suggest_only(const char *word, const char *const *names, size_t count)
{
	size_t length = word ? strlen(word) : 0;
	const char *only = NULL;
	for (size_t i = 0; i < count && length && length <= WORD_BYTES; i++) {
		if (nearness(word, length, names[i]) == SIZE_MAX)
			continue;
		if (only && strcmp(only, names[i]) != 0)
			return NULL;
		only = names[i];
	}
	return only && continuations(word, names, count) < 2 && !strchr(word, ':') ? only : NULL;
}

/* "; did you mean 'job_id' or 'job_name'?" for "job". */
static const char *continued_hint(
	const char *word, const char *const *names, size_t count, struct arena *arena)
{
	OWNED_TEXT struct text list = TEXT(TEXT_UNBOUNDED);
	size_t left = continuations(word, names, count);
	for (size_t i = 0; i < count; i++) {
		if (!is_continued(word, strlen(word), names[i]))
			continue;
		const char *last = left-- == 1 ? " or " : ", ";
		text_printf(&list, "%s'%s'", list.length ? last : "; did you mean ", names[i]);
	}
	return arena_printf(arena, "%s?", list.at);
}

/* "job_id:1" for "job_id: 1": to YAML the whole is one text. NULL: it is not that. */
static const char *glued_hint(
	const char *word, const char *const *names, size_t count, struct arena *arena)
{
	const char *colon = strchr(word, ':');
	for (size_t i = 0; i < count && colon; i++)
		if (names[i] && strlen(names[i]) == (size_t)(colon - word) &&
			!strncmp(word, names[i], (size_t)(colon - word)))
			return arena_printf(
				arena, "; YAML wants a blank after the colon of '%s:'", names[i]);
	return NULL;
}

const char *suggest_hint(
	const char *word, const char *const *names, size_t count, struct arena *arena)
{
	size_t continued = word ? continuations(word, names, count) : 0;
	if (continued > 1 && continued <= CONTINUED_MOST)
		return continued_hint(word, names, count, arena);
	const char *nearest = suggest(word, names, count);
	if (!nearest)
		return "";
	OWNED_TEXT struct text where = TEXT(TEXT_UNBOUNDED);
	name_difference(word, nearest, &where);
	return arena_printf(arena, "; did you mean '%s'?%s%s%s", nearest, where.length ? " (" : "",
		where.at, where.length ? ")" : "");
}

const char *suggest_key_hint(
	const char *word, const char *const *names, size_t count, struct arena *arena)
{
	const char *glued = word ? glued_hint(word, names, count, arena) : NULL;
	return glued ? glued : suggest_hint(word, names, count, arena);
}
