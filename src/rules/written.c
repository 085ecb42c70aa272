/* rules/written.c - reads what rules and their tests write in one way: a kind, and {id: LUID}. */
#include "rules/written.h"

#define SHOWN_BYTES 80 /* of a text, in a message */

size_t written_kinds(const struct yaml_node *const nodes[static CONTENT_KIND_COUNT],
	enum content_kind kinds[static CONTENT_KIND_COUNT])
{
	size_t count = 0;
	for (int kind = 0; kind < CONTENT_KIND_COUNT; kind++)
		if (nodes[kind])
			kinds[count++] = (enum content_kind)kind;
	return count;
}

bool written_value(const struct written *written, const char *field, const struct yaml_node *map,
	const struct yaml_node **value, enum select_by *by)
{
	struct str source = written->file->source;
	bool is_good = true;
	*value = NULL;
	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_node *key = map->items[2 * i];
		enum select_by found =
			key->type == YAML_SCALAR ? selection_by_of_key(key->text) : SELECT_COUNT;
		if (found == SELECT_COUNT) {
			is_good = problem_add(written->problems, PROBLEM_UNKNOWN_FIELD, key->place,
				source, "unknown field '%s' in '%s'; only 'id' may stand there",
				written_quote(key->text, written->scratch), field);
		} else if (*value) {
			is_good = problem_add(written->problems, PROBLEM_WRONG_TYPE, key->place,
				source, "a map in '%s' selects in one way", field);
		} else {
			*value = map->items[2 * i + 1];
			*by = found;
		}
	}
	return is_good;
}

const char *written_quote(struct str text, struct arena *scratch)
{
	struct str part = str_cut(text, SHOWN_BYTES);
	return arena_printf(scratch, "%.*s%s", (int)part.length, part.at,
		part.length < text.length ? "..." : "");
}
