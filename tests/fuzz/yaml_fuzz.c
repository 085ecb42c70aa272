/* Any bytes as a YAML file: they become a tree within bounds, or a problem with the reason. */
#include "base/yaml/yaml_look.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static int looks_left; /* in one input */

/* Visits every node once for each path to it; the loader's bounds keep these few. */
static size_t walk(
	const struct yaml_node *node, const struct yaml_file *file, struct problems *problems)
{
	size_t items = node->type == YAML_MAP ? 2 * node->count : node->count, seen = 1;
	assert(node->place.line >= 1 && node->place.column >= 1);
	if (node->type == YAML_SCALAR) {
		assert(str_is_utf8(node->text));
		IGNORE(yaml_is_null(node));
		if (looks_left) { /* aliases may repeat a node a million times */
			looks_left--;
			yaml_look(node, YAML_NAME, file->source, problems);
			yaml_look(node, YAML_PATTERN, (struct str){ 0 }, problems);
		}
		return 1;
	}
	for (size_t i = 0; i < items; i++)
		seen += walk(node->items[i], file, problems);
	if (node->type == YAML_MAP)
		IGNORE(yaml_get(node, "<<"));
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	OWNED(arena) arena = arena_new();
	OWNED(problems) problems = problems_new();
	struct str view = { (const char *)bytes, length };
	const struct yaml_file *file = yaml_parse("fuzz.yaml", view, arena, problems);
	looks_left = 10000;
	if (file)
		walk(file->root, file, problems);
	else
		assert(problems_error_count(problems) > 0);
	return 0;
}
